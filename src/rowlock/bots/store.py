"""What the bots slice keeps in PostgreSQL: one secret. All else lives in Valkey and is forgotten within hours."""

import os

from rowlock.platform.postgres import Database, load_queries

SQL = load_queries("rowlock.bots")


async def open_secret(database: Database) -> bytes:
    """This installation's secret, made when there is none."""
    await database.cold.execute(SQL["add_secret"], os.urandom(32))
    row = await database.fetchrow(SQL["find_secret"])
    assert row is not None
    return bytes(row["secret"])
