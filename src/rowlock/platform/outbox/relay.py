"""Hands messages on after commit: as jobs to those who act on them, and into a Valkey stream for programs that listen.

Jobs are put down in the transaction that takes the messages: every message becomes its jobs once. The stream is told at
least once, and an event's messages in order; its readers drop repeats by the message's id. What the stream cannot be
told, because Valkey is away, is kept for it beside the outbox, as many messages as the stream itself would keep: jobs
never wait for Valkey, and no table grows without end.
"""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

import asyncpg
import msgspec
import structlog
from valkey.asyncio import Valkey
from valkey.exceptions import ValkeyError

from rowlock.platform.jobs import Job, defer
from rowlock.platform.postgres import Connection, Database, load_queries
from rowlock.platform.postgres.pool import TRANSIENT_ERRORS

SQL = load_queries("rowlock.platform.outbox")

STREAM = "rowlock:messages"
STREAM_MESSAGES_MAX = 100_000
MESSAGES_PER_ROUND_MAX = 2_000
MESSAGES_PER_JOB_MAX = 100
ROUND_SECONDS = 0.5
RELAY_LOCK = 0x52656C61  # one number for all installations: "Rela"

log = structlog.get_logger(__name__)

TasksOfTopics: TypeAlias = Mapping[str, Sequence[str]]
"""Which tasks act on the messages of a topic. A task is told `messages`: payloads, up to a hundred at a time."""


class Relay:
    """The relay of one worker process; any number of them take turns."""

    def __init__(
        self, database: Database, valkey: "Valkey | None", tasks: TasksOfTopics, *, kept_max: int = STREAM_MESSAGES_MAX
    ) -> None:
        self._database = database
        self._valkey = valkey
        self._tasks = tasks
        self._kept_max = kept_max
        self._stream_works = True

    async def round(self) -> int:
        """Hand one batch on; how many messages left the outbox."""
        async with self._database.cold.acquire() as connection, connection.transaction():
            if not await connection.fetchval(SQL["take_turn"], RELAY_LOCK):
                return 0
            rows = await connection.fetch(SQL["take_messages"], MESSAGES_PER_ROUND_MAX)
            await defer(connection, list(self._jobs(rows)))
            if self._valkey is not None:
                await self._stream(connection, self._valkey, rows)
            return len(rows)

    async def run_forever(self, stopping: asyncio.Event) -> None:
        """Relay until `stopping` is set."""
        while not stopping.is_set():
            try:
                taken = await self.round()
            except TRANSIENT_ERRORS as error:
                log.warning("relay_failed", error=str(error))
                taken = 0
            if taken < MESSAGES_PER_ROUND_MAX:
                try:
                    await asyncio.wait_for(stopping.wait(), ROUND_SECONDS)
                except TimeoutError:
                    continue

    def _jobs(self, rows: Sequence[asyncpg.Record]) -> Iterator[Job]:
        payloads: dict[str, list[msgspec.Raw]] = {}
        for row in rows:
            for task in self._tasks.get(row["topic"], ()):
                payloads.setdefault(task, []).append(msgspec.Raw(row["payload"].encode()))
        for task, told in payloads.items():
            for first in range(0, len(told), MESSAGES_PER_JOB_MAX):
                yield Job(task, {"messages": told[first : first + MESSAGES_PER_JOB_MAX]})

    async def _stream(self, connection: Connection, valkey: Valkey, rows: Sequence[asyncpg.Record]) -> None:
        """First what was kept, then these; whatever cannot be told is kept."""
        kept = await connection.fetch(SQL["unstreamed_messages"], MESSAGES_PER_ROUND_MAX)
        behind = len(kept) == MESSAGES_PER_ROUND_MAX
        told = kept if behind else [*kept, *rows]
        if not told:
            return
        works = await _publish(valkey, told)
        if works and kept:
            await connection.execute(SQL["forget_unstreamed"], [row["id"] for row in kept])
        if rows and (behind or not works):
            await connection.execute(
                SQL["keep_for_stream"], *map(list, zip(*(tuple(row) for row in rows), strict=True))
            )
            await connection.execute(SQL["forget_oldest_unstreamed"], self._kept_max)
        if works != self._stream_works:
            log.warning("stream_works_again" if works else "stream_does_not_answer")
        self._stream_works = works


async def _publish(valkey: Valkey, rows: Sequence[asyncpg.Record]) -> bool:
    """Whether Valkey has them all."""
    pipeline = valkey.pipeline(transaction=False)
    for row in rows:
        fields = {
            "id": str(row["id"]), "topic": row["topic"], "key": row["key"], "at": row["created_at"].isoformat(),
            "payload": row["payload"],
        }  # fmt: skip
        pipeline.xadd(STREAM, fields, maxlen=STREAM_MESSAGES_MAX, approximate=True)
    try:
        await pipeline.execute()
    except (ValkeyError, OSError):
        return False
    return True
