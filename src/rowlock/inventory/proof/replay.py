"""Rebuilding an event from its ledger alone: seats, owners, hold ends, and every booking that ever was. Pure.

Memory is bounded by the seats, not by the ledger: a booking is kept while it has seats, and then until it is taken.
"""

import dataclasses
import hashlib
from collections.abc import Iterable
from typing import NamedTuple

import msgspec

from rowlock.inventory.ledger import CLOCK_KINDS, Change, read_changes, row_hash
from rowlock.inventory.model import SeatState
from rowlock.inventory.proof.clock import ReplayedClock
from rowlock.inventory.proof.facts import BookingFacts
from rowlock.inventory.proof.findings import Faults

BOUND_BY_PAYMENT = -1
"""In place of a hold's end, in microseconds: none while a payment's outcome is unknown."""


class Block(NamedTuple):
    """Why a seat is not for sale: an organiser's word."""

    kind: str
    block_id: str
    reason: str | None
    blocked_by: str | None
    blocked_at: int


@dataclasses.dataclass(slots=True)
class Seat:
    """A seat as the ledger leaves it. `steps` counts its changes, `expires_us` is the end of a hold."""

    state: SeatState = SeatState.AVAILABLE
    booking_id: str | None = None
    expires_us: int | None = None
    block: Block | None = None
    steps: int = 0


class Replay:
    """Takes ledger rows in order and notes every step that a sound engine cannot take."""

    def __init__(
        self, event_id: int, seat_count: int, first_hash: bytes, retaken: frozenset[str] = frozenset()
    ) -> None:
        self.event_id = event_id
        self.seats = [Seat() for _ in range(seat_count)]
        self.rows = 0
        self.changes = 0
        self.head = first_hash
        self.owner_faults = Faults()
        self.chain_faults = Faults()
        self.bookings = 0
        self.closed: dict[str, BookingFacts] = {}
        """Bookings that have given their seats back, by id, until `take_closed`."""
        self.restated: dict[str, str] = {}
        """The terms under which bookings stand whose buyers were erased, by id."""
        self.clock = ReplayedClock()
        self.live: dict[str, BookingFacts] = {}
        self._retaken = retaken
        """Bookings that were let go of and booked again later: they are kept until then."""

    def row(self, seq: int, at_us: int, changes: str, prev_hash: bytes, row_hash_stored: bytes) -> None:
        """Check a row against the chain and take its steps."""
        self.rows += 1
        if seq != self.rows:
            self.chain_faults.add(f"row {self.rows} has seq {seq}: a row is missing")
            self.rows = seq
        if prev_hash != self.head or row_hash(prev_hash, self.event_id, seq, at_us, changes) != row_hash_stored:
            self.chain_faults.add(f"row {seq} does not follow from the row before")
        self.head = row_hash_stored
        try:
            steps = read_changes(changes)
        except msgspec.MsgspecError as error:
            self.chain_faults.add(f"row {seq} cannot be read: {error}")
            return
        if steps and steps[0].kind in CLOCK_KINDS:
            for fault in self.clock.turn(at_us, steps, self.live):
                self.owner_faults.add(f"row {seq}: {fault}")
        elif any(step.kind == "clock" for step in steps):
            self.owner_faults.add(f"row {seq}: holds' ends move, and nothing befell the sale's clock")
        for step in steps:
            self.changes += 1
            for seat_no in step.seat_nos:
                self._seat_step(seq, at_us, step, seat_no)
            self._booking_step(seq, at_us, step)

    def take_closed(self) -> dict[str, BookingFacts]:
        """The bookings closed since the last call."""
        closed, self.closed = self.closed, {}
        return closed

    def counts(self) -> list[int]:
        """How many seats are in each state."""
        states = [seat.state for seat in self.seats]
        return [states.count(state) for state in SeatState]

    def owners_digest(self) -> str:
        """SHA-256 over a line for each seat: its number, state, owner and hold's end in microseconds."""
        digest = hashlib.sha256()
        for seat_no, seat in enumerate(self.seats):
            end = "" if seat.expires_us is None else seat.expires_us
            digest.update(f"{seat_no}|{seat.state.value}|{seat.booking_id or ''}|{end}\n".encode())
        return digest.hexdigest()

    def _seat_step(self, seq: int, at_us: int, step: Change, seat_no: int) -> None:
        if not 0 <= seat_no < len(self.seats):
            self.owner_faults.add(f"row {seq}: {step.kind} of seat {seat_no}, which does not exist")
            return
        seat = self.seats[seat_no]
        fault = _forbidden(seat, step, at_us)
        if fault:
            self.owner_faults.add(f"row {seq}: {step.kind} of seat {seat_no} for {step.booking_id}: {fault}")
        seat.steps += 1
        match step.kind:
            case "hold" | "offer" | "accept" | "shorten" | "keep" | "extend" | "resume" | "clock":
                seat.state, seat.booking_id, seat.expires_us = SeatState.HELD, step.booking_id, step.expires_us
            case "pay":
                seat.expires_us = BOUND_BY_PAYMENT
            case "confirm" | "retake":
                seat.state, seat.booking_id, seat.expires_us = SeatState.BOOKED, step.booking_id, None
            case "block" | "kill":
                kind = "kill" if step.kind == "kill" else "house"
                seat.state = SeatState.BLOCKED
                seat.block = Block(kind, step.booking_id, step.detail, step.by, at_us)
            case _:
                seat.state, seat.booking_id, seat.expires_us, seat.block = SeatState.AVAILABLE, None, None, None

    def _booking_step(self, seq: int, at_us: int, step: Change) -> None:
        if step.kind == "hold":
            self.bookings += 1
            self.live[step.booking_id] = BookingFacts.held(self.event_id, at_us, step)
            return
        if step.kind == "restate":
            self.restated[step.booking_id] = step.detail or ""
            return
        facts = self.live.get(step.booking_id)
        if facts is None:
            return  # a step of a booking without seats has been noted with its seats
        if step.kind == "return":
            if not set(step.seat_nos) <= set(facts.seat_nos):
                self.owner_faults.add(f"row {seq}: {step.booking_id} returns seats that are not its own")
        elif step.kind not in {"reprice", "clock"} and step.seat_nos != facts.seat_nos:
            self.owner_faults.add(f"row {seq}: {step.kind} for {step.booking_id} names other seats than its hold")
        facts = facts.after(at_us, step)
        ended = facts.status in {"EXPIRED", "RELEASED"} and step.booking_id not in self._retaken
        if ended or facts.status == "REFUNDED":
            del self.live[step.booking_id]
            self.closed[step.booking_id] = facts
        else:
            self.live[step.booking_id] = facts


