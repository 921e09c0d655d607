"""What the seat functions read: the seats they are about, never the whole event, even on tables nobody has analysed."""

import uuid
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest
from tests.house import House, small_plan

from rowlock.inventory.store import SQL
from rowlock.kernel.ids import new_booking_id
from rowlock.platform.postgres import Connection, Database

PARTIES, PARTY = 8, 4
READS_PER_SEAT_MAX = 8
"""Looks at one seat by one call; the event has 5,000 seats."""

SEATS_READ = """
SELECT sum(seq_tup_read + idx_tup_fetch)::int AS seats FROM pg_stat_xact_user_tables WHERE relname LIKE 'seats_p%'
"""
HOT_UPDATES = """
SELECT sum(n_tup_upd)::int AS updates, sum(n_tup_hot_upd)::int AS hot
FROM pg_stat_xact_user_tables WHERE relname LIKE 'seats_p%'
"""
HOLD_LONG_AGO = "SELECT outcome FROM hold_seats_v1($1, $2, $3, $4, $5, $6, $7, $8)"


class Session:
    """A connection of the hot pool in a transaction, and the parties that want seats of an event."""

    def __init__(self, house: House, connection: Connection) -> None:
        self._connection = connection
        self.event_ids = [house.event_id] * PARTIES
        self.bookings = [new_booking_id() for _ in range(PARTIES)]
        self.buyers = [f"buyer:{booking}" for booking in self.bookings]
        seats = list(range(10, 10 + PARTIES * PARTY))
        self.seats = ([1 + PARTY * n for n in range(PARTIES)], [PARTY + PARTY * n for n in range(PARTIES)], seats)

    async def call(self, query: str, *arguments: object) -> int:
        """Call a function; how many seat rows it read."""
        before = await self._connection.fetchval(SEATS_READ)
        await self._connection.fetch(SQL.statements.get(query, query), *arguments)
        after = await self._connection.fetchval(SEATS_READ)
        assert isinstance(before, int)
        assert isinstance(after, int)
        return after - before

    async def hold(self) -> int:
        """Hold everybody's seats."""
        return await self.call("hold_seats", self.bookings, self.event_ids, self.buyers, *self.seats, 3)

    async def hold_over_lapsed(self) -> int:
        """Hold seats of holds whose time has passed."""
        long_ago = datetime.now(UTC) - timedelta(hours=2)
        await self.call(HOLD_LONG_AGO, self.bookings, self.event_ids, self.buyers, *self.seats, 3, long_ago)
        self.bookings = [new_booking_id() for _ in range(PARTIES)]
        return await self.hold()

    async def hold_unchanged(self) -> int:
        """Hold everybody's seats if nobody touched them."""
        versions = [0] * len(self.seats[2])
        return await self.call(
            "hold_unchanged_seats", self.bookings, self.event_ids, self.buyers, *self.seats, 3, versions
        )

    async def judge(self) -> int:
        """Ask what stands against everybody's holds."""
        return await self.call("judge_holds", self.bookings, self.event_ids, self.buyers, *self.seats, 3)

    async def extend(self) -> int:
        """Extend everybody's hold."""
        await self.hold()
        return await self.call("extend_holds", self.bookings, self.buyers, ["k"] * PARTIES)

    async def offer(self) -> int:
        """Make everybody's hold an offer."""
        await self.hold()
        return await self.call("offer_substitutes", self.bookings, *self.seats, 60, datetime.now(UTC))

    async def accept(self) -> int:
        """Accept everybody's offer."""
        await self.offer()
        return await self.call("accept_substitutes", self.bookings, self.buyers)

    async def release(self) -> int:
        """Give everybody's seats back."""
        await self.hold()
        return await self.call("release_bookings", self.bookings, self.buyers)

    async def pay(self) -> int:
        """Begin to pay for everything."""
        await self.hold()
        return await self.call(
            "begin_payments", self.bookings, self.buyers, self.bookings, ["tok_ok"] * PARTIES, ["mock"] * PARTIES, 3, 60
        )

    async def settle(self) -> int:
        """Have everything paid."""
        await self.pay()
        nothing = [[None] * PARTIES] * 2
        return await self.call(
            "settle_payments", self.bookings, self.bookings, ["authorised", "declined"] * (PARTIES // 2), *nothing
        )

    async def block(self) -> int:
        """Block what one party wants."""
        seats = self.seats[2][:PARTY]
        words = ([uuid.uuid4()], self.event_ids[:1], ["house"], ["Guests"], ["organiser:one"], [1], [PARTY], seats)
        return await self.call("block_seats", *words)

    async def unblock(self) -> int:
        """Put it back on sale."""
        await self.block()
        seats = self.seats[2][:PARTY]
        words = ([uuid.uuid4()], self.event_ids[:1], ["No guests"], ["organiser:one"], [1], [PARTY], seats)
        return await self.call("unblock_seats", *words)


CALLS: tuple[Callable[[Session], Awaitable[int]], ...] = (
    Session.judge, Session.hold, Session.hold_over_lapsed, Session.hold_unchanged, Session.extend, Session.offer,
    Session.accept, Session.release,
    Session.pay, Session.settle, Session.block, Session.unblock,
)  # fmt: skip


async def seats_read(house: House, connection: Connection, call: Callable[[Session], Awaitable[int]]) -> int:
    """How many seat rows a call reads that leaves nothing behind."""
    transaction = connection.transaction()
    await transaction.start()
    try:
        return await call(Session(house, connection))
    finally:
        await transaction.rollback()


@pytest.mark.parametrize("call", CALLS, ids=[call.__name__ for call in CALLS])
async def test_a_function_reads_the_seats_it_is_about_and_no_others(
    database: Database, call: Callable[[Session], Awaitable[int]]
) -> None:
    """By a plan that was made when the only house was small, and by one made for the big event."""
    small = await House.open(database)
    async with database.hot.acquire() as connection:
        await seats_read(small, connection, call)
        big = await House.open(database, small_plan(rows=50, seats_per_row=100))
        assert 0 < await seats_read(big, connection, call) <= PARTIES * PARTY * READS_PER_SEAT_MAX
        await connection.execute("DISCARD PLANS")
        assert 0 < await seats_read(big, connection, call) <= PARTIES * PARTY * READS_PER_SEAT_MAX


async def test_every_held_seat_stays_on_its_page_and_touches_no_index(database: Database) -> None:
    """All seats of a house in one transaction, so that no vacuuming of old versions helps."""
    house = await House.open(database, small_plan(rows=50, seats_per_row=100))
    holds = range(5_000 // PARTY)
    bookings = [new_booking_id() for _ in holds]
    starts, ends = [1 + PARTY * n for n in holds], [PARTY + PARTY * n for n in holds]
    everything = (
        bookings,
        [house.event_id] * len(holds),
        [str(one) for one in bookings],
        starts,
        ends,
        [*range(5_000)],
    )
    async with database.hot.acquire() as connection, connection.transaction():
        await connection.fetch(SQL["hold_seats"], *everything, 0)
        row = await connection.fetchrow(HOT_UPDATES)
    assert row is not None
    assert (row["updates"], row["hot"]) == (5_000, 5_000)
