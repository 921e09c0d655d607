"""Seats known to be taken are refused from this process's memory: without PostgreSQL, without Valkey, never wrongly."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from tests.integration.http.conftest import BoxOffice, Caller, assert_problem

RESERVE = "/bookings/reserve"


async def known_taken(office: BoxOffice, seat_no: int) -> None:
    """Return when the api's picture of the event has the seat taken."""
    event_id = int(office.event)
    while not office.api.replica.surely_taken(event_id, [seat_no]):
        await office.api.replica.picture(event_id)


@asynccontextmanager
async def nobody_gets_at_the_seats(office: BoxOffice) -> AsyncIterator[None]:
    """Hold the event's lock, so that a call that asks PostgreSQL for a seat waits until the end of the block."""
    async with office.house.database.cold.acquire() as connection, connection.transaction():
        query = "SELECT 1 FROM event_inventory WHERE event_id = $1 FOR UPDATE"
        await connection.fetch(query, int(office.event))
        yield


async def reserve(office: BoxOffice, caller: Caller, *seats: str) -> int:
    answer = await caller.post(RESERVE, {"eventId": office.event, "seatIds": seats})
    return answer.status_code


async def test_a_taken_seat_is_refused_while_postgresql_could_not_answer(office: BoxOffice) -> None:
    await office.hold(office.caller(), "S-1-1")
    await known_taken(office, 0)
    async with nobody_gets_at_the_seats(office):
        answer = await office.caller().post(RESERVE, {"eventId": office.event, "seatIds": ["S-1-1", "S-1-2"]})
        assert assert_problem(answer, 409, "seat_unavailable")["conflicts"] == ["S-1-1"]
        asks = asyncio.create_task(reserve(office, office.caller(), "S-1-2"))
        taken_again = await reserve(office, office.caller(), "S-1-1")
        assert (taken_again, asks.done()) == (409, False), "a free seat is PostgreSQL's to give"
    assert await asks == 201


async def test_refusals_from_memory_count_as_attempts(strict_office: BoxOffice) -> None:
    await strict_office.hold(strict_office.caller(), "S-1-1")
    await known_taken(strict_office, 0)
    caller = strict_office.caller()
    codes = [await reserve(strict_office, caller, "S-1-1") for _ in range(4)]
    assert codes == [409, 409, 409, 429]


async def test_a_hold_past_its_end_is_not_refused_from_memory(office: BoxOffice) -> None:
    await office.house.old_hold(0, ago=timedelta(hours=1))
    assert await office.api.replica.picture(int(office.event))
    assert office.api.replica.surely_taken(int(office.event), [0]) == []
    assert await reserve(office, office.caller(), "S-1-1") == 201


async def test_a_picture_that_is_too_old_refuses_nothing(office: BoxOffice) -> None:
    await office.hold(office.caller(), "S-1-1")
    await known_taken(office, 0)
    picture = await office.api.replica.picture(int(office.event))
    assert picture is not None
    picture.checked_at -= 0.2
    assert office.api.replica.surely_taken(int(office.event), [0]) == []


async def test_a_seat_given_back_can_be_had_again(office: BoxOffice) -> None:
    first = office.caller()
    booking = await office.hold(first, "S-1-1")
    await known_taken(office, 0)
    assert (await first.post(f"/bookings/{booking['bookingId']}/release")).status_code == 204
    second = office.caller()
    while (code := await reserve(office, second, "S-1-1")) == 409:
        await office.api.replica.picture(int(office.event))
    assert code == 201


async def test_what_was_given_back_is_not_refused_from_memory(office: BoxOffice) -> None:
    """No waiting in between: whoever is told of a release may have the seats at once."""
    await office.hold(office.caller(), "S-1-1")
    await known_taken(office, 0)
    office.api.replica.freed(int(office.event))
    assert office.api.replica.surely_taken(int(office.event), [0]) == []