def first_hash(event_id: int, epoch: int, tier_nos: Iterable[int]) -> bytes:
    """What the chain starts from: the event, its epoch and the tier of every seat; the same rule as open_sale_v1."""
    return hashlib.sha256(f"{event_id}|{epoch}|{','.join(map(str, tier_nos))}".encode()).digest()


_NEEDED = {
    "hold": SeatState.AVAILABLE,
    "block": SeatState.AVAILABLE,
    "kill": SeatState.AVAILABLE,
    "retake": SeatState.AVAILABLE,
    "unblock": SeatState.BLOCKED,
    "return": SeatState.BOOKED,
}
"""What a seat must be before such a step; all others are steps of the booking that holds it."""


def _as_it_is(seat: Seat) -> str:
    return f"it is {seat.state.name.lower()} and belongs to {seat.booking_id or 'nobody'}"


def _forbidden(seat: Seat, step: Change, at_us: int) -> str | None:
    """Why this step may not be taken on a seat in this state, or None."""
    needed = _NEEDED.get(step.kind)
    if needed is not None:
        theirs = step.kind != "return" or seat.booking_id == step.booking_id
        return None if seat.state is needed and theirs else _as_it_is(seat)
    if seat.state is not SeatState.HELD or seat.booking_id != step.booking_id:
        return _as_it_is(seat)
    if step.kind == "lapse":
        return None
    if step.kind in {"confirm", "resume"}:
        return None if seat.expires_us == BOUND_BY_PAYMENT else "no payment was begun"
    if seat.expires_us is None or seat.expires_us == BOUND_BY_PAYMENT:
        return "a payment binds it"
    expired = seat.expires_us <= at_us
    match step.kind:
        case "offer" | "accept" | "shorten" | "keep" | "extend" | "pay":
            return "the hold had expired" if expired else None
        case "expire":
            return None if expired else "the hold had not expired"
        case "release" | "clock":
            return None
        case _:
            return "no such kind of step"
