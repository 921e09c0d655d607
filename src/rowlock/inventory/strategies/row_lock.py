"""`row-lock`: one call that locks the event, decides and writes."""

import uuid
from collections.abc import Sequence

from rowlock.inventory import store
from rowlock.inventory.model import Hold, HoldOutcome
from rowlock.platform.postgres import Database


class RowLock:
    """Whoever wants a seat of an event stands in the event's line. One round trip, whatever the outcome."""

    def __init__(self, database: Database, holds_max: int) -> None:
        self._database = database
        self._holds_max = holds_max

    async def hold(self, commands: Sequence[Hold]) -> list[HoldOutcome]:
        """Decide and write in order of arrival."""
        return await store.hold_seats(self._database, commands, self._holds_max)

    async def follow(self, bookings: Sequence[uuid.UUID]) -> None:
        """Nothing is kept beside PostgreSQL."""
