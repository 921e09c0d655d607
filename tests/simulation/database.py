"""A database that is the books, behind connections that break: before a statement, after its COMMIT, or for a while."""

import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, cast

import asyncpg
from tests.simulation.books import Books
from tests.simulation.rows import Row
from tests.simulation.virtual_time import pass_time

from rowlock.bookings.views import SQL as BOOKINGS
from rowlock.inventory.store import SQL as INVENTORY
from rowlock.payments.store import SQL as PAYMENTS
from rowlock.platform.postgres import Database
from rowlock.pricing.store import SQL as PRICING

QUERY_NAMES = {
    text: name for queries in (BOOKINGS, INVENTORY, PAYMENTS, PRICING) for name, text in queries.statements.items()
}
LOST_SHARE = 0.04
SLOW_SHARE = 0.1
QUICK_SECONDS, SLOW_SECONDS = 0.003, 0.4


class Line:
    """What the real code takes for a pool of connections."""

    def __init__(self, books: Books, dice: random.Random) -> None:
        self._books = books
        self._lock = books.lock
        self._dice = dice
        self.healthy = False
        """Whether nothing breaks any more."""

    async def fetch(self, sql: str, *arguments: Any) -> list[Row]:  # noqa: ANN401
        """Carry out one statement, unless the line breaks first; its answer may get lost."""
        await self._travel()
        async with self._lock:
            rows = self._carry_out(sql, arguments)
        await self._travel()
        return rows

    @asynccontextmanager
    async def acquire(self) -> AsyncIterator["Session"]:
        """A connection of one's own."""
        yield Session(self._carry_out, self._travel, self._transaction)

    async def fetchrow(self, sql: str, *arguments: Any) -> Row | None:  # noqa: ANN401
        """The first row."""
        rows = await self.fetch(sql, *arguments)
        return rows[0] if rows else None

    async def fetchval(self, sql: str, *arguments: Any) -> object:  # noqa: ANN401
        """The first value of the first row."""
        row = await self.fetchrow(sql, *arguments)
        return None if row is None else row[0]

    async def execute(self, sql: str, *arguments: Any) -> None:  # noqa: ANN401
        """Carry out a statement whose rows nobody wants."""
        await self.fetch(sql, *arguments)

    def _carry_out(self, sql: str, arguments: tuple[Any, ...]) -> list[Row]:
        rows: list[Row] = getattr(self._books, QUERY_NAMES[sql])(*arguments)
        return rows

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[None]:
        """All or nothing, and nobody else gets at the books meanwhile. What the COMMIT did may stay unknown."""
        async with self._lock:
            kept = self._books.copy()
            try:
                yield
                await self._travel()
            except BaseException:
                self._books.go_back(kept)
                raise
        await self._travel()

    async def _travel(self) -> None:
        slow = not self.healthy and self._dice.random() < SLOW_SHARE
        await pass_time(self._dice.uniform(0, SLOW_SECONDS if slow else QUICK_SECONDS))
        if not self.healthy and self._dice.random() < LOST_SHARE:
            raise asyncpg.ConnectionDoesNotExistError("the line is cut")


class Session:
    """One connection, for a transaction of several statements."""

    def __init__(
        self,
        carry_out: Callable[[str, tuple[Any, ...]], list[Row]],
        travel: Callable[[], Awaitable[None]],
        transaction: Callable[[], AbstractAsyncContextManager[None]],
    ) -> None:
        self._carry_out = carry_out
        self._travel = travel
        self.transaction = transaction

    async def fetch(self, sql: str, *arguments: Any) -> list[Row]:  # noqa: ANN401
        """Carry out one statement of the transaction."""
        await self._travel()
        rows = self._carry_out(sql, arguments)
        await self._travel()
        return rows

    async def fetchval(self, sql: str, *arguments: Any) -> object:  # noqa: ANN401
        """The first value of its first row."""
        return (await self.fetch(sql, *arguments))[0][0]


def database_on(line: Line) -> Database:
    """A database whose two pools are this line."""
    pool = cast("asyncpg.Pool[asyncpg.Record]", line)
    return Database(pool, pool, "simulated")
