"""A database that is the books, behind connections that break: before a statement, after its COMMIT, or for a while."""

import random
from typing import Any, cast

import asyncpg
from tests.simulation.books import Books, Row
from tests.simulation.virtual_time import pass_time

from rowlock.bookings.views import SQL as BOOKINGS
from rowlock.inventory.store import SQL as INVENTORY
from rowlock.payments.store import SQL as PAYMENTS
from rowlock.platform.postgres import Database

QUERY_NAMES = {text: name for queries in (BOOKINGS, INVENTORY, PAYMENTS) for name, text in queries.statements.items()}
LOST_SHARE = 0.04
SLOW_SHARE = 0.1
QUICK_SECONDS, SLOW_SECONDS = 0.003, 0.4


class Line:
    """What the real code takes for a pool of connections."""

    def __init__(self, books: Books, dice: random.Random) -> None:
        self._books = books
        self._dice = dice
        self.healthy = False
        """Whether nothing breaks any more."""

    async def fetch(self, sql: str, *arguments: Any) -> list[Row]:  # noqa: ANN401
        """Carry out one statement, unless the line breaks first; its answer may get lost."""
        await self._travel()
        rows: list[Row] = getattr(self._books, QUERY_NAMES[sql])(*arguments)
        await self._travel()
        return rows

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

    async def _travel(self) -> None:
        slow = not self.healthy and self._dice.random() < SLOW_SHARE
        await pass_time(self._dice.uniform(0, SLOW_SECONDS if slow else QUICK_SECONDS))
        if not self.healthy and self._dice.random() < LOST_SHARE:
            raise asyncpg.ConnectionDoesNotExistError("the line is cut")


def database_on(line: Line) -> Database:
    """A database whose two pools are this line."""
    pool = cast("asyncpg.Pool[asyncpg.Record]", line)
    return Database(pool, pool, "simulated")
