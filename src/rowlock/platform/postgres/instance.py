"""This process as the database knows it: a number, and a session lock on that number which ends with the process.

What a process claims it signs with its number. When the lock of a number is free its process is gone, however it went,
and whatever it had claimed is open to the next one at once: no time-out has to be waited for.
"""

import asyncio
import secrets

import asyncpg

from rowlock.platform.postgres.pool import CONNECT_SECONDS_MAX, rerun
from rowlock.platform.postgres.queries import load_queries

_SQL = load_queries("rowlock.platform.postgres")

LOCK_CLASS = 0x496E7374  # one number for all installations: "Inst"
_NUMBER_BITS = 31


class Instance:
    """Holds the lock on a connection of its own, and takes it again after the connection was lost."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._number = 0
        self._connection: asyncpg.Connection[asyncpg.Record] | None = None
        self._locking = asyncio.Lock()

    async def number(self) -> int:
        """The number, with its lock held; DatabaseDown when PostgreSQL does not answer."""
        if self._connection is None or self._connection.is_closed():
            async with self._locking:
                if self._connection is None or self._connection.is_closed():
                    await rerun(self._lock)
        return self._number

    async def close(self) -> None:
        """Give the number up."""
        if self._connection is not None:
            await self._connection.close()

    async def _lock(self) -> None:
        """Lock the number this process had, or another where the old session still has it or somebody else does."""
        connection = await asyncpg.connect(
            self._url, timeout=CONNECT_SECONDS_MAX, server_settings={"application_name": "rowlock instance"}
        )
        try:
            while not (self._number and await connection.fetchval(_SQL["lock_instance"], LOCK_CLASS, self._number)):
                self._number = 1 + secrets.randbelow((1 << _NUMBER_BITS) - 1)
        except BaseException:
            connection.terminate()
            raise
        self._connection = connection
