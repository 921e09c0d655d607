"""One wheel for all connections: who is asked now whether he is there, and whose time is over."""

import asyncio
import time
from collections import OrderedDict
from typing import Protocol

from rowlock.kernel import limits

TICK_SECONDS = 1.0


class Beating(Protocol):
    """A connection that streams."""

    def beat(self) -> None:
        """Ask whether somebody is there."""


class Mortal(Protocol):
    """A connection that must get somewhere in time."""

    def abort(self) -> None:
        """Cut it."""


class Heartbeat:
    """Slots of viewers, one turned to every second, and deadlines in the order they were set."""

    def __init__(self) -> None:
        self._slots: list[set[Beating]] = [set() for _ in range(limits.STREAM_HEARTBEAT_SECONDS)]
        self._homes: dict[Beating, int] = {}
        self._turn = 0
        self._deadlines: OrderedDict[Mortal, float] = OrderedDict()

    def add(self, viewer: Beating) -> None:
        """Ask this one for the first time a whole heartbeat from now: its slot is the one that has just been."""
        self._homes[viewer] = self._turn
        self._slots[self._turn].add(viewer)

    def remove(self, viewer: Beating) -> None:
        """It is gone."""
        home = self._homes.pop(viewer, None)
        if home is not None:
            self._slots[home].discard(viewer)

    def give(self, connection: Mortal) -> None:
        """Cut the connection after `STREAM_HEAD_SECONDS_MAX` unless it is spared before."""
        self._deadlines[connection] = time.monotonic() + limits.STREAM_HEAD_SECONDS_MAX
        self._deadlines.move_to_end(connection)

    def spare(self, connection: Mortal) -> None:
        """It has got where it should."""
        self._deadlines.pop(connection, None)

    def tick(self) -> None:
        """One second has passed."""
        self._turn = (self._turn + 1) % len(self._slots)
        for viewer in list(self._slots[self._turn]):
            viewer.beat()
        now = time.monotonic()
        while self._deadlines and next(iter(self._deadlines.values())) <= now:
            self._deadlines.popitem(last=False)[0].abort()

    async def beat_forever(self) -> None:
        """Turn until cancelled."""
        while True:
            await asyncio.sleep(TICK_SECONDS)
            self.tick()
