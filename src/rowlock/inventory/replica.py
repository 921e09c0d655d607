"""What this process knows of an event's seats: a picture kept fresh from the ledger, served as bytes.

It answers the seat snapshot and the free counts. It never decides who gets a seat.
"""

import asyncio
import base64
import time
import zlib
from collections import OrderedDict

import msgspec

from rowlock.inventory.ledger import seat_states
from rowlock.inventory.model import STATE_WORDS, SeatState
from rowlock.inventory.store import SQL
from rowlock.kernel import limits
from rowlock.platform.postgres import Database

EVENTS_KEPT_MAX = 256
"""Events pictured at once; 56,000 seats take about 200 kB."""


class SeatPicture:
    """The states of one event's seats at one position of its ledger."""

    def __init__(self, epoch: int, seq: int, states: bytes, tier_nos: bytes) -> None:
        self.epoch = epoch
        self.seq = seq
        self.checked_at = time.monotonic()
        self._states = bytearray(states)
        self.tier_nos = tier_nos
        self._answers: dict[str, bytes] = {}

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

    def apply(self, seq: int, changes: dict[int, SeatState]) -> None:
        """Move to ledger position `seq`."""
        for seat_no, state in changes.items():
            self._states[seat_no] = state
        self.seq = seq
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
                packer = zlib.compressobj(level=6, wbits=31)
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
    """The pictures of the events this process was asked about last."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._pictures: OrderedDict[int, SeatPicture] = OrderedDict()
        self._refreshing: dict[int, asyncio.Task[SeatPicture | None]] = {}

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
            task = asyncio.create_task(self._refresh(event_id, known))
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

    async def _refresh(self, event_id: int, known: SeatPicture | None) -> SeatPicture | None:
        asked_at = time.monotonic()
        if known is not None:
            position = await self._database.fetchrow(SQL["position"], event_id)
            behind = limits.SINCE_ROWS_MAX + 1
            if position is not None and position["epoch"] == known.epoch:
                behind = position["seq"] - known.seq
            if 0 <= behind <= limits.SINCE_ROWS_MAX:
                if behind:
                    rows = await self._database.fetch(SQL["changes_since"], event_id, known.seq, behind)
                    known.apply(rows[-1]["seq"], seat_states(row["changes"] for row in rows))
                known.checked_at = asked_at
                return known
        return await self._load(event_id, asked_at)

    async def _load(self, event_id: int, asked_at: float) -> SeatPicture | None:
        row = await self._database.fetchrow(SQL["snapshot"], event_id)
        if row is None:
            self._pictures.pop(event_id, None)
            return None
        picture = SeatPicture(row["epoch"], row["seq"], bytes(row["states"]), bytes(row["tier_nos"]))
        picture.checked_at = asked_at
        self._pictures[event_id] = picture
        while len(self._pictures) > EVENTS_KEPT_MAX:
            self._pictures.popitem(last=False)
        return picture
