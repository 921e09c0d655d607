"""Reading the seat ledger: what a row says, and what it makes of a seat. Pure.

A row's `changes` is JSON: `[[kind, booking id, hold's end in microseconds or null, [seat numbers]], ...]`. The
organisers' kinds (block, kill, unblock) have the id of the block or release instead, then the reason and who it was.
"""

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import msgspec

from rowlock.inventory.model import SeatState

STATE_AFTER = {
    "hold": SeatState.HELD,
    "offer": SeatState.HELD,
    "accept": SeatState.HELD,
    "shorten": SeatState.HELD,
    "keep": SeatState.HELD,
    "extend": SeatState.HELD,
    "pay": SeatState.HELD,
    "resume": SeatState.HELD,
    "confirm": SeatState.BOOKED,
    "expire": SeatState.AVAILABLE,
    "release": SeatState.AVAILABLE,
    "lapse": SeatState.AVAILABLE,
    "retake": SeatState.BOOKED,
    "return": SeatState.AVAILABLE,
    "block": SeatState.BLOCKED,
    "kill": SeatState.BLOCKED,
    "unblock": SeatState.AVAILABLE,
    "reprice": SeatState.HELD,
    "clock": SeatState.HELD,
    "stop": SeatState.HELD,
    "start": SeatState.HELD,
    "outage": SeatState.HELD,
    "restate": SeatState.BOOKED,
}
"""`reprice` and `restate` name no seats: they say under which terms a booking stands since its prices changed, or since
its buyer is forgotten."""
CLOCK_KINDS = frozenset(("stop", "start", "outage"))
"""What befell the sale's clock. It begins a row, names no booking and no seats; steps `clock` follow, one a hold, with
its new end. An outage bears the last sign of life before it in place of an end."""
MOVING_KINDS = STATE_AFTER.keys() - CLOCK_KINDS - {
    "accept", "shorten", "keep", "extend", "pay", "resume", "reprice", "restate", "clock"
}  # fmt: skip
"""Kinds after which a seat looks different to others; the rest only move a hold's end."""

STANDSTILL = datetime(2200, 1, 1, tzinfo=UTC)
"""What a hold's time left is added to while the sale's clock is stopped; the same moment as standstill_v1."""
STANDSTILL_US = int(STANDSTILL.timestamp()) * 1_000_000


def time_left(end: datetime, now: datetime) -> timedelta:
    """How much time is left until an end, of a hold or a shopping session; it stands still with the sale's clock."""
    return end - (STANDSTILL if end >= STANDSTILL else now)


class Change(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One booking's step within a ledger row, or an organiser's.

    `detail` is what else the step is bound to: a hold's terms, an extension's key, a payment, an organiser's reason.
    """

    kind: str
    booking_id: str
    expires_us: int | None
    seat_nos: tuple[int, ...]
    detail: str | None = None
    by: str | None = None


_decode = msgspec.json.Decoder(list[Change]).decode


def read_changes(text: str) -> list[Change]:
    """The steps of one ledger row, in order; msgspec.MsgspecError when the row is no ledger row."""
    return _decode(text)


def row_hash(prev_hash: bytes, event_id: int, seq: int, at_us: int, changes: str) -> bytes:
    """The hash that chains a row to the one before; the same rule as append_ledger_v1."""
    return hashlib.sha256(prev_hash + f"{event_id}|{seq}|{at_us}|{changes}".encode()).digest()


def seat_states(rows: Iterable[str]) -> dict[int, SeatState]:
    """The last state of every seat that the rows changed visibly: the `changes` of `?since=`."""
    states: dict[int, SeatState] = {}
    for text in rows:
        for change in _decode(text):
            if change.kind in MOVING_KINDS:
                state = STATE_AFTER[change.kind]
                for seat_no in change.seat_nos:
                    states[seat_no] = state
    return states
