"""Lines before a sale, as those hear of them who wait: one board for all, and to each person when it is their turn.

Whoever waits stands in a list in the order of the ranks, so calling people costs those who are called and nobody else.
PostgreSQL says how far the line is served; what is lost here is asked for by the page, which polls without a stream.
"""

import asyncio
import time
from bisect import bisect_left, insort
from collections.abc import Callable
from functools import partial
from typing import NamedTuple, Protocol

from rowlock.live.audience import VIEWERS_AT_ONCE, Audience
from rowlock.live.frames import WireMessage, wire
from rowlock.live.model import Board, Place, YourTurn
from rowlock.platform.telemetry import metrics
from rowlock.waiting_room.desk import board_of
from rowlock.waiting_room.model import QueueBoard, Room
from rowlock.waiting_room.serving import people_below
from rowlock.waiting_room.signing import QueueTicket
from rowlock.waiting_room.watch import RoomWatch

BOARD_SECONDS = 1.0
"""A board that only counts on is told so often; what staff say or do is told at once."""
TURN = wire(YourTurn())


class Waiter(Protocol):
    """A connection of somebody who waits."""

    is_socket: bool
    send: Callable[[bytes], None]

    def tell(self, message: WireMessage) -> None:
        """Write a message to this one alone."""


class _Standing(NamedTuple):
    """Where somebody stands; `order` tells apart those who have the same rank, on several devices."""

    rank: int
    order: int


class WatchedLine:
    """All who follow one event's line."""

    def __init__(self, event_id: int) -> None:
        self.event_id = event_id
        self.audience = Audience()
        self.told: QueueBoard | None = None
        self.told_at = -BOARD_SECONDS
        self.round: int | None = None
        self.drawn: int | None = None
        self._order = 0
        self._waiting: list[_Standing] = []
        self._waiters: dict[_Standing, Waiter] = {}
        self._places: dict[Waiter, tuple[QueueTicket, _Standing | None]] = {}

    def join(self, waiter: Waiter, ticket: QueueTicket, rank: int | None) -> None:
        """Somebody with a ticket follows; no rank: the draw is not done, or the ticket is of another round."""
        standing = None
        if rank is not None:
            self._order += 1
            standing = _Standing(rank, self._order)
            self._waiters[standing] = waiter
            insort(self._waiting, standing)
        self._places[waiter] = ticket, standing

    def leave(self, waiter: Waiter) -> None:
        """He is gone."""
        self.audience.leave(waiter)
        _, standing = self._places.pop(waiter, (None, None))
        if standing is not None and self._waiters.pop(standing, None) is not None:
            del self._waiting[bisect_left(self._waiting, standing)]

    def call(self, served: int) -> list[Waiter]:
        """Those whose turn it is now that so many ranks are served; each is told once."""
        count = bisect_left(self._waiting, _Standing(served, 0))
        called = [self._waiters.pop(standing) for standing in self._waiting[:count]]
        del self._waiting[:count]
        return called

    def line_up(self, rank_of: Callable[[QueueTicket], int | None]) -> list[tuple[Waiter, int]]:
        """Put all in their places anew, as a draw or a new round does; answers who stands where."""
        self._waiting.clear()
        self._waiters.clear()
        placed = []
        for waiter, (ticket, _) in list(self._places.items()):
            rank = rank_of(ticket)
            self.join(waiter, ticket, rank)
            if rank is not None:
                placed.append((waiter, rank))
        return placed


class LineTeller:
    """Tells the followers of all lines what changes, as the room's watch learns of it."""

    def __init__(self, watch: RoomWatch) -> None:
        self._watch = watch
        self._lines: dict[int, WatchedLine] = {}
        self._changed: set[int] = set()
        self._wake = asyncio.Event()
        self._open: set[int] = set()
        self.on_opened: Callable[[int], None] = _nobody_watches
        """Told of every event whose room is switched on."""
        watch.on_change = self._take

    def line(self, event_id: int) -> WatchedLine:
        """The followers of an event's line."""
        line = self._lines.get(event_id)
        if line is None:
            line = self._lines[event_id] = WatchedLine(event_id)
            room = self._watch.room(event_id)
            line.round, line.drawn = (None, None) if room is None else (room.round, room.drawn)
        return line

    def join(self, line: WatchedLine, waiter: Waiter, ticket: QueueTicket | None) -> None:
        """Somebody follows: tell the board, and with a ticket of this line the place, or that it is their turn."""
        room = self._watch.room(line.event_id)
        waiter.tell(wire(Board(board_of(self._watch, line.event_id))))
        if ticket is None or ticket.event_id != line.event_id:
            return
        rank = None if room is None else self._rank(room, ticket)
        line.join(waiter, ticket, rank)
        if room is None or rank is None:
            return
        waiter.tell(wire(Place(people_below(rank, room.holes))))
        for called in line.call(_served(room)):
            called.tell(TURN)

    def leave(self, line: WatchedLine, waiter: Waiter) -> None:
        """He is gone; a line that nobody follows is forgotten."""
        line.leave(waiter)
        if not line.audience:
            self._lines.pop(line.event_id, None)

    async def tell_forever(self) -> None:
        """Tell until cancelled."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            for event_id in list(self._changed):
                line = self._lines.get(event_id)
                if line is None or await self._tell(line):
                    self._changed.discard(event_id)
            if self._changed:  # boards that are told a little later
                asyncio.get_running_loop().call_later(BOARD_SECONDS / 4, self._wake.set)

    def _take(self, room: Room) -> None:
        if room.on and room.event_id not in self._open:
            self.on_opened(room.event_id)
        (self._open.add if room.on else self._open.discard)(room.event_id)
        self._changed.add(room.event_id)
        self._wake.set()

    async def _tell(self, line: WatchedLine) -> bool:
        """Call who is to be called, and show the board if it is time; whether all has been told."""
        room = self._watch.room(line.event_id)
        if room is not None:
            if (room.round, room.drawn) != (line.round, line.drawn):
                line.round, line.drawn = room.round, room.drawn
                for waiter, rank in line.line_up(partial(self._rank, room)):
                    waiter.tell(wire(Place(people_below(rank, room.holes))))
            await self._call(line, room)
        board, now = board_of(self._watch, line.event_id), time.monotonic()
        urgent = line.told is None or _words(board) != _words(line.told)
        if not urgent and now - line.told_at < BOARD_SECONDS:
            return board == line.told
        if board != line.told:
            line.told, line.told_at = board, now
            await line.audience.tell(wire(Board(board)))
        return True

    async def _call(self, line: WatchedLine, room: Room) -> None:
        called = line.call(_served(room))
        metrics.STREAM_DELIVERIES.inc(len(called))
        for start in range(0, len(called), VIEWERS_AT_ONCE):
            for waiter in called[start : start + VIEWERS_AT_ONCE]:
                waiter.tell(TURN)
            await asyncio.sleep(0)

    def _rank(self, room: Room, ticket: QueueTicket) -> int | None:
        """Where the place of a ticket stands; a ticket of another round is void."""
        return self._watch.rank(room, ticket.number) if ticket.round == room.round else None


def _nobody_watches(_event_id: int) -> None:
    """Where no seats are shown."""


def _served(room: Room) -> int:
    """How many ranks have had their turn: all of them where everybody is let in."""
    return 1 << 62 if room.mode == "passthrough" else room.served


def _words(board: QueueBoard) -> tuple[object, ...]:
    """What of a board does not count on by itself."""
    return (
        board.phase,
        board.mode,
        board.round,
        board.message,
        board.paused,
        board.opens_at,
        board.closed_behind is None,
    )
