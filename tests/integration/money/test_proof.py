"""The books are proven: they hold after any trade, and no column can be changed without being found out."""

import asyncio
from typing import NamedTuple

import asyncpg
import pytest
from tests.integration.money.conftest import Trade

from rowlock.money.proof import prove_event
from rowlock.money.seals import prove_seals, seal
from rowlock.money.store import SQL

COLUMNS = """
SELECT a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type
FROM pg_attribute a WHERE a.attrelid = $1::regclass AND a.attnum > 0 AND NOT a.attisdropped
"""
CHECKS = """
SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname) AS change FROM pg_constraint
WHERE contype IN ('c', 'f') AND conrelid = ANY ($1::text[]::regclass[])
"""
DISPUTE = """
INSERT INTO money_ledger (kind, organiser_id, event_id, booking_id, payment_id, provider, currency, accounts, amounts)
SELECT 'dispute', organiser_id, event_id, booking_id, payment_id, provider, currency, ARRAY['disputed', 'provider'],
       ARRAY[5, -5]
FROM money_ledger LIMIT 1
"""
CHANGES = {
    "bigint": "{0} + 1000", "integer": "{0} + 1", "text": "{0} || 'x'", "character(3)": "'JPY'",
    "uuid": "gen_random_uuid()", "timestamp with time zone": "{0} + interval '1 second'",
    "bigint[]": "ARRAY[{0}[1] + 1, {0}[2] - 1] || {0}[3:]", "text[]": "ARRAY['tax'] || {0}[2:]",
    "integer[]": "{0} || 7", "bytea": "sha256({0})", "int8multirange": "{0} + int8multirange(int8range(900, 901))",
}  # fmt: skip
UNPROVEN = {
    "refunds": {
        "kind", "provider_ref", "failure", "tries", "next_try_at", "asked_by", "reason", "created_at", "updated_at",
    },
    "payments": {
        "provider_key", "token", "next_action_url", "decline_reason", "started_at", "updated_at", "provider_ref", "id",
    },
    "money_seals": {"sealed_at", "holes", "upto"},
}  # fmt: skip
"""What no posting follows from: why, how a provider was asked, and when."""


class Column(NamedTuple):
    """One that is changed behind everybody's back."""

    table: str
    name: str
    type: str


async def _lively(trade: Trade) -> None:
    """One of each: sold, given back in part, given back whole, paid back."""
    await trade.sell("S-1-1", "S-1-2")
    parted = await trade.sell("S-2-1", "S-2-2", "S-2-3")
    await trade.give_back(parted, 11)
    await trade.worker.work()
    await trade.give_back(await trade.sell("S-3-1"))
    await seal(trade.database)


async def test_the_books_hold_after_sales_and_refunds(trade: Trade) -> None:
    await _lively(trade)
    findings = await trade.findings()
    assert [finding.invariant for finding in findings] == ["M1", "M2", "M3", "M4", "M5", "M6"]
    assert [finding for finding in findings if not finding.holds] == []
    assert all(finding.looked_at for finding in findings)
    assert await trade.office.house.broken() == []


async def test_no_column_changes_unnoticed(trade: Trade) -> None:
    await _lively(trade)
    tables = ["money_ledger", "refunds", "payments", "money_seals"]
    async with trade.database.cold.acquire() as connection:
        columns = [
            Column(table, row["name"], row["type"])
            for table in tables
            for row in await connection.fetch(COLUMNS, table)
            if row["name"] not in UNPROVEN.get(table, set())
        ]
        assert len(columns) > 25
        missed = [column for column in columns if not await _found(trade, connection, column, tables)]
    assert missed == []


async def test_a_seal_is_of_every_column(trade: Trade) -> None:
    """Also of those that no other check looks at."""
    await _lively(trade)
    async with trade.database.cold.acquire() as connection:
        for row in await connection.fetch(COLUMNS, "money_ledger"):
            transaction = connection.transaction()
            await transaction.start()
            await _change(connection, Column("money_ledger", row["name"], row["type"]), ["money_ledger"])
            assert not (await prove_seals(connection)).holds, row["name"]
            await transaction.rollback()


async def _found(trade: Trade, connection: asyncpg.pool.PoolConnectionProxy, column: Column, tables: list[str]) -> bool:
    """Whether the proof finds the column's first row out once it says something else."""
    transaction = connection.transaction()
    await transaction.start()
    await _change(connection, column, tables)
    broken = await _broken_in(connection)
    await transaction.rollback()
    return broken


async def _change(connection: asyncpg.pool.PoolConnectionProxy, column: Column, tables: list[str]) -> None:
    """Let the first row say something else in a column, whatever stands against it."""
    await connection.execute("SET LOCAL session_replication_role = replica")
    await connection.execute("ALTER TABLE money_ledger ALTER id DROP IDENTITY")
    for check in await connection.fetch(CHECKS, tables):
        await connection.execute(check["change"])
    other = CHANGES[column.type].format(column.name)
    await connection.execute(
        f"UPDATE {column.table} SET {column.name} = {other} WHERE ctid = (SELECT min(ctid) FROM {column.table})"
    )


async def _broken_in(connection: asyncpg.pool.PoolConnectionProxy) -> bool:
    events = await connection.fetch(SQL["events_with_money"], None)
    found = [finding for row in events async for finding in prove_event(connection, row["event_id"])]
    return not all(finding.holds for finding in [*found, await prove_seals(connection)])


@pytest.mark.parametrize("what", ["DELETE FROM money_ledger WHERE id = 2", "DELETE FROM money_seals WHERE no = 1"])
async def test_what_is_taken_out_is_missed(trade: Trade, what: str) -> None:
    await _lively(trade)
    await trade.sell("S-4-1")
    await seal(trade.database)
    async with trade.database.cold.acquire() as connection, connection.transaction():
        await connection.execute("SET LOCAL session_replication_role = replica")
        await connection.execute(what)
    assert "M6" in await trade.broken()


async def test_a_posting_that_commits_late_is_sealed_with_the_next(trade: Trade) -> None:
    """Its number was drawn before the numbers of postings that were sealed already."""
    await trade.sell("S-1-1")
    async with trade.database.cold.acquire() as connection:
        late = connection.transaction()
        await late.start()
        await connection.execute(DISPUTE)
        await trade.sell("S-1-2")
        assert await seal(trade.database) == 4
        await late.commit()
    assert await seal(trade.database) == 1
    assert await seal(trade.database) == 0
    assert "M6" not in await trade.broken()


async def test_two_sealers_make_one_chain(trade: Trade) -> None:
    for number in range(1, 6):
        await trade.sell(f"S-1-{number}")
    assert sum(await asyncio.gather(*(seal(trade.database) for _ in range(4)))) == 10
    assert await trade.broken() == set()
