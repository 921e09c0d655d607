"""Every write names the owner: should a seat ever be somebody else's, a booking's step fails and touches nothing."""

import asyncio

import asyncpg
import pytest
from tests.house import House

from rowlock.inventory import BeginPayment, BeginWord, Hold, Release, SettlePayment
from rowlock.kernel.ids import new_booking_id
from rowlock.platform.postgres import Database

GIVE_TO_A_STRANGER = "UPDATE seats SET booking_id = gen_random_uuid() WHERE event_id = $1 AND seat_no = $2"
TAKE_BEHIND_THE_LOCK = """
UPDATE seats SET state = 1, booking_id = gen_random_uuid(), hold_expires_at = clock_timestamp() + interval '1 hour'
WHERE event_id = $1 AND seat_no = $2"""
WAITS = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


async def seat_went_to_a_stranger(house: House, hold: Hold) -> None:
    """What no command of ours does: the first seat of a hold is another booking's."""
    await house.database.cold.execute(GIVE_TO_A_STRANGER, hold.event_id, hold.seat_nos[0])


async def test_a_release_frees_no_seat_of_a_stranger(house: House) -> None:
    hold, _ = await house.hold(1, 2)
    await seat_went_to_a_stranger(house, hold)
    before = await house.states()
    with pytest.raises(asyncpg.PostgresError, match="freed 1 of 2 seats"):
        await house.engine().release(house.event_id, Release(hold.booking_id, hold.buyer))
    assert (await house.states(), await house.status(hold)) == (before, "HOLD")


async def test_a_payment_books_no_seat_of_a_stranger(house: House) -> None:
    hold, _ = await house.hold(1, 2)
    payment, engine = new_booking_id(), house.engine()
    begun = await engine.begin_payment(house.event_id, BeginPayment(hold.booking_id, hold.buyer, payment))
    assert begun.word is BeginWord.BEGUN
    await seat_went_to_a_stranger(house, hold)
    before = await house.states()
    with pytest.raises(asyncpg.PostgresError, match="booked 1 of 2 seats"):
        await engine.settle_payment(house.event_id, SettlePayment(hold.booking_id, payment, paid=True))
    assert (await house.states(), await house.status(hold)) == (before, "PAYMENT_PENDING")


async def test_a_hold_takes_no_seat_that_went_behind_the_lock(house: House, database: Database) -> None:
    """The seat is free when the hold looks and another's when it writes: the write itself has to see it."""
    async with database.cold.acquire() as connection, connection.transaction():
        await connection.execute(TAKE_BEHIND_THE_LOCK, house.event_id, 1)
        late = asyncio.create_task(house.engine().hold(house.hold_of(0, 1)))
        while not await database.fetch(WAITS):
            continue
    with pytest.raises(asyncpg.PostgresError, match="wrote 1 of 2 seats"):
        await late
    assert (await house.states())[:2] == [0, 1]
