"""The proof: replay an event's ledger and hold it against the seats, the counters, the bookings and the payments.

Nothing here is taken on trust from the code that sells: states, owners, hold ends and bookings are rebuilt from the
ledger alone. A few events share one snapshot, so sales may go on meanwhile; rows come through cursors.
"""

from collections.abc import AsyncIterator, Callable, Iterator
from typing import NamedTuple

import asyncpg

from rowlock.inventory.model import SeatState
from rowlock.inventory.proof.bookings import BookingCheck
from rowlock.inventory.proof.certificate import Certificate, certify
from rowlock.inventory.proof.findings import Faults, Finding
from rowlock.inventory.proof.kept_answers import check_kept_answers
from rowlock.inventory.proof.prices import ListedPrices
from rowlock.inventory.proof.replay import Block, Replay, first_hash
from rowlock.inventory.store import SQL
from rowlock.kernel.clock import epoch_us
from rowlock.platform.postgres import Connection

ROWS_FETCHED = 1_000
SNAPSHOT_ROWS_MAX = 200_000
"""Ledger rows of the events that share a snapshot: no snapshot keeps the database from tidying up for long."""

Progress = Callable[[int], None]
"""Told how many more ledger rows have been replayed."""


class EventProof(NamedTuple):
    """What became of one event's checks; a certificate when all of them hold."""

    findings: tuple[Finding, ...]
    certificate: Certificate | None


async def verify_events(connection: Connection, event_id: int | None) -> AsyncIterator[Finding]:
    """Check one event or all and yield a finding an invariant."""
    async for proof in prove_events(connection, event_id):
        for finding in proof.findings:
            yield finding


async def ledger_rows(connection: Connection, event_id: int | None) -> int | None:
    """How many rows `prove_events` will replay; None when there is no such event."""
    events = await connection.fetch(SQL["verify_events"], event_id)
    return sum(row["seq"] for row in events) if events or event_id is None else None


async def prove_events(
    connection: Connection, event_id: int | None, on_progress: Progress = lambda _rows: None
) -> AsyncIterator[EventProof]:
    """Check one event or all, then what is kept for repeated requests."""
    for group in _groups(await connection.fetch(SQL["verify_events"], event_id)):
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            rows = await connection.fetch(SQL["verify_booking_counts"], group)
            counts = {row["event_id"]: row["bookings"] for row in rows}
            for number in group:
                yield await _prove(connection, number, counts.get(number, 0), on_progress)
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        yield EventProof((await check_kept_answers(connection, event_id),), None)


def _groups(events: list[asyncpg.Record]) -> Iterator[list[int]]:
    group: list[int] = []
    rows = 0
    for event in events:
        if group and rows + event["seq"] > SNAPSHOT_ROWS_MAX:
            yield group
            group, rows = [], 0
        group.append(event["event_id"])
        rows += event["seq"]
    if group:
        yield group


async def _prove(connection: Connection, event_id: int, bookings: int, on_progress: Progress) -> EventProof:
    inventory = await connection.fetchrow(SQL["verify_inventory"], event_id)
    assert inventory is not None
    seats = await connection.fetch(SQL["verify_seats"], event_id)
    opening = first_hash(event_id, inventory["epoch"], [row["tier_no"] for row in seats])
    retaken = frozenset(inventory["retaken"])
    replay = Replay(event_id, inventory["seat_count"], opening, retaken)
    prices = await ListedPrices.read(connection, event_id)
    check = BookingCheck(connection, epoch_us(inventory["looked_at"]), prices)
    async for row in connection.cursor(SQL["verify_ledger"], event_id, prefetch=ROWS_FETCHED):
        replay.row(row["seq"], row["at_us"], row["changes"], row["prev_hash"], row["hash"])
        if replay.rows % ROWS_FETCHED == 0:
            on_progress(ROWS_FETCHED)
            await check.compare(replay.take_closed())
    on_progress(replay.rows % ROWS_FETCHED)
    await check.compare(replay.take_closed())
    await check.compare(replay.live)
    check.settle(replay.restated)
    check.count(replay.bookings, bookings)
    if replay.rows != inventory["seq"] or replay.head != inventory["head_hash"]:
        replay.chain_faults.add(f"the ledger ends at {replay.rows}, the event says {inventory['seq']}")
    seat_faults = _seat_faults(replay, inventory, seats)
    _add_block_faults(seat_faults, replay, await connection.fetch(SQL["verify_blocks"], event_id))
    findings = (
        replay.chain_faults.finding(event_id, "I7", replay.rows),
        replay.owner_faults.finding(event_id, "I1", replay.changes),
        seat_faults.finding(event_id, "I6", len(seats)),
        check.booking_faults.finding(event_id, "I2", replay.bookings),
        check.payment_faults.finding(event_id, "I3", check.payments),
        check.ending_faults.finding(event_id, "I4", len(replay.live)),
    )
    whole = all(finding.holds for finding in findings)
    return EventProof(
        findings, certify(replay, inventory["epoch"], inventory["looked_at"], findings) if whole else None
    )


def _seat_faults(replay: Replay, inventory: asyncpg.Record, rows: list[asyncpg.Record]) -> Faults:
    faults = Faults()
    if [row["seat_no"] for row in rows] != list(range(len(replay.seats))):
        faults.add(f"there are {len(rows)} seat rows for {len(replay.seats)} seats")
        return faults
    for row, told in zip(rows, replay.seats, strict=True):
        if (row["state"], row["booking_id"]) != (told.state, told.booking_id):
            faults.add(
                f"seat {row['seat_no']} is in state {row['state']} for {row['booking_id']}, "
                f"the ledger says {told.state.value} for {told.booking_id}"
            )
        elif row["expires_us"] != told.expires_us:
            faults.add(f"seat {row['seat_no']}: its hold does not end when the ledger says")
        elif row["version"] != told.steps:
            faults.add(f"seat {row['seat_no']} was changed {row['version']} times, the ledger says {told.steps}")
    if inventory["clock_stopped_at"] != replay.clock.stopped_at:
        faults.add("the sale's clock is not stopped, or not since, when the ledger says")
    counted, kept = replay.counts(), [inventory[state.name.lower()] for state in SeatState]
    if counted != kept:
        faults.add(f"counted {counted}, the event says {kept}")
    if not len(rows) == inventory["seat_count"] == inventory["plan_seats"]:
        faults.add(f"{len(rows)} seats, {inventory['seat_count']} for sale, {inventory['plan_seats']} in the plan")
    return faults


def _add_block_faults(faults: Faults, replay: Replay, rows: list[asyncpg.Record]) -> None:
    told = {seat_no: seat.block for seat_no, seat in enumerate(replay.seats) if seat.block is not None}
    found = {row["seat_no"]: Block(*(row[field] for field in Block._fields)) for row in rows}
    for seat_no in sorted(told.keys() | found.keys()):
        if told.get(seat_no) != found.get(seat_no):
            faults.add(f"seat {seat_no}: blocked as {found.get(seat_no)}, the ledger says {told.get(seat_no)}")
