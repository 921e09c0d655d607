"""Follows the ledgers of all watched events: one query a reading, hints for when, PostgreSQL for what."""

import asyncio
import time
from collections.abc import Callable, Iterable

import structlog

from rowlock.inventory import LedgerTail, read_end, read_rows, read_tails
from rowlock.kernel import limits
from rowlock.kernel.problems import Problem
from rowlock.live.audience import Audience
from rowlock.live.feed import SeatFeed
from rowlock.live.frames import WireMessage
from rowlock.platform.postgres import Database, DatabaseDown
from rowlock.platform.telemetry import metrics

FEED_IDLE_SECONDS = 60.0
"""A feed nobody watches is kept for so long, for those who come back."""

log = structlog.get_logger(__name__)


class WatchedEvent:
    """A feed with its audience."""

    __slots__ = ("audience", "catching_up", "event_id", "feed", "seat_count", "watched_at")

    def __init__(self, feed: SeatFeed, seat_count: int) -> None:
        self.event_id = feed.event_id
        self.feed = feed
        self.seat_count = seat_count
        self.audience = Audience()
        self.catching_up = asyncio.Lock()
        self.watched_at = time.monotonic()


class LedgerFollower:
    """Keeps the feeds of watched events at the ledger's end and tells their audiences."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._events: dict[int, WatchedEvent] = {}
        self._opening: dict[int, asyncio.Task[WatchedEvent]] = {}
        self._hinted: set[int] = set()
        self._hint = asyncio.Event()
        self._hearing = False
        self.on_clock_turned: Callable[[WatchedEvent], None] = _nobody_holds
        """Told of every event whose sale's clock was stopped or started."""

    @property
    def events(self) -> Iterable[WatchedEvent]:
        """All that are followed."""
        return self._events.values()

    def known(self, event_id: int) -> WatchedEvent | None:
        """The event if it is followed already."""
        return self._events.get(event_id)

    def hint(self, event_ids: Iterable[int]) -> None:
        """The ledgers of these events may have grown."""
        watched = self._events.keys() & event_ids
        if watched:
            self._hinted |= watched
            self._hint.set()

    def hearing(self, hears: bool) -> None:
        """Whether hints arrive at all. Some may have been missed before, so look now."""
        self._hearing = hears
        self.hint(list(self._events))

    @property
    def hears(self) -> bool:
        """Whether hints arrive."""
        return self._hearing

    async def ping(self) -> None:
        """Return when PostgreSQL answers; raises one of TRANSIENT_ERRORS when it does not."""
        await self._database.ping()

    async def open(self, event_id: int) -> WatchedEvent:
        """Follow an event; Problem `event_not_found` when there is none, DatabaseDown when nobody can tell."""
        known = self._events.get(event_id)
        if known is not None:
            return known
        task = self._opening.get(event_id)
        if task is None:
            task = self._opening[event_id] = asyncio.create_task(self._open(event_id))
            task.add_done_callback(lambda _task: self._opening.pop(event_id, None))
        return await asyncio.shield(task)

    async def greeting(self, event: WatchedEvent, since: int | None, epoch: int | None) -> WireMessage:
        """What to tell a newcomer, from the window or, when it is too short, the ledger."""
        greeting = event.feed.greeting(since, epoch)
        if greeting is None:
            async with event.catching_up:
                greeting = event.feed.greeting(since, epoch)
                if greeting is None:
                    await self._reach_back(event.feed)
                    greeting = event.feed.greeting(since, epoch)
                    assert greeting is not None
        return greeting

    async def follow_forever(self) -> None:
        """Read and tell until cancelled. While PostgreSQL is away viewers stay, and hear what they missed after."""
        polled_at = 0.0
        while True:
            await self._hint_or(polled_at + self._poll_seconds())
            started = time.monotonic()
            wanted = self._hinted
            if started - polled_at >= self._poll_seconds():
                wanted, polled_at = set(self._events), started
                self._forget_unwatched(started)
            self._hinted = set()
            self._hint.clear()
            try:
                await self._read([event_id for event_id in wanted if event_id in self._events])
            except DatabaseDown as error:
                log.warning("ledgers_not_read", error=str(error))
                self._hinted |= wanted
            await asyncio.sleep(max(0.0, started + limits.STREAM_READ_SECONDS_MIN - time.monotonic()))

    async def _read(self, event_ids: list[int]) -> None:
        if not event_ids:
            return
        positions = {event_id: self._events[event_id].feed.seq for event_id in event_ids}
        for tail in await read_tails(self._database, positions):
            event = self._events.get(tail.event_id)
            if event is not None:
                await self._tell(event, tail)

    async def _tell(self, event: WatchedEvent, tail: LedgerTail) -> None:
        stood = event.feed.clock_stopped
        message = event.feed.advance(tail)
        if event.feed.clock_stopped != stood:
            self.on_clock_turned(event)
        if message is not None:
            metrics.STREAM_DELIVERIES.inc(len(event.audience))
            with metrics.STREAM_BROADCAST.time():
                await event.audience.tell(message)

    async def _reach_back(self, feed: SeatFeed) -> None:
        end, start = feed.known_from, max(0, feed.seq - limits.SINCE_ROWS_MAX)
        rows = await read_rows(self._database, feed.event_id, start, end)
        feed.reach_back(rows if feed.known_from == end else ())  # it moves when the window is full, or begun again

    async def _open(self, event_id: int) -> WatchedEvent:
        end = await read_end(self._database, event_id)
        if end is None:
            raise Problem("event_not_found", f"There is no event {event_id}.")
        feed = SeatFeed(event_id, end.epoch, end.seq, clock_stopped=end.clock_stopped)
        event = WatchedEvent(feed, end.seat_count)
        self._events[event_id] = event
        return event

    async def _hint_or(self, moment: float) -> None:
        try:
            async with asyncio.timeout(max(0.0, moment - time.monotonic())):
                await self._hint.wait()
        except TimeoutError:
            pass

    def _poll_seconds(self) -> float:
        return limits.STREAM_POLL_SECONDS if self._hearing else limits.STREAM_POLL_SECONDS_BLIND

    def _forget_unwatched(self, now: float) -> None:
        for event_id, event in list(self._events.items()):
            if event.audience:
                event.watched_at = now
            elif now - event.watched_at > FEED_IDLE_SECONDS:
                del self._events[event_id]


def _nobody_holds(_event: WatchedEvent) -> None:
    """Where nobody is told of holds."""
