"""Migrating: again, at once, from too new, from too old, and with functions that somebody changed."""

import asyncio

import asyncpg
import pytest

from rowlock.platform.postgres import Database
from rowlock.platform.postgres.migrate import (
    OLDEST_USABLE_REVISION,
    SchemaMismatch,
    check_schema,
    head_revision,
    migrate,
)

OBJECTS = "SELECT count(*) AS n FROM pg_class WHERE relnamespace = 'public'::regnamespace"
APPLIED = "SELECT name, checksum, applied_at FROM function_files ORDER BY name"
EMPTY = "DROP SCHEMA public CASCADE; CREATE SCHEMA public"


@pytest.fixture
async def empty_url(database_url: str) -> str:
    """A database with nothing in it."""
    connection = await asyncpg.connect(database_url)
    await connection.execute(EMPTY)
    await connection.close()
    return database_url


async def test_migrating_again_changes_nothing(database: Database, database_url: str) -> None:
    objects, applied = await database.fetch(OBJECTS), await database.fetch(APPLIED)
    assert await asyncio.to_thread(migrate, database_url) == head_revision()
    assert await database.fetch(OBJECTS) == objects
    assert await database.fetch(APPLIED) == applied


async def test_two_processes_may_migrate_an_empty_database_at_once(empty_url: str) -> None:
    revisions = await asyncio.gather(*(asyncio.to_thread(migrate, empty_url) for _ in range(2)))
    assert revisions == [head_revision()] * 2
    assert await asyncio.to_thread(check_schema, empty_url) == head_revision()


async def test_a_database_that_was_never_migrated_is_refused(empty_url: str) -> None:
    with pytest.raises(SchemaMismatch, match="rowlock migrate"):
        await asyncio.to_thread(check_schema, empty_url)


async def test_a_newer_schema_is_neither_used_nor_migrated(database: Database, database_url: str) -> None:
    await database.cold.execute("UPDATE alembic_version SET version_num = '9999'")
    for attempt in (check_schema, migrate):
        with pytest.raises(SchemaMismatch, match="9999, newer than this release"):
            await asyncio.to_thread(attempt, database_url)


async def test_an_older_schema_is_refused_until_it_is_migrated(database: Database, database_url: str) -> None:
    await database.cold.execute("UPDATE alembic_version SET version_num = '0001'")
    with pytest.raises(SchemaMismatch, match=f"0001, older than {OLDEST_USABLE_REVISION}"):
        await asyncio.to_thread(check_schema, database_url)


async def test_another_releases_function_is_replaced_by_migrating(database: Database, database_url: str) -> None:
    name = "rowlock.inventory/50_release_bookings_v1.sql"
    await database.cold.execute("UPDATE function_files SET checksum = 'of another release' WHERE name = $1", name)
    await database.cold.execute("DROP FUNCTION release_bookings_v1")
    with pytest.raises(SchemaMismatch, match="functions are not those of this release"):
        await asyncio.to_thread(check_schema, database_url)
    await asyncio.to_thread(migrate, database_url)
    assert await asyncio.to_thread(check_schema, database_url) == head_revision()
    found = await database.fetchrow("SELECT count(*) AS n FROM pg_proc WHERE proname = 'release_bookings_v1'")
    assert found is not None
    assert found["n"] == 1


async def test_what_must_never_change_does_not(database: Database) -> None:
    plan = (
        "INSERT INTO seating_plans (organiser_id, name, version, seat_count, categories, document, document_hash) "
        "VALUES (1, 'P', 1, 1, '{A}', '', decode(repeat('00', 32), 'hex'))"
    )
    await database.cold.execute(plan)
    with pytest.raises(asyncpg.PostgresError, match="seating_plans rows never change"):
        await database.cold.execute("UPDATE seating_plans SET name = 'Q'")
