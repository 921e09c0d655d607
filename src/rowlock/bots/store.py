"""What the bots slice keeps in PostgreSQL: one secret. All else lives in Valkey and is forgotten within hours."""

import os

from rowlock.platform.postgres import Database, load_queries
from rowlock.platform.secrets import NO_SECRET_KEYS, SealedColumn, SecretBox

SQL = load_queries("rowlock.bots")
PURPOSE = "bot-secret"
SEALED = SealedColumn("bot_secret.secret", SQL["sealed_secrets"], SQL["replace_secret"])


async def open_secret(database: Database, box: SecretBox = NO_SECRET_KEYS) -> bytes:
    """This installation's secret, made when there is none, and sealed by `box` when it lies open; SecretsFault when it
    is sealed and `box` does not open it."""
    await database.cold.execute(SQL["add_secret"], *box.keep(os.urandom(32), PURPOSE))
    row = await database.fetchrow(SQL["find_secret"])
    assert row is not None
    secret = box.read(bytes(row["secret"]), PURPOSE, sealed=row["sealed"])
    if box and not row["sealed"]:
        await database.cold.execute(SQL["seal_secret"], box.seal(secret, PURPOSE))
    return secret
