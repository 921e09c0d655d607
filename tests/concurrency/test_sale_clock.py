"""The clock of a sale: stopped, started, and stood still by itself. No hold loses or gains time by any of it."""

import asyncio
import random
import uuid
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest
from tests.house import STAFF, House, every_strategy

from rowlock.inventory import (
    BeginPayment,
    BeginWord,
    Block,
    BlockWord,
    Choose,
    Extend,
    ExtendWord,
    Hold,
    HoldOutcome,
    HoldWord,
    PartyWish,
    Release,
    SaleClock,
    SeatWish,
    SettlePayment,
)
from rowlock.inventory.clock import beat, beat_forever
from rowlock.inventory.sweeper import sweep
from rowlock.kernel.ids import new_booking_id
from rowlock.platform.postgres import Database
from rowlock.waiting_room.store import SQL as QUEUE

HOLD_SECONDS = 300
LEFT = """
SELECT id, status, hold_expires_at - hold_now_v1(hold_expires_at, $2) AS time_left FROM bookings WHERE event_id = $1
"""
CLOCK = {"stop": "SELECT outcome FROM stop_clock_v1($1, $2)", "start": "SELECT outcome FROM start_clock_v1($1, $2)"}
EXTEND = "SELECT outcome FROM extend_holds_v1(ARRAY[$1::uuid], ARRAY[$2::text], ARRAY[''], $3)"
HOLD = """
SELECT outcome FROM hold_seats_v1(ARRAY[$1::uuid], ARRAY[$2::bigint], ARRAY[$3::text], ARRAY[1], ARRAY[1], $4, 0, $5)
"""
BEGIN = """
SELECT outcome FROM begin_payments_v2(
    ARRAY[$1::uuid], ARRAY[$2::text], ARRAY[$3::uuid], ARRAY['tok'], ARRAY['mock'], 99, 1, $4)
"""
DECLINE = """
SELECT outcome FROM settle_payments_v2(
    ARRAY[$1::uuid], ARRAY[$2::uuid], ARRAY['declined'], ARRAY[null::text], ARRAY[null::text], $3)
"""
EXPIRE = "SELECT expired FROM expire_holds_v1(1000, $1)"
WATCH = "INSERT INTO sale_beats (event_id, beat_at) VALUES ($1, clock_timestamp() - make_interval(secs => $2))"
STANDING = """
SELECT extract(epoch FROM hold_expires_at - hold_now_v1(hold_expires_at, clock_timestamp()))::float8
FROM bookings WHERE id = $1
"""
SHOP = """
SELECT outcome FROM open_shopping_v1(
    ARRAY[$1::bigint], ARRAY[1], ARRAY[$2::bigint], ARRAY[$3::text], ARRAY[$4::int])
"""
SHOPPING = """
SELECT extract(epoch FROM ends_at - hold_now_v1(ends_at, clock_timestamp()))::float8 AS time_left,
       ends_at >= standstill_v1() AS still
FROM shopping_sessions WHERE event_id = $1 AND ended_at IS NULL ORDER BY place
"""
OLD_SESSION = """
INSERT INTO shopping_sessions (event_id, round, place, subject, opened_at, ends_at)
VALUES ($1, 1, $2, $3, clock_timestamp() - make_interval(secs => $4), clock_timestamp() - make_interval(secs => $5))
"""
SILENT = 60.0
"""Seconds of an outage."""


