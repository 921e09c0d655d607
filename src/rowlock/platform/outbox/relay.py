"""Relays outbox rows to a Valkey stream, at least once and in order; readers drop repeats by the message id."""

import asyncio
from collections.abc import Sequence

import asyncpg
import structlog
from valkey.asyncio import Valkey
from valkey.exceptions import ValkeyError

from rowlock.platform.postgres import Database, load_queries
from rowlock.platform.postgres.pool import TRANSIENT_ERRORS

SQL = load_queries("rowlock.platform.outbox")

STREAM = "rowlock:messages"
STREAM_MESSAGES_MAX = 100_000
MESSAGES_PER_ROUND_MAX = 500
ROUND_SECONDS = 0.5

log = structlog.get_logger(__name__)


async def relay(database: Database, valkey: Valkey) -> int:
    """Deliver one batch and forget it; how many there were."""
    async with database.cold.acquire() as connection, connection.transaction():
        rows = await connection.fetch(SQL["take_messages"], MESSAGES_PER_ROUND_MAX)
        if rows:
            await _publish(valkey, rows)
            await connection.execute(SQL["forget_messages"], [row["id"] for row in rows])
        return len(rows)


async def relay_forever(database: Database, valkey: Valkey | None, stopping: asyncio.Event) -> None:
    """Relay until `stopping` is set. While Valkey is away the messages wait in PostgreSQL."""
    while valkey is not None and not stopping.is_set():
        try:
            delivered = await relay(database, valkey)
        except (ValkeyError, *TRANSIENT_ERRORS) as error:
            log.warning("relay_failed", error=str(error))
            delivered = 0
        if delivered < MESSAGES_PER_ROUND_MAX:
            try:
                await asyncio.wait_for(stopping.wait(), ROUND_SECONDS)
            except TimeoutError:
                continue


async def _publish(valkey: Valkey, rows: Sequence[asyncpg.Record]) -> None:
    pipeline = valkey.pipeline(transaction=False)
    for row in rows:
        fields = {
            "id": str(row["id"]), "topic": row["topic"], "key": row["key"], "at": row["created_at"].isoformat(),
            "payload": row["payload"],
        }  # fmt: skip
        pipeline.xadd(STREAM, fields, maxlen=STREAM_MESSAGES_MAX, approximate=True)
    await pipeline.execute()
