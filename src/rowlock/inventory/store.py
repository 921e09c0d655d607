"""The engine's calls into PostgreSQL: many commands in, as many outcomes out, one round trip."""

from collections.abc import Sequence

import asyncpg

from rowlock.inventory.model import (
    BeginPayment,
    BeginWord,
    Extend,
    ExtendWord,
    Hold,
    HoldOutcome,
    HoldWord,
    Release,
    ReleaseWord,
    SettlePayment,
    SettleWord,
)
from rowlock.platform.postgres import Database, load_queries
from rowlock.platform.postgres.pool import rerun

SQL = load_queries("rowlock.inventory")


async def hold_seats(database: Database, commands: Sequence[Hold], holds_max: int) -> list[HoldOutcome]:
    """Carry out holds of distinct buyers in order of arrival."""
    seat_from: list[int] = []
    seat_to: list[int] = []
    seats: list[int] = []
    for command in commands:
        seat_from.append(len(seats) + 1)
        seats.extend(command.seat_nos)
        seat_to.append(len(seats))
    arguments = (
        [command.booking_id for command in commands],
        [command.event_id for command in commands],
        [command.buyer for command in commands],
        seat_from,
        seat_to,
        seats,
        holds_max,
    )
    rows = await rerun(lambda: database.hot.fetch(SQL["hold_seats"], *arguments))
    return [_hold_outcome(row) for row in rows]


def _hold_outcome(row: asyncpg.Record) -> HoldOutcome:
    word, booking_no, held_at, expires_at, seat_nos, tier_nos, prices, conflicts, on_sale_at = row
    return HoldOutcome(
        HoldWord(word),
        booking_no or 0,
        held_at,
        expires_at,
        tuple(seat_nos or ()),
        tuple(tier_nos or ()),
        tuple(prices or ()),
        tuple(conflicts or ()),
        on_sale_at,
    )


async def extend_holds(database: Database, commands: Sequence[Extend]) -> list[ExtendWord]:
    """Carry out extensions of distinct bookings."""
    words = await _words(database, "extend_holds", commands, "booking_id", "buyer", "key")
    return [ExtendWord(word) for word in words]


async def release_bookings(database: Database, commands: Sequence[Release]) -> list[ReleaseWord]:
    """Carry out releases of distinct bookings."""
    words = await _words(database, "release_bookings", commands, "booking_id", "buyer")
    return [ReleaseWord(word) for word in words]


async def begin_payments(database: Database, commands: Sequence[BeginPayment]) -> list[BeginWord]:
    """Bind distinct bookings to their payments."""
    words = await _words(database, "begin_payments", commands, "booking_id", "buyer", "payment_id")
    return [BeginWord(word) for word in words]


async def settle_payments(database: Database, commands: Sequence[SettlePayment]) -> list[SettleWord]:
    """Settle the payments of distinct bookings."""
    words = await _words(database, "settle_payments", commands, "booking_id", "payment_id", "paid")
    return [SettleWord(word) for word in words]


async def _words(database: Database, query: str, commands: Sequence[object], *fields: str) -> list[str]:
    columns = [[getattr(command, field) for command in commands] for field in fields]
    rows = await rerun(lambda: database.hot.fetch(SQL[query], *columns))
    return [row[0] for row in rows]
