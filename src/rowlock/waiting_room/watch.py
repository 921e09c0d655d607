"""Every room as this process knows it: read from PostgreSQL a few times a second, asked many thousand times.

While PostgreSQL is away the rooms stay as they were: places do not change, and nobody new is called. A line that was
seen further is never shown less far.
"""

import asyncio
import sys
import time
from array import array
from collections.abc import Callable
from datetime import UTC, datetime

from rowlock.platform.postgres import Database
from rowlock.platform.postgres.following import keep_up
from rowlock.platform.tasks import end
from rowlock.waiting_room.model import Phase, Room
from rowlock.waiting_room.store import SQL, room_of_row

POLL_SECONDS = 0.1
POLL_SECONDS_IDLE = 0.25
NOT_DRAWN = 0xFFFF_FFFF


class RoomWatch:
    """The rooms that are on, and the ranks of those whose draw is done."""

    def __init__(self, database: Database) -> None:
        self.rooms: dict[int, Room] = {}
        self.on_change: Callable[[Room], None] = _tell_nobody
        """Told of every room that changed, in this process's order of learning it."""
        self._database = database
        self._ranks: dict[tuple[int, int], array[int]] = {}
        self._clock_ahead = 0.0
        self._task: asyncio.Task[None] | None = None
        self._reading = asyncio.Lock()

    def room(self, event_id: int) -> Room | None:
        """The event's room while it is on, else None."""
        return self.rooms.get(event_id)

    def now(self) -> datetime:
        """The database's clock, as far as this process can tell without asking."""
        return datetime.fromtimestamp(self.now_seconds(), UTC)

    def now_seconds(self) -> float:
        """The same in seconds since 1970."""
        return time.monotonic() + self._clock_ahead

    def phase(self, room: Room) -> Phase:
        """How far the room is now."""
        return room.phase(self.now())

    def rank(self, room: Room, number: int) -> int | None:
        """Where the place of that number stands, None before the draw. Who was not drawn stands by their number."""
        if room.ordering == "fifo":
            return number
        if room.drawn is None:
            return None
        ranks = self._ranks.get((room.event_id, room.round))
        if ranks is None or not 0 <= number < len(ranks) or ranks[number] == NOT_DRAWN:
            return number
        return ranks[number]

    async def start(self) -> None:
        """Learn of all rooms, then keep up with them until `close`."""
        await self.catch_up()
        self._task = asyncio.create_task(keep_up(self.catch_up, "rooms", self._pause))

    async def close(self) -> None:
        """Stop following."""
        if self._task is not None:
            await end(self._task)

    async def catch_up(self) -> None:
        """Read all rooms once."""
        async with self._reading:
            asked = time.monotonic()
            rows = await self._database.fetch(SQL["rooms"], list(self.rooms))
            clock: datetime = rows[0]["now"]
            self._clock_ahead = clock.timestamp() - (asked + time.monotonic()) / 2
            for row in rows:
                if row["event_id"] is not None:
                    await self._take(room_of_row(row))

    async def _take(self, room: Room) -> None:
        known = self.rooms.get(room.event_id)
        if known is not None and (room.round, room.version) <= (known.round, known.version):
            return
        await self._learn_ranks(room)
        if room.on:
            self.rooms[room.event_id] = room
        else:
            self.rooms.pop(room.event_id, None)
        self.on_change(room)

    async def _learn_ranks(self, room: Room) -> None:
        """Read the draw's outcome before anybody is told that it is done."""
        key = room.event_id, room.round
        if room.ordering != "draw" or room.drawn is None or key in self._ranks:
            return
        ranks = array("I", [NOT_DRAWN]) * room.drawn
        for row in await self._database.fetch(SQL["ranks"], *key):
            part = array("I", row["ranks"])
            if sys.byteorder == "big":
                part.byteswap()
            ranks[row["first_no"] : row["first_no"] + len(part)] = part
        self._ranks = {kept: value for kept, value in self._ranks.items() if kept[0] != room.event_id}
        self._ranks[key] = ranks

    def _pause(self) -> float:
        return POLL_SECONDS if self.rooms else POLL_SECONDS_IDLE


def _tell_nobody(_room: Room) -> None:
    """Where nobody has to act on a change."""
