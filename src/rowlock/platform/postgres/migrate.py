"""Bring a database to the schema this release was built for: plain-SQL revisions, the jobs' tables, the functions.

Alembic walks the chain. One migration at a time (advisory lock), and none waits long for somebody else's locks.
"""

import hashlib
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

import psycopg
import sqlalchemy
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.engine import Connection, Engine

from rowlock.platform.postgres.job_schema import applied_migration, apply_job_schema, newest_migration
from rowlock.platform.postgres.queries import load_queries

OLDEST_USABLE_REVISION = "0036"
"""The oldest schema this release still works on; raised when a release starts to need something newer."""

FUNCTION_PACKAGES = (
    "rowlock.audit", "rowlock.catalog", "rowlock.identity", "rowlock.inventory", "rowlock.money", "rowlock.pricing",
    "rowlock.tickets", "rowlock.waiting_room", "rowlock.waitlist",
)  # fmt: skip
_MIGRATION_LOCK = 0x526F776C  # one number for all installations: "Rowl"
_SQL = load_queries("rowlock.platform.postgres")


class SchemaMismatch(Exception):  # noqa: N818  a state of the world
    """The database's schema is not one this release can work on; the message says what to do."""


def migrate(url: str) -> str:
    """Upgrade to the newest revision and (re)create the functions that changed; answers the revision."""
    engine = _engine(url)
    try:
        with engine.connect() as connection:
            connection.execute(sqlalchemy.text(_SQL["take_migration_lock"]), {"lock": _MIGRATION_LOCK})
            connection.commit()
            _refuse_newer(connection)
            config = _config()
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            connection.commit()
            apply_job_schema(connection)
            _apply_functions(connection)
            return head_revision()
    finally:
        engine.dispose()


def check_schema(url: str) -> str:
    """The database's revision; SchemaMismatch when it is too old or too new for this release."""
    engine = _engine(url)
    try:
        with engine.connect() as connection:
            _refuse_newer(connection)
            found = MigrationContext.configure(connection).get_current_revision()
            if found is None or found < OLDEST_USABLE_REVISION:
                raise SchemaMismatch(
                    f"the database is at revision {found or 'none'}, older than {OLDEST_USABLE_REVISION}: "
                    "run `rowlock migrate`"
                )
            if dict(_function_files()) != _applied_functions(connection):
                raise SchemaMismatch("the database's functions are not those of this release: run `rowlock migrate`")
            _check_job_tables(connection)
            return found
    finally:
        engine.dispose()


def _check_job_tables(connection: Connection) -> None:
    applied, newest = applied_migration(connection) or "none", newest_migration()
    if applied != newest:
        cure = "run a later release" if applied > newest and applied != "none" else "run `rowlock migrate`"
        raise SchemaMismatch(f"the tables of jobs are at {applied}, this release is for {newest}: {cure}")


def head_revision() -> str:
    """The newest revision in this release."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    assert head is not None
    return head


def _refuse_newer(connection: Connection) -> None:
    found = MigrationContext.configure(connection).get_current_revision()
    known = {revision.revision for revision in ScriptDirectory.from_config(_config()).walk_revisions()}
    if found is not None and found not in known:
        raise SchemaMismatch(
            f"the database is at revision {found}, newer than this release ({head_revision()}): "
            "run the release that migrated it, or a later one"
        )


def _engine(url: str) -> Engine:
    return sqlalchemy.create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(url, connect_timeout=5))


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


def _function_files() -> Iterator[tuple[str, str]]:
    """(name, checksum) of every function file; the name's number orders them within a slice."""
    for name, text in _function_texts():
        yield name, hashlib.sha256(text.encode()).hexdigest()


def _function_texts() -> Iterator[tuple[str, str]]:
    for package in FUNCTION_PACKAGES:
        folder = resources.files(package) / "sql" / "functions"
        for path in sorted(folder.iterdir(), key=lambda entry: entry.name):
            yield f"{package}/{path.name}", path.read_text(encoding="utf-8")


def _applied_functions(connection: Connection) -> dict[str, str]:
    if not connection.execute(sqlalchemy.text(_SQL["has_function_files"])).scalar_one():
        return {}
    rows = connection.execute(sqlalchemy.text(_SQL["applied_function_files"]))
    return {name: checksum for name, checksum in rows}  # noqa: C416  a Row is no pair for dict()


def _apply_functions(connection: Connection) -> None:
    applied = _applied_functions(connection)
    wanted = dict(_function_files())
    for name, text in _function_texts():
        if applied.get(name) != wanted[name]:
            connection.exec_driver_sql(text.replace("%", "%%"))
            connection.execute(sqlalchemy.text(_SQL["note_function_file"]), {"name": name, "checksum": wanted[name]})
    for name in set(applied) - set(wanted):
        connection.execute(sqlalchemy.text(_SQL["forget_function_file"]), {"name": name})
    connection.commit()
