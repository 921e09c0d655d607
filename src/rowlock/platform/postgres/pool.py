"""Connections. Two small pools a process: one for gathered statements, one for everything else."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import TypeAlias, TypeVar

import asyncpg

from rowlock.kernel import limits
from rowlock.platform.postgres.queries import load_queries

Answer = TypeVar("Answer")
Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record] | asyncpg.pool.PoolConnectionProxy[asyncpg.Record]"
"""A connection of one's own or one lent by a pool."""

_SQL = load_queries("rowlock.platform.postgres")

SEAT_FLUSHES_MAX = 4
"""The flush under way and those that go round it when it takes long."""
HOT_CONNECTIONS = 2 * SEAT_FLUSHES_MAX
"""As many again for what is gathered about bookings and payments."""
COLD_CONNECTIONS_MAX = 8
REPORTS_MAX = 5
"""Reports (searches, lists, the audit log) at once in a process: the sale reads on the cold pool, too, and finds the
rest of it free however many of them wait."""
CONNECT_SECONDS_MAX = 5.0
ACQUIRE_SECONDS_MAX = 5.0

_SESSION = {
    "application_name": "rowlock",
    "timezone": "UTC",
    "statement_timeout": "15s",
    "lock_timeout": "5s",
    "idle_in_transaction_session_timeout": "15s",
    "jit": "off",
}
_COLD_SESSION = _SESSION | {
    # How alike a typo must be to what was meant; at the default of 0.6 "tailor swft" finds nobody.
    "pg_trgm.word_similarity_threshold": "0.4",
}
_HOT_SESSION = _SESSION | {
    # Gathered statements always go through primary keys. Without this, a plan made while a table was young and small
    # (a sequential scan) stays with the connection while the table grows a thousandfold.
    "plan_cache_mode": "force_generic_plan",
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "enable_bitmapscan": "off",
    "enable_material": "off",
    "enable_memoize": "off",
    # Joins in the order they are written, the wanted seats first, and reading a row costs more than finding one. Else a
    # planner that has not seen a table yet takes an event for a few rows, reads all of it and filters.
    "join_collapse_limit": "1",
    "from_collapse_limit": "1",
    "cpu_tuple_cost": "10",
    "cpu_index_tuple_cost": "10",
}

DATABASE_TROUBLES = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # of a connection that the server ended while it was idle, until that is noticed
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    asyncpg.LockNotAvailableError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
    asyncpg.ReadOnlySQLTransactionError,
)
TRANSIENT_ERRORS = (*DATABASE_TROUBLES, OSError, TimeoutError)
"""What a later try may get past: the connection, the server or a lock, never the statement itself."""


class DatabaseDown(Exception):  # noqa: N818  a state of the world
    """PostgreSQL did not answer through all tries of a re-runnable call."""


async def _keep_session(_connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    """Replaces asyncpg's reset query: no session state is ever set on these pools, so nothing is to be undone."""


class Database:
    """The two pools of a process. `hot` runs what many callers gather into one statement, `cold` all others."""

    def __init__(self, hot: "asyncpg.Pool[asyncpg.Record]", cold: "asyncpg.Pool[asyncpg.Record]", url: str) -> None:
        self.hot = hot
        self.cold = cold
        self.url = url
        self._reports = asyncio.Semaphore(REPORTS_MAX)

    async def report(self, sql: str, *arguments: object) -> list[asyncpg.Record]:
        """Rows of what is read at leisure: as `fetch`, but no more than `REPORTS_MAX` at once."""
        async with self._reports:
            return await self.fetch(sql, *arguments)

    async def fetch(self, sql: str, *arguments: object) -> list[asyncpg.Record]:
        """Rows of a read on the cold pool; tried again through lost connections."""
        return await rerun(lambda: self.cold.fetch(sql, *arguments))

    async def fetchrow(self, sql: str, *arguments: object) -> asyncpg.Record | None:
        """The first row of a read on the cold pool, or None."""
        return await rerun(lambda: self.cold.fetchrow(sql, *arguments))

    async def ping(self) -> None:
        """Return when the server answers; raises one of TRANSIENT_ERRORS when it does not."""
        await self.cold.fetchval(_SQL["ping"])

    async def close(self) -> None:
        """Close both pools, waiting for what is running."""
        await asyncio.gather(self.hot.close(), self.cold.close())


async def open_database(url: str, *, hot: int = HOT_CONNECTIONS, cold: int = COLD_CONNECTIONS_MAX) -> Database:
    """Open the pools; DatabaseDown when the server does not answer."""
    try:
        hot_pool = await asyncpg.create_pool(
            url, min_size=hot, max_size=hot, server_settings=_HOT_SESSION, reset=_keep_session,
            timeout=CONNECT_SECONDS_MAX, max_inactive_connection_lifetime=0,
        )  # fmt: skip
        cold_pool = await asyncpg.create_pool(
            url,
            min_size=1,
            max_size=cold,
            server_settings=_COLD_SESSION,
            reset=_keep_session,
            timeout=CONNECT_SECONDS_MAX,
        )
    except TRANSIENT_ERRORS as error:
        raise DatabaseDown(f"PostgreSQL does not answer: {error}") from error
    return Database(hot_pool, cold_pool, url)


async def rerun(call: Callable[[], Awaitable[Answer]]) -> Answer:
    """Run a call that is safe to repeat until it gets through; DatabaseDown after the last try.

    A connection lost during COMMIT leaves the outcome unknown, so every call given here must be idempotent.
    """
    for attempt in range(limits.DATABASE_ATTEMPTS_MAX):
        try:
            return await call()
        except TRANSIENT_ERRORS as error:
            if attempt == limits.DATABASE_ATTEMPTS_MAX - 1:
                raise DatabaseDown(f"PostgreSQL did not answer: {type(error).__name__}: {error}") from error
            await asyncio.sleep(random.uniform(0, 0.05 * 2**attempt))
    raise AssertionError("unreachable")