class Sale:
    """A sale on a clock of the test's own, and what every hold has left by the rules, to the microsecond."""

    def __init__(self, house: House, event_id: int) -> None:
        self._database = house.database
        self._event_id = event_id
        self._now = datetime.now(UTC)
        self._stopped = False
        self._left: dict[uuid.UUID, timedelta] = {}
        self._most: dict[uuid.UUID, timedelta] = {}
        """The time that is left until a hold may not be extended any further."""
        self._extended: dict[uuid.UUID, int] = {}
        self._seat: dict[uuid.UUID, int] = {}
        self._payments: dict[uuid.UUID, uuid.UUID] = {}

    async def wait(self, dice: random.Random) -> None:
        """Time goes by; it counts while the clock runs."""
        passed = timedelta(microseconds=dice.randrange(1, 90_000_000))
        self._now += passed
        if not self._stopped:
            for ends in (self._left, self._most):
                for booking_id in ends:
                    ends[booking_id] -= passed

    async def hold(self, dice: random.Random) -> None:
        """Somebody wants a seat: it is had unless it is held with time left, or the sale is paused."""
        number, seat_no = uuid.uuid4(), dice.randrange(8)
        taken = [one for one, place in self._seat.items() if place == seat_no and self._stands(one)]
        word = await self._database.hot.fetchval(HOLD, number, self._event_id, f"b:{number}", [seat_no], self._now)
        assert word == ("sale_paused" if self._stopped else "seat_unavailable" if taken else "held")
        if word == "held":
            self._left[number], self._most[number] = (
                timedelta(seconds=HOLD_SECONDS),
                timedelta(seconds=2 * HOLD_SECONDS),
            )
            self._extended[number], self._seat[number] = 0, seat_no

    async def extend(self, dice: random.Random) -> None:
        """A hold is given more time, as much by a stopped clock as by a running one."""
        if not self._left:
            return
        number = dice.choice(list(self._left))
        word = await self._database.hot.fetchval(EXTEND, number, f"b:{number}", self._now)
        if number in self._payments:
            assert word == "payment_pending"
        elif self._left[number] <= timedelta(0):
            assert word == "hold_expired"
        elif self._extended[number] == 2 or self._left[number] >= self._most[number]:
            assert word == "no_more_extensions"
        else:
            assert word == "extended"
            wanted = min(timedelta(seconds=HOLD_SECONDS), self._most[number])
            self._left[number] = max(self._left[number], wanted)
            self._extended[number] += 1

    async def pay(self, dice: random.Random) -> None:
        """A payment is begun, or one that was begun fails: its hold goes on, if it has time left."""
        standing = [number for number in self._left if self._stands(number)]
        if not standing:
            return
        number = dice.choice(standing)
        payment = self._payments.pop(number, None)
        if payment is not None:
            assert await self._database.hot.fetchval(DECLINE, number, payment, self._now) == "resumed"
        else:
            self._payments[number] = uuid.uuid4()
            command = number, f"b:{number}", self._payments[number], self._now
            assert await self._database.hot.fetchval(BEGIN, *command) == "begun"

    def _stands(self, number: uuid.UUID) -> bool:
        return number in self._payments or self._left[number] > timedelta(0)

    async def turn(self, _dice: random.Random) -> None:
        """The sale is paused or goes on."""
        await self._database.hot.fetchval(CLOCK["start" if self._stopped else "stop"], self._event_id, self._now)
        self._stopped = not self._stopped

    async def expire(self, _dice: random.Random) -> None:
        """The sweeper comes by."""
        await self._database.hot.fetchval(EXPIRE, self._now)

    def _status(self, number: uuid.UUID) -> str:
        return "PAYMENT_PENDING" if number in self._payments else "HOLD"

    async def check(self) -> None:
        """Every hold has what the rules leave it, and none has ended that has time left."""
        for row in await self._database.fetch(LEFT, self._event_id, self._now):
            left = self._left[row["id"]]
            if row["status"] == "HOLD" or left > timedelta(0):
                assert (row["status"], row["time_left"]) == (self._status(row["id"]), left)
            else:
                assert row["status"] in ("EXPIRED", "PAYMENT_PENDING")


ACTS = [Sale.hold, Sale.hold, Sale.wait, Sale.wait, Sale.extend, Sale.pay, Sale.pay, Sale.turn, Sale.expire]
STEPS = 60


@pytest.mark.parametrize("seed", range(10))
async def test_no_hold_loses_or_gains_time_by_any_sequence(house: House, seed: int) -> None:
    sale, dice = Sale(house, house.event_id), random.Random(seed)
    for _ in range(STEPS):
        await dice.choice(ACTS)(sale, dice)
        await sale.check()
    assert await house.broken() == []


