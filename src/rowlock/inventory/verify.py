"""The proof: replay an event's ledger and hold it against the seats, the counters and the bookings.

Nothing here is taken on trust from the code that sells: states, owners and hold ends are rebuilt from the ledger alone.
"""

import dataclasses
from collections.abc import AsyncIterator
from datetime import datetime

import asyncpg
import msgspec

from rowlock.inventory.ledger import Change, read_changes, row_hash
from rowlock.inventory.model import SeatState
from rowlock.inventory.store import SQL
from rowlock.kernel.clock import epoch_us
from rowlock.platform.postgres import Connection

FAULTS_SHOWN_MAX = 5
LEDGER_ROWS_FETCHED = 500


class Finding(msgspec.Struct, frozen=True):
    """One invariant of one event: whether it holds, how much was looked at, and the first faults."""

    event_id: int
    check: str
    holds: bool
    looked_at: int
    faults: tuple[str, ...] = ()


@dataclasses.dataclass
class Seat:
    """A seat as the ledger leaves it. `expires_us` is None while a payment binds the hold; `block` blocked it."""

    state: SeatState = SeatState.AVAILABLE
    booking_id: str | None = None
    expires_us: int | None = None
    block: Change | None = None


class Replay:
    """Rebuilds one event's seats from its ledger rows, noting every step that a sound engine cannot take."""

    def __init__(self, event_id: int, seat_count: int, first_hash: bytes) -> None:
        self.event_id = event_id
        self.seats = [Seat() for _ in range(seat_count)]
        self.rows = 0
        self.changes = 0
        self.head = first_hash
        self.owner_faults: list[str] = []
        self.chain_faults: list[str] = []

    def row(self, seq: int, at: datetime, changes: str, prev_hash: bytes, row_hash_stored: bytes) -> None:
        """Check a row against the chain and take its steps."""
        self.rows += 1
        at_us = epoch_us(at)
        if seq != self.rows:
            self.chain_faults.append(f"row {self.rows} has seq {seq}: a row is missing")
            self.rows = seq
        if prev_hash != self.head or row_hash(prev_hash, self.event_id, seq, at_us, changes) != row_hash_stored:
            self.chain_faults.append(f"row {seq} does not follow from the row before")
        self.head = row_hash_stored
        try:
            steps = read_changes(changes)
        except msgspec.MsgspecError as error:
            self.chain_faults.append(f"row {seq} cannot be read: {error}")
            return
        for step in steps:
            self.changes += 1
            for seat_no in step.seat_nos:
                self._step(seq, at_us, step, seat_no)

    def _step(self, seq: int, at_us: int, step: Change, seat_no: int) -> None:
        if not 0 <= seat_no < len(self.seats):
            self.owner_faults.append(f"row {seq}: {step.kind} of seat {seat_no}, which does not exist")
            return
        seat = self.seats[seat_no]
        fault = _forbidden(seat, step, at_us)
        if fault:
            self.owner_faults.append(f"row {seq}: {step.kind} of seat {seat_no} for {step.booking_id}: {fault}")
        if step.kind in {"hold", "offer", "accept", "extend", "resume", "pay"}:
            self.seats[seat_no] = Seat(SeatState.HELD, step.booking_id, step.expires_us)
        elif step.kind == "confirm":
            self.seats[seat_no] = Seat(SeatState.BOOKED, step.booking_id)
        elif step.kind in {"block", "kill"}:
            self.seats[seat_no] = Seat(SeatState.BLOCKED, block=step)
        else:
            self.seats[seat_no] = Seat()


def _forbidden(seat: Seat, step: Change, at_us: int) -> str | None:
    """Why this step may not be taken on a seat in this state, or None."""
    if step.kind in {"hold", "block", "kill"}:
        if seat.state is SeatState.AVAILABLE:
            return None
        return "it is blocked" if seat.state is SeatState.BLOCKED else f"it belongs to {seat.booking_id}"
    if step.kind == "unblock":
        return None if seat.state is SeatState.BLOCKED else f"it is {seat.state.name.lower()}"
    if seat.state is not SeatState.HELD or seat.booking_id != step.booking_id:
        return f"it is {seat.state.name.lower()} and belongs to {seat.booking_id or 'nobody'}"
    if step.kind in {"confirm", "resume"}:
        return None if seat.expires_us is None else "no payment was begun"
    if seat.expires_us is None:
        return "a payment binds it"
    expired = seat.expires_us <= at_us
    match step.kind:
        case "offer" | "accept" | "extend" | "pay":
            return "the hold had expired" if expired else None
        case "expire":
            return None if expired else "the hold had not expired"
        case "release":
            return None
        case _:
            return "no such kind of step"


async def verify_events(connection: Connection, event_id: int | None) -> AsyncIterator[Finding]:
    """Check one event or all, each on one consistent picture, and yield a finding a check."""
    for row in await connection.fetch(SQL["verify_events"], event_id):
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            for finding in await _verify_event(connection, row["event_id"]):
                yield finding


