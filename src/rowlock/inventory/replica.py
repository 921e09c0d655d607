"""What this process knows of an event's seats: a picture kept fresh from the ledger.

It answers the seat snapshot, the free counts, and the refusal of seats that are surely taken. It never decides who gets
a seat.
"""

import asyncio
import base64
import math
import re
import time
import zlib
from collections import Counter, OrderedDict
from collections.abc import Iterable, Sequence

import msgspec
import structlog

from rowlock.inventory.choice import Chart, NothingFits, PartyWish, surely_nothing
from rowlock.inventory.ledger import CLOCK_KINDS, MOVING_KINDS, STATE_AFTER, read_changes, seat_states
from rowlock.inventory.model import STATE_WORDS, SeatState
from rowlock.inventory.store import SQL
from rowlock.kernel import limits
from rowlock.platform.postgres import Database, DatabaseDown
from rowlock.platform.tasks import end

log = structlog.get_logger(__name__)

EVENTS_KEPT_MAX = 256
"""Events pictured at once; 56,000 seats take about 200 kB, and 100 bytes more a held seat."""

GZIP_LEVEL = 4
"""Half the time of the usual 6 for two bytes in a hundred more."""

_AVAILABLE = re.compile(bytes([SeatState.AVAILABLE]))

PAYMENT_BINDS_US = 1 << 62
"""The end of a hold that a payment binds: later than any clock."""


class SeatPicture:
    """The states of one event's seats at one position of its ledger, and when the holds among them end."""

    def __init__(self, epoch: int, seq: int, states: bytes, tier_nos: bytes) -> None:
        self.epoch = epoch
        self.seq = seq
        self.checked_at = time.monotonic()
        self._clock_us = 0.0
        self._states = bytearray(states)
        self._ends: dict[int, int] = {}
        self.tier_nos = tier_nos
        self.clock_stopped = False
        self._free: list[int] | None = None  # and `_first_end`, made when asked for, good for one position
        self._first_end = 0
        self._answers: dict[str, bytes] = {}

    def checked(self, asked_at: float, now_us: int) -> None:
        """Note that the picture was right at `now_us` of the database's clock, asked for at `asked_at` of ours.

        The statement ran after it was asked for, so the database's time is never later than this makes it.
        """
        self.checked_at = asked_at
        self._clock_us = now_us - asked_at * 1_000_000

    def holds_end(self, seat_nos: Iterable[int], ends_us: Iterable[int | None]) -> None:
        """When the holds of these seats end, in microseconds since 1970; None while a payment binds them."""
        for seat_no, end_us in zip(seat_nos, ends_us, strict=True):
            self._ends[seat_no] = PAYMENT_BINDS_US if end_us is None else end_us

    def surely_taken(self, seat_nos: Sequence[int]) -> list[int]:
        """Those of the seats that nobody could have held when the picture was checked, nor can while it is in use.

        A hold that has passed its end is no reason: the sweeper may not have come yet, and the seat can be had.
        """
        now_us = self._now_us()
        return [
            seat_no
            for seat_no in seat_nos
            if (state := self._states[seat_no]) and (state != SeatState.HELD or self._ends.get(seat_no, 0) > now_us)
        ]

    def maybe_free(self, most: int) -> list[int] | None:
        """All seats that are not surely taken, if they are at most so many; None when they are more.

        None, too, while a hold is past its end: who knows how many are.
        """
        if self._free is None and self._states.count(SeatState.AVAILABLE) <= most:
            self._free = [place.start() for place in _AVAILABLE.finditer(self._states)]
            self._first_end = min(self._ends.values(), default=PAYMENT_BINDS_US)
        return None if self._free is None or self._first_end <= self._now_us() else self._free

    def free_seats(self, most: int) -> frozenset[int] | None:
        """The seats that are available, None when they are more than so many."""
        if self._states.count(SeatState.AVAILABLE) > most:
            return None
        return frozenset(place.start() for place in _AVAILABLE.finditer(self._states))

    def _now_us(self) -> float:
        """The database's time, or a little later."""
        return self._clock_us + time.monotonic() * 1_000_000

    @property
    def seat_count(self) -> int:
        """Physical seats."""
        return len(self._states)

    def state(self, seat_no: int) -> SeatState:
        """The state of one seat."""
        return SeatState(self._states[seat_no])

    def counts(self) -> dict[str, int]:
        """How many seats are in each state, by its word."""
        return {word: self._states.count(code) for code, word in enumerate(STATE_WORDS)}

    def available_by_tier(self) -> dict[int, int]:
        """Free seats by tier number."""
        totals: dict[int, int] = {}
        for state, tier_no in zip(self._states, self.tier_nos, strict=True):
            if state == SeatState.AVAILABLE:
                totals[tier_no] = totals.get(tier_no, 0) + 1
        return totals

    def by_tier(self) -> Counter[tuple[int, int]]:
        """How many seats are in each state of each tier, by (tier number, state)."""
        return Counter(zip(self.tier_nos, self._states, strict=True))

    def follow(self, seq: int, rows: Iterable[str]) -> None:
        """Take the steps of the ledger rows up to position `seq`."""
        for row in rows:
            for change in read_changes(row):
                if change.kind in CLOCK_KINDS:
                    self.clock_stopped = change.kind == "stop"
                state, moves = STATE_AFTER[change.kind], change.kind in MOVING_KINDS
                for seat_no in change.seat_nos:
                    if moves:
                        self._states[seat_no] = state
                    if state is SeatState.HELD:
                        self._ends[seat_no] = PAYMENT_BINDS_US if change.expires_us is None else change.expires_us
                    else:
                        self._ends.pop(seat_no, None)
        if seq != self.seq:
            self.seq = seq
            self._free = None
            self._answers.clear()

    def packed(self) -> bytes:
        """Two bits a seat, seat n at bits 2*(n mod 4) of byte n // 4."""
        padded = self._states + b"\0" * (-len(self._states) % 4)
        quarters = zip(padded[0::4], padded[1::4], padded[2::4], padded[3::4], strict=True)
        return bytes(a | b << 2 | c << 4 | d << 6 for a, b, c, d in quarters)

    def snapshot(self, *, gzipped: bool) -> bytes:
        """The answer of GET seats, made once per position and encoding."""
        key = "gzip" if gzipped else "plain"
        if key not in self._answers:
            if gzipped:
                packer = zlib.compressobj(level=GZIP_LEVEL, wbits=31)
                self._answers[key] = packer.compress(self.snapshot(gzipped=False)) + packer.flush()
            else:
                self._answers[key] = msgspec.json.encode({
                    "epoch": self.epoch, "seq": self.seq, "counts": self.counts(),
                    "seats": base64.b64encode(self.packed()).decode(),
                })  # fmt: skip
        return self._answers[key]

    def states(self) -> bytes:
        """One byte a seat, in seat number order."""
        return bytes(self._states)


