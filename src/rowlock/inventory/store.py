"""The engine's calls into PostgreSQL: many commands in, as many outcomes out, one round trip."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

import asyncpg
import msgspec

from rowlock.inventory.model import (
    Accept,
    AcceptWord,
    BeginOutcome,
    BeginPayment,
    BeginWord,
    Block,
    BlockKind,
    BlockOutcome,
    BlockWord,
    CodeWord,
    Extend,
    ExtendWord,
    Hold,
    HoldOutcome,
    HoldWithCode,
    HoldWord,
    PaymentFacts,
    Release,
    ReleaseWord,
    Reprice,
    RepriceWord,
    RestorePrices,
    SettlePayment,
    SettleWord,
    Shorten,
    Unblock,
    UnblockWord,
)
from rowlock.kernel import limits
from rowlock.platform.postgres import Connection, Database, load_queries
from rowlock.platform.postgres.pool import rerun

SQL = load_queries("rowlock.inventory")
_CODE_WORDS = frozenset(CodeWord)

_SETTLE_COLUMNS = ("booking_id", "payment_id", "phase", "reason", "ref")


class Judgement(NamedTuple):
    """What a hold would meet: `HELD` when nothing stands against it, and its seats' versions in its own order."""

    word: HoldWord
    conflicts: tuple[int, ...]
    versions: tuple[int, ...]


async def hold_seats(database: Database, commands: Sequence[Hold], holds_max: int) -> list[HoldOutcome]:
    """Carry out holds of distinct buyers in order of arrival."""
    arguments = _hold_arguments(commands, holds_max)
    rows = await rerun(lambda: database.hot.fetch(SQL["hold_seats"], *arguments))
    return [_hold_outcome(row) for row in rows]


async def judge_holds(database: Database, commands: Sequence[Hold], holds_max: int) -> list[Judgement]:
    """What each hold would meet now if it were alone; waits for no lock."""
    arguments = _hold_arguments(commands, holds_max)
    rows = await rerun(lambda: database.hot.fetch(SQL["judge_holds"], *arguments))
    return [Judgement(HoldWord(row[0]), tuple(row[1] or ()), tuple(row[2] or ())) for row in rows]


async def hold_unchanged_seats(
    database: Database, commands: Sequence[Hold], holds_max: int, versions: Sequence[int]
) -> list[HoldOutcome | None]:
    """Carry out holds whose seats all have the versions they were judged by; None for the others.

    `versions` are those of all commands' seats, one command after the other.
    """
    arguments = _hold_arguments(commands, holds_max)
    rows = await rerun(lambda: database.hot.fetch(SQL["hold_unchanged_seats"], *arguments, versions))
    return [None if row[0] == "seat_changed" else _hold_outcome(row) for row in rows]


async def hold_chosen_seats(
    connection: Connection, commands: Sequence[Hold], holds_max: int, now: datetime
) -> list[HoldOutcome]:
    """Carry out holds within a transaction that has locked their events, at the time it was told then."""
    if not commands:
        return []
    rows = await connection.fetch(SQL["hold_chosen_seats"], *_hold_arguments(commands, holds_max), now)
    return [_hold_outcome(row) for row in rows]


async def offer_substitutes(connection: Connection, wanted: Sequence[Hold], now: datetime) -> list[datetime]:
    """Make holds of the same transaction offers; `wanted` has the seats they stand in for. Answers when each ends."""
    if not wanted:
        return []
    bookings = [command.booking_id for command in wanted]
    rows = await connection.fetch(
        SQL["offer_substitutes"], bookings, *_seat_arguments(wanted), limits.SUBSTITUTE_SECONDS, now
    )
    return [row[0] for row in rows]


def _hold_arguments(commands: Sequence[Hold], holds_max: int) -> tuple[object, ...]:
    return (
        [command.booking_id for command in commands],
        [command.event_id for command in commands],
        [command.buyer for command in commands],
        *_seat_arguments(commands),
        holds_max,
    )


def _seat_arguments(commands: Sequence[Hold | Block | Unblock]) -> tuple[list[int], list[int], list[int]]:
    """Where each command's seats begin and end, counted from 1, and the seats of all commands."""
    seat_from: list[int] = []
    seat_to: list[int] = []
    seats: list[int] = []
    for command in commands:
        seat_from.append(len(seats) + 1)
        seats.extend(command.seat_nos)
        seat_to.append(len(seats))
    return seat_from, seat_to, seats


def _hold_outcome(row: asyncpg.Record) -> HoldOutcome:
    word, booking_no, held_at, expires_at, seat_nos, tier_nos, prices, conflicts, on_sale_at, price_list, order_fee = (
        row
    )
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
        (),
        price_list or 0,
        order_fee or 0,
    )


async def hold_with_codes(database: Database, commands: Sequence[HoldWithCode]) -> list[HoldOutcome | CodeWord]:
    """Carry out holds of distinct buyers by access codes, in order of arrival."""
    *columns, _holds_max = _hold_arguments([command.hold for command in commands], 0)
    codes = [command.code_id for command in commands]
    rows = await rerun(lambda: database.hot.fetch(SQL["hold_with_codes"], *columns, codes, commands[0].holds_max))
    return [CodeWord(row[0]) if row[0] in _CODE_WORDS else _hold_outcome(row) for row in rows]