@every_strategy
async def test_stopping_and_starting_in_the_middle_of_everything(house: House) -> None:
    """Buyers hold, extend, pay and give back while the sale is paused again and again; the proof stands after it."""
    engines, clock, dice = [house.engine() for _ in range(3)], SaleClock(house.database), random.Random(7)
    words: list[HoldWord] = []

    async def buy() -> None:
        for _ in range(25):
            engine, hold = dice.choice(engines), house.hold_of(dice.randrange(50))
            words.append((await engine.hold(hold)).word)
            payment = uuid.uuid4()
            match dice.randrange(4):
                case 0:
                    await engine.extend(house.event_id, Extend(hold.booking_id, hold.buyer, "more"))
                case 1:
                    await engine.release(house.event_id, Release(hold.booking_id, hold.buyer))
                case _:
                    await engine.begin_payment(house.event_id, BeginPayment(hold.booking_id, hold.buyer, payment))
                    paid = dice.random() < 0.2
                    await engine.settle_payment(house.event_id, SettlePayment(hold.booking_id, payment, paid=paid))

    async def pause() -> None:
        while not buying.done():
            await clock.stop(house.event_id, STAFF)
            await clock.start(house.event_id, STAFF)

    buying = asyncio.gather(*(buy() for _ in range(8)))
    await asyncio.gather(buying, pause())
    assert HoldWord.SALE_PAUSED in words
    assert HoldWord.HELD in words
    assert await house.broken() == []


async def held(house: House, hold: Hold) -> str:
    """Somebody else wants its seat."""
    return str((await house.engine().hold(house.hold_of(*hold.seat_nos))).word)


async def chosen(house: House, hold: Hold) -> str:
    """Somebody else wants its seat, and the neighbours are looked at."""
    command = Choose(new_booking_id(), house.event_id, "buyer:else", SeatWish(hold.seat_nos, nearest=False))
    outcome = await house.engine().choose(command)
    assert isinstance(outcome, HoldOutcome)
    return str(outcome.word)


async def blocked(house: House, hold: Hold) -> str:
    """An organiser wants its seat."""
    block = Block(uuid.uuid4(), house.event_id, "house", "press", "organiser:ann", hold.seat_nos)
    return str((await house.engine().block(block)).word)


async def extended(house: House, hold: Hold) -> str:
    """Its own buyer wants more time."""
    return str(await house.engine().extend(house.event_id, Extend(hold.booking_id, hold.buyer, "more")))


async def paid(house: House, hold: Hold) -> str:
    """Its own buyer pays."""
    begun = await house.engine().begin_payment(house.event_id, BeginPayment(hold.booking_id, hold.buyer, uuid.uuid4()))
    return str(begun.word)


async def swept(house: House, _hold: Hold) -> str:
    """The sweeper is the first to come."""
    return str((await sweep(house.database))[0])


FIRST = [
    (held, HoldWord.SEAT_UNAVAILABLE), (chosen, HoldWord.SEAT_UNAVAILABLE), (blocked, BlockWord.SEAT_UNAVAILABLE),
    (extended, ExtendWord.EXTENDED), (paid, BeginWord.BEGUN), (swept, "1"),
]  # fmt: skip


@pytest.mark.parametrize(("first", "word"), FIRST)
async def test_whoever_comes_first_after_an_outage_finds_the_hold_with_its_time_left(
    house: House, database: Database, first: Callable[[House, Hold], Awaitable[str]], word: str
) -> None:
    """50 s were left when the sale fell silent, 60 s ago. Another hold had ended before, and ends now."""
    hold = await house.old_hold(1, ago=timedelta(seconds=HOLD_SECONDS + 10))
    over = await house.old_hold(2, ago=timedelta(seconds=HOLD_SECONDS + SILENT + 10))
    await database.hot.execute(WATCH, house.event_id, SILENT)
    assert await first(house, hold) == word
    if first is not paid:
        left = await database.hot.fetchval(STANDING, hold.booking_id)
        assert left == pytest.approx(HOLD_SECONDS if first is extended else SILENT - 10, abs=1)
    await sweep(database)
    assert await house.status(over) == "EXPIRED", "it had ended before the outage"
    assert await beat(database) == [], "the outage is added once"
    assert await house.broken() == []


