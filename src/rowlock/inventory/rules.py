"""Which events have rules for picks (no single seat left, so many tickets a person): at most a second old."""

import asyncio
import time

from rowlock.inventory.store import SQL
from rowlock.platform.postgres import Database

RULES_AGE_SECONDS_MAX = 1.0
RULES_REFRESHED_AFTER_SECONDS = 0.5
"""From this age on the next pick has the rules read again, but waits for it only when they are too old to go by."""


class PickRules:
    """Tells which way a pick must go. A rule just switched on binds the next second's picks, not this one's."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._no_orphans: frozenset[int] = frozenset()
        self._caps: dict[int, int] = {}
        self._read_at = -RULES_AGE_SECONDS_MAX
        self._reading: asyncio.Task[None] | None = None

    async def no_orphan_seats(self, event_id: int) -> bool:
        """Whether picks of this event must leave no single seat behind. One read a second for all events together."""
        await self._keep_fresh()
        return event_id in self._no_orphans

    async def tickets_per_person_max(self, event_id: int) -> int | None:
        """How many tickets of this event one person may have; None: as many as they like."""
        await self._keep_fresh()
        return self._caps.get(event_id)

    async def _keep_fresh(self) -> None:
        age = time.monotonic() - self._read_at
        if age >= RULES_REFRESHED_AFTER_SECONDS:
            reading = self._begin_reading()
            if age >= RULES_AGE_SECONDS_MAX:
                await asyncio.shield(reading)

    def _begin_reading(self) -> "asyncio.Task[None]":
        if self._reading is None:
            self._reading = asyncio.create_task(self._read())
            self._reading.add_done_callback(self._end_reading)
        return self._reading

    async def _read(self) -> None:
        asked_at = time.monotonic()
        rows = await self._database.fetch(SQL["pick_rules"])
        caps = {row["event_id"]: row["tickets_per_person_max"] for row in rows}
        self._no_orphans = frozenset(row["event_id"] for row in rows if row["tickets_per_person_max"] is None)
        self._caps = {event_id: cap for event_id, cap in caps.items() if cap is not None}
        self._read_at = asked_at

    def _end_reading(self, reading: "asyncio.Task[None]") -> None:
        self._reading = None
        if not reading.cancelled():
            reading.exception()  # whoever waited has been told; the next pick reads again