async def reprice_holds(database: Database, commands: Sequence[Reprice | RestorePrices]) -> list[RepriceWord]:
    """Put codes on holds, or take them off, one after the other."""
    return [await _reprice(database, command) for command in commands]


async def _reprice(database: Database, command: Reprice | RestorePrices) -> RepriceWord:
    query, arguments = "restore_prices", msgspec.structs.astuple(command)
    if isinstance(command, Reprice):
        query = "reprice_hold"
    rows = await rerun(lambda: database.hot.fetch(SQL[query], *arguments))
    return RepriceWord(rows[0][0])


class LeaseTerms(NamedTuple):
    """How long a booking may lease its seats from now, in seconds; 0 when they are its no more, or for good."""

    booking_id: uuid.UUID
    event_id: int
    seat_nos: Sequence[int]
    seconds: float


async def lease_terms(database: Database, bookings: Sequence[uuid.UUID]) -> list[LeaseTerms]:
    """The terms of bookings as they stand now; one that does not exist is left out."""
    rows = await rerun(lambda: database.hot.fetch(SQL["lease_terms"], bookings))
    return [LeaseTerms(*row) for row in rows]


async def accept_substitutes(database: Database, commands: Sequence[Accept]) -> list[AcceptWord]:
    """Carry out acceptances of distinct bookings."""
    words = await _words(database, "accept_substitutes", commands, "booking_id", "buyer")
    return [AcceptWord(word) for word in words]


async def shorten_holds(database: Database, commands: Sequence[Shorten]) -> list[datetime | None]:
    """Make holds of distinct bookings end sooner; when each ends now."""
    columns = _columns(commands, "booking_id", "seconds")
    rows = await rerun(lambda: database.hot.fetch(SQL["shorten_holds"], *columns))
    return [row[0] for row in rows]


async def extend_holds(database: Database, commands: Sequence[Extend]) -> list[ExtendWord]:
    """Carry out extensions of distinct bookings."""
    words = await _words(database, "extend_holds", commands, "booking_id", "buyer", "key")
    return [ExtendWord(word) for word in words]


async def release_bookings(database: Database, commands: Sequence[Release]) -> list[ReleaseWord]:
    """Carry out releases of distinct bookings."""
    words = await _words(database, "release_bookings", commands, "booking_id", "buyer")
    return [ReleaseWord(word) for word in words]


async def begin_payments(database: Database, commands: Sequence[BeginPayment]) -> list[BeginOutcome]:
    """Bind distinct bookings to their payments."""
    columns = _columns(commands, "booking_id", "buyer", "payment_id", "token", "provider")
    cooling = limits.PAYMENT_DECLINES_MAX, limits.PAYMENT_COOLING_SECONDS
    rows = await rerun(lambda: database.hot.fetch(SQL["begin_payments"], *columns, *cooling))
    return [_begin_outcome(*row) for row in rows]


def _begin_outcome(word: str, cooling_seconds: int | None, *payment: Any) -> BeginOutcome:  # noqa: ANN401  a row
    facts = PaymentFacts(*payment) if payment[0] is not None else None
    return BeginOutcome(BeginWord(word), facts, cooling_seconds or 0)


async def settle_payments(database: Database, commands: Sequence[SettlePayment]) -> list[SettleWord]:
    """Settle the payments of distinct bookings."""
    words = await _words(database, "settle_payments", commands, *_SETTLE_COLUMNS)
    return [SettleWord(word) for word in words]


class SeatBlock(NamedTuple):
    """Seats that one command blocked and that are blocked still."""

    block_id: uuid.UUID
    kind: BlockKind
    reason: str
    by: str
    at: datetime
    seat_nos: Sequence[int]


async def block_seats(database: Database, commands: Sequence[Block]) -> list[BlockOutcome]:
    """Carry out blocks of distinct events."""
    columns = _columns(commands, "block_id", "event_id", "kind", "reason", "by")
    rows = await rerun(lambda: database.hot.fetch(SQL["block_seats"], *columns, *_seat_arguments(commands)))
    return [BlockOutcome(BlockWord(row[0]), row[1], tuple(row[2] or ())) for row in rows]


async def unblock_seats(database: Database, commands: Sequence[Unblock]) -> list[UnblockWord]:
    """Carry out releases of blocked seats of distinct events."""
    columns = _columns(commands, "release_id", "event_id", "reason", "by")
    rows = await rerun(lambda: database.hot.fetch(SQL["unblock_seats"], *columns, *_seat_arguments(commands)))
    return [UnblockWord(row[0]) for row in rows]


async def seat_blocks(database: Database, event_id: int, block_id: uuid.UUID | None = None) -> list[SeatBlock]:
    """The blocks that stand on an event, oldest first, or the one of that id."""
    return [SeatBlock(*row) for row in await database.fetch(SQL["seat_blocks"], event_id, block_id)]


async def seats_of_block(database: Database, event_id: int, block_id: uuid.UUID) -> Sequence[int]:
    """The seats of a block, those too that a code has opened for somebody."""
    return [row[0] for row in await database.fetch(SQL["seats_of_block"], event_id, block_id)]


async def _words(database: Database, query: str, commands: Sequence[object], *fields: str) -> list[str]:
    columns = _columns(commands, *fields)
    rows = await rerun(lambda: database.hot.fetch(SQL[query], *columns))
    return [row[0] for row in rows]


def _columns(commands: Sequence[object], *fields: str) -> list[list[object]]:
    return [[getattr(command, field) for command in commands] for field in fields]
