"""The tables of procrastinate, in a PostgreSQL schema of their own, made from the files that its package brings along.

Beside them stands the name of the newest of its migrations that they have.
"""

from importlib import resources

import sqlalchemy
from procrastinate.schema import SchemaManager
from sqlalchemy.engine import Connection

from rowlock.platform.postgres.queries import load_queries

_SQL = load_queries("rowlock.platform.postgres")


def newest_migration() -> str:
    """The newest migration of the installed package."""
    return _migrations()[-1]


def applied_migration(connection: Connection) -> str | None:
    """The newest migration that the database has, None without the schema."""
    if not connection.execute(sqlalchemy.text(_SQL["has_job_schema"])).scalar_one():
        return None
    return str(connection.execute(sqlalchemy.text(_SQL["applied_job_migration"])).scalar_one())


def apply_job_schema(connection: Connection) -> None:
    """Make the schema or bring it up to the package, in one transaction; does nothing where it is newer."""
    applied, newest = applied_migration(connection), newest_migration()
    if applied is None:
        texts = [SchemaManager.get_schema()]
    else:
        folder = resources.files("procrastinate.sql") / "migrations"
        texts = [(folder / name).read_text(encoding="utf-8") for name in _migrations() if name > applied]
    if not texts:
        return
    connection.exec_driver_sql(_SQL["enter_job_schema"])
    for text in texts:
        connection.exec_driver_sql(text.replace("%", "%%"))
    connection.exec_driver_sql(_SQL["leave_job_schema"].replace("%", "%%"))
    connection.execute(sqlalchemy.text(_SQL["note_job_migration"]), {"newest": newest})
    connection.commit()


def _migrations() -> list[str]:
    """Names begin with the version, so their order is that of the versions."""
    folder = resources.files("procrastinate.sql") / "migrations"
    return sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".sql"))
