"""What a browser has begun and may finish once, within minutes: a passkey's challenge, a first factor, a way out."""

import uuid
from typing import Literal, NamedTuple

import asyncpg

from rowlock.identity.accounts.directory import SQL
from rowlock.identity.accounts.visits import Visit
from rowlock.kernel import limits
from rowlock.platform.postgres import Connection, Database

Kind = Literal["passkey_sign_in", "new_passkey", "second_factor", "outside"]


class Ceremony(NamedTuple):
    """What was begun: for whom, if that is known, and what must come back."""

    account_id: uuid.UUID | None
    secret: str


class Ceremonies:
    """At most one of a kind in a browser: beginning anew forgets the one before."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def begin(self, visit: Visit, kind: Kind, secret: str, account_id: uuid.UUID | None = None) -> None:
        """Remember what this browser has begun."""
        async with self._database.cold.acquire() as connection:
            await self.begin_within(connection, visit, kind, secret, account_id)

    @staticmethod
    async def begin_within(
        connection: Connection, visit: Visit, kind: Kind, secret: str, account_id: uuid.UUID | None = None
    ) -> None:
        """The same in the caller's transaction."""
        await connection.execute(
            SQL["begin_ceremony"], visit.browser_hash, kind, account_id, secret, limits.CEREMONY_SECONDS
        )

    async def finish(self, visit: Visit, kind: Kind) -> Ceremony | None:
        """Take it back, once; None when there is none or its time is over."""
        return _ceremony(await self._database.cold.fetchrow(SQL["finish_ceremony"], visit.browser_hash, kind))

    async def attempt(self, visit: Visit, kind: Kind) -> Ceremony | None:
        """Look at one that may be tried a few times, counting this try; None when the tries are used up."""
        return _ceremony(
            await self._database.cold.fetchrow(
                SQL["try_ceremony"], visit.browser_hash, kind, limits.SECOND_FACTOR_TRIES_MAX
            )
        )

    @staticmethod
    async def close(connection: Connection, visit: Visit, kind: Kind) -> bool:
        """Finish one that was tried with success; False when somebody else just did."""
        return await connection.fetchrow(SQL["finish_ceremony"], visit.browser_hash, kind) is not None


def _ceremony(row: asyncpg.Record | None) -> Ceremony | None:
    return None if row is None else Ceremony(row["account_id"], row["secret"])
