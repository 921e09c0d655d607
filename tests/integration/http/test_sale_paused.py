"""A paused sale over HTTP: nothing is held, nothing is lost, what is held can be paid for."""

from datetime import datetime

import pytest
from tests.integration.http.conftest import BoxOffice, Caller, Json, assert_problem

from rowlock.kernel.problems import Problem


async def read(caller: Caller, booking: Json) -> Json:
    """The booking as it is now."""
    found: Json = (await caller.get(f"/bookings/{booking['bookingId']}")).json()
    return found


async def test_a_paused_sale_takes_no_holds_and_lets_none_end(office: BoxOffice) -> None:
    organiser, path = office.caller("organiser"), f"/events/{office.event}"
    anna, ben = office.caller(), office.caller()
    kept, paid = await office.hold(anna, "S-2-1"), await office.hold(ben, "S-2-2")
    assert (await organiser.patch(path, {"salePaused": True})).status_code == 200
    await office.caught_up()

    for body in ({"seatIds": ["S-3-1"]}, {"quantity": 2}):
        address = "/bookings/reserve" if "seatIds" in body else "/bookings/best-available"
        refused = await office.caller().post(address, {"eventId": office.event, **body})
        assert_problem(refused, 503, "sale_paused")
        assert refused.headers["Retry-After"] == "5"

    still = await read(anna, kept)
    assert still["clockStopped"] is True
    assert 295 <= still["expiresIn"] <= 300
    ends, once = datetime.fromisoformat(still["expiresAt"]), datetime.fromisoformat(kept["expiresAt"])
    assert 0 < (ends - once).total_seconds() < 60, "when it would end if the sale went on now"
    assert (await ben.post(f"/bookings/{paid['bookingId']}/confirm", {"paymentToken": "tok_ok"})).status_code == 200

    assert (await organiser.patch(path, {"salePaused": False})).status_code == 200
    goes_on = await read(anna, kept)
    assert "clockStopped" not in goes_on
    assert still["expiresIn"] - 2 <= goes_on["expiresIn"] <= still["expiresIn"]
    await office.caught_up()
    await office.hold(office.caller(), "S-3-1")
    assert await office.house.broken() == []


async def test_a_taken_seat_of_a_paused_sale_is_refused_from_memory(office: BoxOffice) -> None:
    """The database is not asked: the picture in memory knows that the clock is stopped."""
    await office.caller("organiser").patch(f"/events/{office.event}", {"salePaused": True})
    await office.caught_up()
    assert office.api.replica.clock_stopped(office.house.event_id) is True
    pick = await office.api.desk.pick(office.event, ["S-3-1"])
    with pytest.raises(Problem) as refused:
        office.api.desk.refuse_taken(pick)
    assert refused.value.code == "sale_paused"


async def test_calling_an_event_off_starts_its_clock_and_keeps_it_closed(office: BoxOffice) -> None:
    organiser, path, anna = office.caller("organiser"), f"/events/{office.event}", office.caller()
    held = await office.hold(anna, "S-2-1")
    await organiser.patch(path, {"salePaused": True})
    await organiser.patch(path, {"cancelled": True})
    assert "clockStopped" not in await read(anna, held)
    wanted = {"eventId": office.event, "seatIds": ["S-1-1"]}
    assert_problem(await office.caller().post("/bookings/reserve", wanted), 403, "not_on_sale")
    await organiser.patch(path, {"salePaused": False})
    assert_problem(await office.caller().post("/bookings/reserve", wanted), 403, "not_on_sale")
    assert await office.house.broken() == []
