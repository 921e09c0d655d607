"""Every write names the owner: should a seat ever be somebody else's, a booking's step fails and touches nothing."""

import asyncpg
import pytest
from tests.house import House

from rowlock.inventory import BeginPayment, BeginWord, Hold, Release, SettlePayment
from rowlock.kernel.ids import new_booking_id

GIVE_TO_A_STRANGER = "UPDATE seats SET booking_id = gen_random_uuid() WHERE event_id = $1 AND seat_no = $2"


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
    assert begun is BeginWord.BEGUN
    await seat_went_to_a_stranger(house, hold)
    before = await house.states()
    with pytest.raises(asyncpg.PostgresError, match="booked 1 of 2 seats"):
        await engine.settle_payment(house.event_id, SettlePayment(hold.booking_id, payment, paid=True))
    assert (await house.states(), await house.status(hold)) == (before, "PAYMENT_PENDING")