async def test_an_outage_is_told_and_the_worker_goes_on(house: House, database: Database) -> None:
    told: asyncio.Queue[int] = asyncio.Queue()
    stopping = asyncio.Event()
    beating = asyncio.create_task(beat_forever(database, stopping, told.put_nowait))
    for _ in range(2):
        await database.hot.execute("DELETE FROM sale_beats")
        await database.hot.execute(WATCH, house.event_id, SILENT)
        async with asyncio.timeout(30):
            assert await told.get() == house.event_id
    stopping.set()
    await beating


async def test_only_a_watched_sale_that_fell_silent_is_caught_up_with(house: House, database: Database) -> None:
    calm, silent = house.event_id, await house.new_event()
    lapsed = await house.old_hold(1, ago=timedelta(seconds=HOLD_SECONDS + 1))
    await database.hot.execute(WATCH, calm, 4.0)
    await database.hot.execute(WATCH, silent, SILENT)
    assert await beat(database) == [silent]
    assert await beat(database) == []
    await sweep(database)
    assert await house.status(lapsed) == "EXPIRED"
    assert await house.broken() == []


async def test_the_proof_sees_a_hold_that_the_stopped_clock_favours(house: House, database: Database) -> None:
    """A stop that gives one hold a microsecond more, or leaves it out, and one that is told of and did not happen."""
    await house.hold(1)
    await house.hold(2, 3)
    clock = SaleClock(database)
    assert await clock.stop(house.event_id, STAFF) == ("stopped", 2)
    assert await house.broken() == []
    for forgery in (
        "UPDATE event_inventory SET clock_stopped_at = NULL",
        "UPDATE bookings SET stood_still = stood_still + interval '1 microsecond'",
    ):
        async with database.cold.acquire() as connection:
            transaction = connection.transaction()
            await transaction.start()
            await connection.execute(forgery)
            await transaction.commit()
        assert await house.broken(), forgery
        undone = forgery.replace("= NULL", "= (SELECT max(at) FROM seat_ledger)").replace("+ interval", "- interval")
        await database.cold.execute(undone)
    assert await house.broken() == []


async def test_best_seats_are_not_given_while_the_sale_is_paused(house: House, database: Database) -> None:
    await SaleClock(database).stop(house.event_id, STAFF)
    outcome = await house.engine().choose(Choose(new_booking_id(), house.event_id, "buyer:x", PartyWish(2)))
    assert isinstance(outcome, HoldOutcome)
    assert outcome.word is HoldWord.SALE_PAUSED


async def shop(database: Database, event_id: int, place: int, seconds: int = 600) -> str:
    """Open a shopping session of that place, or see how it stands; its word."""
    return str(await database.hot.fetchval(SHOP, event_id, place, f"b:{place}", seconds))


async def test_shopping_sessions_stand_still_with_the_holds(house: House, database: Database) -> None:
    clock = SaleClock(database)
    assert await shop(database, house.event_id, 1) == "open"
    await clock.stop(house.event_id, STAFF)
    assert await shop(database, house.event_id, 2) == "open", "whoever comes now loses nothing either"
    still = await database.fetch(SHOPPING, house.event_id)
    assert [row["time_left"] for row in still] == pytest.approx([600, 600], abs=1)
    await clock.start(house.event_id, STAFF)
    assert not [row for row in await database.fetch(SHOPPING, house.event_id) if row["still"]]
    left = [row["time_left"] for row in await database.fetch(SHOPPING, house.event_id)]
    assert left == pytest.approx([row["time_left"] for row in still], abs=0.5)


async def test_an_outage_ends_no_shopping_session(house: House, database: Database) -> None:
    await database.hot.execute(WATCH, house.event_id, SILENT)
    await database.hot.execute(OLD_SESSION, house.event_id, 7, "b:7", 610.0, 10.0)
    assert await shop(database, house.event_id, 7, 0) == "open", "the outage is not added yet, and it is not over"
    await database.hot.execute(QUEUE["end_by_time"], house.event_id)
    assert await beat(database) == [house.event_id]
    left = (await database.fetch(SHOPPING, house.event_id))[0]["time_left"]
    assert left == pytest.approx(SILENT - 10, abs=1)