class SeatReplica:
    """The pictures of the events this process was asked about last.

    Events whose seats are being booked are followed: their ledgers are read together, at least every
    `limits.REPLICA_POLL_SECONDS` and right after a commit of this process, for as long as anybody asks.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._pictures: OrderedDict[int, SeatPicture] = OrderedDict()
        self._refreshing: dict[int, asyncio.Task[SeatPicture | None]] = {}
        self._wanted: dict[int, float] = {}
        self._following: asyncio.Task[None] | None = None
        self._hint = asyncio.Event()
        self._freed_at: OrderedDict[int, float] = OrderedDict()

    def surely_taken(self, event_id: int, seat_nos: Sequence[int]) -> list[int]:
        """Those of the seats that can be refused without asking the database; empty when it must be asked.

        Keeps the event followed. Decides nothing but refusals, from a picture at most `REPLICA_AGE_SECONDS_MAX` old.
        """
        picture = self._fresh(event_id)
        return [] if picture is None else picture.surely_taken(seat_nos)

    def surely_nothing(self, event_id: int, chart: Chart, wish: PartyWish) -> NothingFits | None:
        """Why nothing fits the wish, if that can be said without asking the database; on the same terms."""
        picture = self._fresh(event_id)
        few = picture.maybe_free(limits.MAYBE_FREE_SEATS_MAX) if picture is not None else None
        return None if few is None else surely_nothing(chart, few, wish)

    def others_are_free(self, event_id: int, known: frozenset[int]) -> bool:
        """Whether seats are free that are not among these, if they are few; on the same terms."""
        picture = self._fresh(event_id)
        free = None if picture is None else picture.free_seats(limits.MAYBE_FREE_SEATS_MAX)
        return free is not None and not free <= known

    def clock_stopped(self, event_id: int) -> bool:
        """Whether the event's sale is surely paused, its clock stopped; on the same terms."""
        picture = self._fresh(event_id)
        return picture is not None and picture.clock_stopped

    def _fresh(self, event_id: int) -> SeatPicture | None:
        """The event's picture if it is fresh enough to refuse from; the event is followed from now on."""
        now = time.monotonic()
        self._wanted[event_id] = now
        if self._following is None:
            self._following = asyncio.create_task(self._follow())
        picture = self._pictures.get(event_id)
        fresh = picture is not None and now - picture.checked_at <= limits.REPLICA_AGE_SECONDS_MAX
        return picture if fresh else None

    def hint(self) -> None:
        """Something was committed: read the ledgers soon."""
        self._hint.set()

    def freed(self, event_id: int) -> None:
        """Seats of the event were given back here: whoever is told so may have them at once, so refuse none until the
        ledger has been read again."""
        self._freed_at[event_id] = time.monotonic()
        self._freed_at.move_to_end(event_id)
        if len(self._freed_at) > EVENTS_KEPT_MAX:
            self._freed_at.popitem(last=False)
        picture = self._pictures.get(event_id)
        if picture is not None:
            picture.checked_at = -math.inf
        self._hint.set()

    async def picture(self, event_id: int) -> SeatPicture | None:
        """The event's seats, at most `SNAPSHOT_AGE_SECONDS_MAX` old; None when there is no such event.

        Callers who come while one asks the database share its answer.
        """
        known = self._pictures.get(event_id)
        if known is not None:
            self._pictures.move_to_end(event_id)
            if time.monotonic() - known.checked_at < limits.SNAPSHOT_AGE_SECONDS_MAX:
                return known
        task = self._refreshing.get(event_id)
        if task is None:
            task = asyncio.create_task(self._refresh(event_id))
            self._refreshing[event_id] = task
            task.add_done_callback(lambda _task: self._refreshing.pop(event_id, None))
        return await asyncio.shield(task)

    async def changes_since(self, event_id: int, since: int) -> tuple[SeatPicture, dict[int, SeatState] | None] | None:
        """The picture and what changed after position `since`; None for the changes when they are too many.

        None when there is no such event.
        """
        picture = await self.picture(event_id)
        if picture is None:
            return None
        if since >= picture.seq:
            return picture, {} if since == picture.seq else None
        if picture.seq - since > limits.SINCE_ROWS_MAX:
            return picture, None
        rows = await self._database.fetch(SQL["changes_since"], event_id, since, picture.seq - since)
        return picture, seat_states(row["changes"] for row in rows)

    async def close(self) -> None:
        """Stop following."""
        if self._following is not None:
            await end(self._following)

    async def _follow(self) -> None:
        """Read the ledgers of the wanted events again and again until nobody wants any."""
        try:
            while self._wanted:
                started = time.monotonic()
                await self._catch_up(list(self._wanted))
                for event_id, asked_at in list(self._wanted.items()):
                    if started - asked_at > limits.REPLICA_IDLE_SECONDS:
                        del self._wanted[event_id]
                await asyncio.sleep(limits.REPLICA_POLL_SECONDS_MIN)
                try:
                    async with asyncio.timeout(limits.REPLICA_POLL_SECONDS - limits.REPLICA_POLL_SECONDS_MIN):
                        await self._hint.wait()
                except TimeoutError:
                    pass
                self._hint.clear()
        except DatabaseDown as error:
            log.warning("replica_not_followed", error=str(error))  # the next one who asks starts again
        finally:
            self._following = None

    async def _refresh(self, event_id: int) -> SeatPicture | None:
        await self._catch_up([event_id])
        return self._pictures.get(event_id)

    async def _catch_up(self, event_ids: list[int]) -> None:
        """Bring these events' pictures to the ledger's end; those not pictured yet, or too far behind, anew."""
        known = [event_id for event_id in event_ids if event_id in self._pictures]
        lost = [event_id for event_id in event_ids if event_id not in self._pictures]
        asked_at = time.monotonic()
        seqs = [self._pictures[event_id].seq for event_id in known]
        rows = await self._database.fetch(SQL["ledgers_since"], known, seqs, limits.SINCE_ROWS_MAX) if known else []
        for row in rows:
            picture = self._pictures.get(row["event_id"])
            if picture is None:
                continue
            if picture.epoch != row["epoch"] or row["seq"] - picture.seq > limits.SINCE_ROWS_MAX:
                lost.append(row["event_id"])
            elif row["since"] == picture.seq:  # not so when another task has brought it further meanwhile
                picture.follow(row["seq"], row["changes"] or ())
                self._check(row["event_id"], picture, asked_at, row["now_us"])
        for event_id in lost:
            await self._load(event_id)

    def _check(self, event_id: int, picture: SeatPicture, asked_at: float, now_us: int) -> None:
        """Note how fresh the picture is. What was asked before seats were freed here may not know of it."""
        picture.checked(asked_at, now_us)
        if asked_at < self._freed_at.get(event_id, -math.inf):
            picture.checked_at = -math.inf

    async def _load(self, event_id: int) -> None:
        asked_at = time.monotonic()
        row = await self._database.fetchrow(SQL["snapshot"], event_id)
        if row is None:
            self._pictures.pop(event_id, None)
            return
        picture = SeatPicture(row["epoch"], row["seq"], bytes(row["states"]), bytes(row["tier_nos"]))
        picture.holds_end(row["held_nos"] or (), row["held_ends"] or ())
        picture.clock_stopped = row["clock_stopped"]
        self._check(event_id, picture, asked_at, row["now_us"])
        self._pictures[event_id] = picture
        while len(self._pictures) > EVENTS_KEPT_MAX:
            self._pictures.popitem(last=False)