async def _verify_event(connection: Connection, event_id: int) -> list[Finding]:
    inventory = await connection.fetchrow(SQL["verify_inventory"], event_id)
    assert inventory is not None
    replay = Replay(event_id, inventory["seat_count"], inventory["first_hash"])
    async for row in connection.cursor(SQL["verify_ledger"], event_id, prefetch=LEDGER_ROWS_FETCHED):
        replay.row(row["seq"], row["at"], row["changes"], row["prev_hash"], row["hash"])
    if replay.rows != inventory["seq"] or replay.head != inventory["head_hash"]:
        replay.chain_faults.append(f"the ledger ends at {replay.rows}, the event says {inventory['seq']}")
    seats = await connection.fetch(SQL["verify_seats"], event_id)
    bookings = await connection.fetch(SQL["verify_bookings"], event_id)
    blocks = await connection.fetch(SQL["verify_blocks"], event_id)
    return [
        _finding(event_id, "the ledger is whole: no gap, every row hashed onto the one before", replay.rows,
                 replay.chain_faults),
        _finding(event_id, "every seat had at most one owner at every moment", replay.changes, replay.owner_faults),
        _finding(event_id, "the replay of the ledger equals the seats", len(seats), _seat_faults(replay, seats)),
        _finding(event_id, "available + held + booked + blocked = physical seats of the plan", len(seats),
                 _count_faults(inventory, seats)),
        _finding(event_id, "every booking owns exactly its seats, at its frozen price", len(bookings),
                 _booking_faults(replay, bookings)),
        _finding(event_id, "every blocked seat says who blocked it and why", len(blocks),
                 _block_faults(replay, blocks)),
    ]  # fmt: skip


def _finding(event_id: int, check: str, looked_at: int, faults: list[str]) -> Finding:
    shown = faults[:FAULTS_SHOWN_MAX]
    if len(faults) > len(shown):
        shown.append(f"and {len(faults) - len(shown)} more")
    return Finding(event_id, check, not faults, looked_at, tuple(shown))


def _seat_faults(replay: Replay, rows: list[asyncpg.Record]) -> list[str]:
    faults = []
    if [row["seat_no"] for row in rows] != list(range(len(replay.seats))):
        faults.append(f"there are {len(rows)} seat rows for {len(replay.seats)} seats")
    for row in rows:
        told = replay.seats[row["seat_no"]] if row["seat_no"] < len(replay.seats) else Seat()
        if (row["state"], row["booking_id"]) != (told.state, told.booking_id):
            faults.append(
                f"seat {row['seat_no']} is {SeatState(row['state']).name.lower()} for {row['booking_id']}, "
                f"the ledger says {told.state.name.lower()} for {told.booking_id}"
            )
        elif told.expires_us is not None and epoch_us(row["hold_expires_at"]) != told.expires_us:
            faults.append(f"seat {row['seat_no']}: its hold does not end when the ledger says")
    return faults


def _count_faults(inventory: asyncpg.Record, rows: list[asyncpg.Record]) -> list[str]:
    counted = [0, 0, 0, 0]
    for row in rows:
        counted[row["state"]] += 1
    kept = [inventory[word] for word in ("available", "held", "booked", "blocked")]
    faults = []
    if counted != kept:
        faults.append(f"counted {counted}, the event says {kept}")
    if not sum(counted) == inventory["seat_count"] == inventory["plan_seats"]:
        faults.append(
            f"{sum(counted)} seats, {inventory['seat_count']} for sale, {inventory['plan_seats']} in the plan"
        )
    return faults


def _booking_faults(replay: Replay, bookings: list[asyncpg.Record]) -> list[str]:
    owned: dict[str, set[int]] = {}
    for seat_no, seat in enumerate(replay.seats):
        if seat.booking_id is not None:
            owned.setdefault(seat.booking_id, set()).add(seat_no)
    faults = []
    for booking in bookings:
        seats = owned.pop(booking["id"], set())
        live = booking["status"] in {"HOLD", "PAYMENT_PENDING", "CONFIRMED"}
        if seats != (set(booking["seat_nos"]) if live else set()):
            faults.append(f"booking {booking['id']} is {booking['status']} and owns {len(seats)} of its seats")
        wanted = SeatState.BOOKED if booking["status"] == "CONFIRMED" else SeatState.HELD
        if any(replay.seats[seat_no].state is not wanted for seat_no in seats):
            faults.append(f"booking {booking['id']} is {booking['status']} but its seats are not")
        if booking["total"] != sum(booking["prices"]):
            faults.append(f"booking {booking['id']}: the total is not the sum of its prices")
    faults.extend(f"booking {booking_id} owns seats but does not exist" for booking_id in owned)
    return faults


def _block_faults(replay: Replay, rows: list[asyncpg.Record]) -> list[str]:
    told = {
        seat_no: ("kill" if block.kind == "kill" else "house", block.booking_id, block.detail, block.by)
        for seat_no, block in enumerate(seat.block for seat in replay.seats)
        if block is not None
    }
    found = {row["seat_no"]: (row["kind"], row["block_id"], row["reason"], row["blocked_by"]) for row in rows}
    return [
        f"seat {seat_no}: blocked as {found.get(seat_no)}, the ledger says {told.get(seat_no)}"
        for seat_no in sorted(told | found)
        if told.get(seat_no) != found.get(seat_no)
    ]
