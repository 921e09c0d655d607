"""Which events let seats be picked only so that no single one is left: known to this process, at most a second old."""

import asyncio
import time

from rowlock.inventory.store import SQL
from rowlock.platform.postgres import Database

RULES_AGE_SECONDS_MAX = 1.0


class PickRules:
    """Tells which way a pick must go. A rule just switched on binds the next second's picks, not this one's."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._no_orphans: frozenset[int] = frozenset()
        self._read_at = -RULES_AGE_SECONDS_MAX
        self._reading: asyncio.Task[None] | None = None

    async def no_orphan_seats(self, event_id: int) -> bool:
        """Whether picks of this event must leave no single seat behind. One read a second for all events together."""
        if time.monotonic() - self._read_at >= RULES_AGE_SECONDS_MAX:
            if self._reading is None:
                self._reading = asyncio.create_task(self._read())
                self._reading.add_done_callback(self._forget_reading)
            await asyncio.shield(self._reading)
        return event_id in self._no_orphans

    async def _read(self) -> None:
        asked_at = time.monotonic()
        rows = await self._database.fetch(SQL["no_orphan_events"])
        self._no_orphans = frozenset(row["event_id"] for row in rows)
        self._read_at = asked_at

    def _forget_reading(self, _task: "asyncio.Task[None]") -> None:
        self._reading = None
