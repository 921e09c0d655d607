"""Those who are asked for seats: Rowlock by each of its strategies, and the naive application."""

import itertools
import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol, get_args

from benchmarks.installation import Installation, installation
from benchmarks.load import hold, post
from benchmarks.naive.server import NaiveServer, naive_server
from rowlock.settings import HoldStrategyName

CONTENDERS: tuple[str, ...] = (*get_args(HoldStrategyName), "naive")
SEATS_PER_HOLD = 4
ATTEMPTS_PER_EVENT = 600
"""Attempts on one event with contention: 75 parties of four fit into its 300 seats."""


class Contender(Protocol):
    """A running server that can be asked for seats."""

    url: str

    def spread(self, holds: int) -> Iterator[bytes]:
        """Requests that never meet, on an event of their own."""

    def crowd(self, events: int) -> Iterator[bytes]:
        """Requests for the same few hundred seats of one event, then of the next."""

    def cpu_seconds(self) -> dict[str, float]:
        """Processor time so far, by part."""


class Rowlock:
    """An installation that holds by one of the strategies."""

    def __init__(self, running: Installation) -> None:
        self.url = running.url
        self._running = running
        self._organiser = running.tokens("organiser", 1)[0]
        self._club = running.smallest_event()

    def spread(self, holds: int) -> Iterator[bytes]:
        """Every hold is somebody else's."""
        like, seat_ids = self._running.stadium()
        event_id = self._running.new_event(self._organiser, like)
        people = self._running.tokens("buyer", holds)
        starts = range(0, holds * SEATS_PER_HOLD, SEATS_PER_HOLD)
        for start, token in zip(starts, people, strict=True):
            yield hold(event_id, seat_ids[start : start + SEATS_PER_HOLD], token)

    def crowd(self, events: int) -> Iterator[bytes]:
        """The same people come to every event."""
        seat_ids = self._running.seat_ids(self._club)
        event_ids = [self._running.new_event(self._organiser, self._club) for _ in range(events)]
        people = self._running.tokens("buyer", ATTEMPTS_PER_EVENT)
        for event_id in event_ids:
            for token, start in zip(people, _starts(len(seat_ids)), strict=True):
                yield hold(event_id, seat_ids[start : start + SEATS_PER_HOLD], token)

    def cpu_seconds(self) -> dict[str, float]:
        """Processor time of the api, PostgreSQL and Valkey."""
        used = self._running.cpu_seconds()
        return {part: used[part] for part in ("api", "postgres", "valkey")}


class Naive:
    """The naive application with its own event numbers."""

    def __init__(self, running: Installation, server: NaiveServer) -> None:
        self.url = server.url
        self._running = running
        self._server = server
        self._seats = len(running.seat_ids(running.smallest_event()))
        self._numbers = itertools.count(1)

    def spread(self, holds: int) -> Iterator[bytes]:
        """Blocks of four, one after the other."""
        event_id = self._new_event(holds * SEATS_PER_HOLD)
        for start in range(0, holds * SEATS_PER_HOLD, SEATS_PER_HOLD):
            yield _naive_hold(event_id, start)

    def crowd(self, events: int) -> Iterator[bytes]:
        """The same draws as for the others."""
        for event_id in [self._new_event(self._seats) for _ in range(events)]:
            for start in _starts(self._seats):
                yield _naive_hold(event_id, start)

    def cpu_seconds(self) -> dict[str, float]:
        """Processor time of the application and of PostgreSQL."""
        return {"api": self._server.cpu_seconds(), "postgres": self._running.cpu_seconds()["postgres"]}

    def _new_event(self, seat_count: int) -> int:
        event_id = next(self._numbers)
        self._server.open_sale(event_id, seat_count)
        return event_id


@contextmanager
def contender(name: str, data: Path, workers: int) -> Iterator[Contender]:
    """Start a contender on the installation in `data`."""
    if name == "naive":
        with installation(data, 1) as running, naive_server(running, workers) as server:
            yield Naive(running, server)
    else:
        with installation(data, workers, ROWLOCK_HOLD_STRATEGY=name) as running:
            yield Rowlock(running)


def _starts(seat_count: int) -> list[int]:
    """Where the parties of one event want to sit; the same for every contender."""
    dice = random.Random(seat_count)
    return [dice.randrange(seat_count - SEATS_PER_HOLD + 1) for _ in range(ATTEMPTS_PER_EVENT)]


def _naive_hold(event_id: int, start: int) -> bytes:
    return post("/bookings/reserve", {"eventId": event_id, "seatIds": list(range(start, start + SEATS_PER_HOLD))})
