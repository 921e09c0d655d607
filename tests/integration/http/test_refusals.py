"""Seats known to be taken are refused from this process's memory: without PostgreSQL, without Valkey, never wrongly."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from tests.integration.http.conftest import BoxOffice, Caller, Json, assert_problem

from rowlock.inventory import PartyWish, SeatReplica

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


async def test_a_read_that_was_asked_before_seats_were_freed_makes_no_picture_fresh(office: BoxOffice) -> None:
    event_id = int(office.event)
    await office.hold(office.caller(), "S-1-1")
    await known_taken(office, 0)
    replica = SeatReplica(office.house.database)
    for _ in range(2):  # the first time the picture is made, the second time it is brought up to date
        reading = asyncio.create_task(replica.picture(event_id))
        await asyncio.sleep(0)
        await asyncio.sleep(0)  # now it has been asked for
        replica.freed(event_id)
        await reading
        assert replica.surely_taken(event_id, [0]) == []
    assert await replica.picture(event_id)
    assert replica.surely_taken(event_id, [0]) == [0]
    await replica.close()


async def best(office: BoxOffice, caller: Caller, quantity: int, **wish: object) -> Json:
    """The answer to a wish for the best seats, with its status."""
    answer = await caller.post("/bookings/best-available", {"eventId": office.event, "quantity": quantity, **wish})
    return {**answer.json(), "answered": answer.status_code}


async def known_sold_out(office: BoxOffice) -> None:
    """Return when the api's picture of the event has no free seat in it."""
    chart = await office.api.charts.chart(int(office.house.plan_id))
    assert chart is not None
    while office.api.replica.surely_nothing(int(office.event), chart, PartyWish(1)) is None:
        await office.api.replica.picture(int(office.event))


async def sell_all_but(office: BoxOffice, *seat_nos: int) -> None:
    """Hold every other seat of the house."""
    rest = [seat_no for seat_no in range(50) if seat_no not in seat_nos]
    for start in range(0, len(rest), 10):
        await office.house.hold(*rest[start : start + 10])


async def test_a_sold_out_event_refuses_parties_while_postgresql_could_not_answer(office: BoxOffice) -> None:
    await sell_all_but(office)
    await known_sold_out(office)
    async with nobody_gets_at_the_seats(office):
        refused = await best(office, office.caller(), 2)
        assert (refused["answered"], refused["code"], refused["reason"]) == (409, "nothing_fits", "sold_out")


async def test_a_party_that_no_free_seats_fit_is_refused_from_memory_one_that_fits_is_not(office: BoxOffice) -> None:
    await sell_all_but(office, 3, 20, 21)
    chart = await office.api.charts.chart(int(office.house.plan_id))
    assert chart is not None
    while office.api.replica.surely_nothing(int(office.event), chart, PartyWish(4)) is None:
        await office.api.replica.picture(int(office.event))
    async with nobody_gets_at_the_seats(office):
        few = await best(office, office.caller(), 4)
        apart = await best(office, office.caller(), 3, together=True)
        assert [(one["reason"], one["available"], one["together"]) for one in (few, apart)] == [
            ("too_few", 3, 2),
            ("not_together", 3, 2),
        ]
        asks = asyncio.create_task(best(office, office.caller(), 2, together=True))
        refused = await best(office, office.caller(), 2, tier="VIP")
        assert (refused["reason"], asks.done()) == ("too_few", False), "seats that fit are PostgreSQL's to give"
    assert (await asks)["answered"] == 201


async def test_a_hold_past_its_end_lets_parties_hope(office: BoxOffice) -> None:
    await sell_all_but(office, 0)
    await office.house.old_hold(0, ago=timedelta(hours=1))
    await office.caught_up()
    await office.api.replica.picture(int(office.event))
    assert (await best(office, office.caller(), 1))["answered"] == 201


async def test_what_was_given_back_or_seen_long_ago_refuses_no_party(office: BoxOffice) -> None:
    """No waiting in between: whoever is told of a release may have the seats at once."""
    await sell_all_but(office)
    await known_sold_out(office)
    chart = await office.api.charts.chart(int(office.house.plan_id))
    assert chart is not None
    office.api.replica.freed(int(office.event))
    assert office.api.replica.surely_nothing(int(office.event), chart, PartyWish(1)) is None
    await known_sold_out(office)
    picture = await office.api.replica.picture(int(office.event))
    assert picture is not None
    picture.checked_at -= 0.2
    assert office.api.replica.surely_nothing(int(office.event), chart, PartyWish(1)) is None
