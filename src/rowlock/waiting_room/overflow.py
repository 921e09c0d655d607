"""A room that opens by itself: while a process turns people away, the event they press for gets a line.

Each process goes by its own turnstile. Whichever sees the rush first opens the room, the others find it open; the
worker closes it once nobody has waited for a while.
"""

import asyncio
from collections import Counter
from collections.abc import Callable

import structlog

from rowlock.platform.postgres import DatabaseDown
from rowlock.waiting_room.control import RoomControl

LOOK_SECONDS = 1.0
SHARE_MIN = 0.5
"""An event gets a line when so much of what this process is asked is about it: else no event is to blame."""

log = structlog.get_logger(__name__)


class Overflow:
    """Counts what people want, and opens a room for it when there are too many."""

    def __init__(self, control: RoomControl, pressed: Callable[[], bool]) -> None:
        self._control = control
        self._pressed = pressed
        self._wanted: Counter[int] = Counter()

    def note(self, event_id: int) -> None:
        """Somebody tries to take seats of the event."""
        self._wanted[event_id] += 1

    async def run_forever(self) -> None:
        """Look once a second, until cancelled."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            wanted, self._wanted = self._wanted, Counter()
            if self._pressed() and wanted:
                await self._open(wanted)

    async def _open(self, wanted: Counter[int]) -> None:
        ((event_id, count),) = wanted.most_common(1)
        if count < SHARE_MIN * wanted.total():
            return
        try:
            if await self._control.open_by_load(event_id):
                log.warning("room_opened_by_load", eventId=event_id, attempts=count)
        except DatabaseDown as error:
            log.warning("room_not_opened", eventId=event_id, error=str(error))
