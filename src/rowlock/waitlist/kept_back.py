"""Which seats are kept back for those on waiting lists: read from PostgreSQL twice a second, asked at every hold.

While PostgreSQL is away it stays as it was; nothing can be held then anyway.
"""

import asyncio
from collections.abc import Sequence

from rowlock.inventory import SeatReplica
from rowlock.platform.postgres import Database
from rowlock.platform.postgres.following import keep_up
from rowlock.platform.tasks import end
from rowlock.waitlist.store import SQL

POLL_SECONDS = 0.5


class KeptBackSeats:
    """Of each event with a list at work the free seats that everybody may have: no other is for the public."""

    def __init__(self, database: Database, replica: SeatReplica) -> None:
        self._database = database
        self._replica = replica
        self._for_all: dict[int, frozenset[int]] = {}
        self._versions: dict[int, int] = {}
        self._task: asyncio.Task[None] | None = None

    def forbids(self, event_id: int, seat_nos: Sequence[int]) -> bool:
        """Whether these seats, or with none named some of those that may be chosen, are for the list first."""
        for_all = self._for_all.get(event_id)
        if for_all is None:
            return False
        if seat_nos:
            return not for_all.issuperset(seat_nos)
        return self._replica.others_are_free(event_id, for_all)

    async def start(self) -> None:
        """Learn of all lists, then keep up with them until `close`."""
        await self.catch_up()
        self._task = asyncio.create_task(keep_up(self.catch_up, "waitlists", lambda: POLL_SECONDS))

    async def close(self) -> None:
        """Stop following."""
        if self._task is not None:
            await end(self._task)

    async def catch_up(self) -> None:
        """Read what has changed."""
        found = {row["event_id"]: row["version"] for row in await self._database.fetch(SQL["versions"])}
        for event_id in self._versions.keys() - found.keys():
            del self._versions[event_id], self._for_all[event_id]
        changed = [event_id for event_id, version in found.items() if self._versions.get(event_id) != version]
        if changed:
            for row in await self._database.fetch(SQL["kept_back"], changed):
                if row["for_all"] is not None:
                    self._for_all[row["event_id"]] = frozenset(row["for_all"])
                    self._versions[row["event_id"]] = row["version"]
