"""What ended before its time, known to every process within a second.

Each process asks PostgreSQL twice a second for what is new: two short queries a second a process, and no other server
that has to be up for somebody to be locked out.
"""

import hashlib
import time
from collections.abc import Awaitable, Callable
from functools import lru_cache
from typing import Literal

import asyncpg

from rowlock.platform.postgres import Connection, Database, load_queries
from rowlock.platform.postgres.following import keep_up

SQL = load_queries("rowlock.identity")
POLL_SECONDS = 0.5
FORGET_SECONDS = 600.0
SUBJECTS_KEPT_MAX = 32_768

Kind = Literal["session", "subject"]


class Revocations:
    """The sessions that ended and the people all of whose tokens ended, as this process knows them."""

    def __init__(self) -> None:
        self.on_revoked: Callable[[Kind, str], None] = _tell_nobody
        """Told of every session, and by `unnamed` of every subject, that ended: streams outlive a token's check."""
        self._sessions: dict[str, float] = {}
        self._subjects: dict[str, tuple[float, float]] = {}
        self._last_no = 0
        self._forgotten_at = time.monotonic()

    def voids(self, subject: str, session_id: str | None, issued_at: float) -> bool:
        """Whether a token is void: its session ended, or all tokens of its subject that are no younger."""
        if session_id is not None and session_id in self._sessions:
            return True
        if not self._subjects:
            return False
        ended = self._subjects.get(unnamed(subject))
        return ended is not None and issued_at <= ended[0]

    async def catch_up(self, database: Database) -> bool:
        """Read what is new; answers whether the signing keys changed."""
        keys_changed = False
        for row in await database.fetch(SQL["revocations_after"], self._last_no):
            self._last_no = row["no"]
            keys_changed = keys_changed or row["kind"] == "keys"
            self._take(row)
        if time.monotonic() - self._forgotten_at > FORGET_SECONDS:
            self._forget()
        return keys_changed

    async def follow_forever(self, database: Database, keys_changed: Callable[[], Awaitable[None]]) -> None:
        """Keep up with what is revoked; runs until it is cancelled."""

        async def look() -> None:
            if await self.catch_up(database):
                await keys_changed()

        await keep_up(look, "revocations", lambda: POLL_SECONDS)

    def _take(self, row: asyncpg.Record) -> None:
        until = row["until"].timestamp()
        if row["kind"] == "session":
            self._sessions[row["id"]] = until
        elif row["kind"] == "subject":
            self._subjects[row["id"]] = (row["at"].timestamp(), until)
        if row["kind"] != "keys":
            self.on_revoked(row["kind"], row["id"])

    def _forget(self) -> None:
        """Drop what could only void tokens that have expired."""
        self._forgotten_at, now = time.monotonic(), time.time()
        self._sessions = {key: until for key, until in self._sessions.items() if until > now}
        self._subjects = {key: ended for key, ended in self._subjects.items() if ended[1] > now}


def _tell_nobody(_kind: Kind, _thing: str) -> None:
    """Where nothing outlives the check of a token."""


async def revoke(connection: Connection, kind: Kind, thing: str, seconds: int) -> None:
    """End a session, or all tokens that a subject has by now, for every process; `seconds` is how long one may live.

    In the caller's transaction and as its last step: the numbers follow the order of commits.
    """
    await connection.execute(SQL["revoke"], kind, unnamed(thing) if kind == "subject" else thing, seconds)


@lru_cache(maxsize=SUBJECTS_KEPT_MAX)
def unnamed(subject: str) -> str:
    """What stands for a person here: that they are revoked must not be the last trace of those who were erased."""
    return hashlib.blake2b(subject.encode(), digest_size=16).hexdigest()
