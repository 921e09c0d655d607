"""The line over HTTP: joining, being called, getting in, and no other way to the seats."""

import asyncio
from collections.abc import Callable

import msgspec
import pytest
from tests.conftest import TestServers
from tests.house import House
from tests.integration.http.conftest import BoxOffice, Caller, Json, assert_problem, served, settings_for

from rowlock.app import open_api
from rowlock.waiting_room.keeper import LineKeeper
from rowlock.waiting_room.store import SQL
from rowlock.worker import line_keeper

QUEUE = "/events/{}/queue"


@pytest.fixture
def keeper(office: BoxOffice) -> LineKeeper:
    """The worker's loop, a step at a time."""
    return line_keeper(office.api)


async def switch(office: BoxOffice, **changes: object) -> Json:
    """Staff change the room of the house's event."""
    manager = office.caller("organiser")
    path = f"/api/v1{QUEUE.format(office.event)}/control"
    answer = await manager.send("PUT", path, {"mode": "fifo", "admitPerMinute": 60_000, "admitMax": 60_000} | changes)
    assert answer.status_code == 200, answer.text
    figures: Json = answer.json()
    return figures


async def join(office: BoxOffice, caller: Caller, **headers: str) -> Json:
    answer = await caller.post(QUEUE.format(office.event), **headers)
    assert answer.status_code == 200, answer.text
    office.client.cookies.clear()
    standing: Json = answer.json()
    return standing


async def join_when_whole(office: BoxOffice, keeper: LineKeeper, caller: Caller) -> Json:
    """Step the worker until the line that was lost takes newcomers again; a busy machine needs more than one step."""
    async with asyncio.timeout(30):
        while (await caller.post(QUEUE.format(office.event))).status_code == 503:
            await keeper.step()
            await office.api.waiting_room.watch.catch_up()
    office.client.cookies.clear()
    return await join(office, caller)


async def ask(office: BoxOffice, caller: Caller, **headers: str) -> Json:
    answer = await caller.get(QUEUE.format(office.event), **headers)
    assert answer.status_code == 200, answer.text
    office.client.cookies.clear()
    standing: Json = answer.json()
    return standing


async def until(office: BoxOffice, keeper: LineKeeper, caller: Caller, right: Callable[[Json], bool]) -> Json:
    """Step the line until the caller's standing is right."""
    async with asyncio.timeout(30):
        while True:
            await keeper.step()
            await office.api.waiting_room.watch.catch_up()
            standing = await ask(office, caller)
            if right(standing):
                return standing


async def test_without_a_room_everybody_may_shop(office: BoxOffice) -> None:
    standing = await ask(office, office.public)
    assert (standing["phase"], standing["mode"], standing["admitted"]) == ("idle", "off", True)
    await office.hold(office.caller(), "S-1-1")


async def test_a_place_is_taken_once_whoever_asks_how_often(office: BoxOffice) -> None:
    await switch(office, mode="hold")
    first, second = office.caller(), office.caller()
    standings = [await join(office, first), await join(office, second), await join(office, first)]
    assert [standing["position"] for standing in standings] == [1, 2, 1]
    together = await asyncio.gather(*(join(office, second) for _ in range(20)))
    assert {standing["position"] for standing in together} == {2}
    elsewhere = await ask(office, second)
    assert (elsewhere["position"], elsewhere["ahead"], elsewhere["inWaitingRoom"]) == (2, 1, True)
    by_ticket = await ask(office, office.public, x_queue_ticket=standings[1]["queueTicket"])
    assert by_ticket["position"] == 2
    assert "admissionToken" not in by_ticket


async def test_who_is_called_gets_in_once_and_until_they_have_bought(office: BoxOffice, keeper: LineKeeper) -> None:
    await switch(office)
    caller = office.caller()
    assert not (await join(office, caller))["admitted"]
    body = {"eventId": office.event, "seatIds": ["S-1-1"]}
    assert_problem(await caller.post("/bookings/reserve", body), 403, "admission_needed")
    standing = await until(office, keeper, caller, lambda told: bool(told["admitted"]))
    admission = {"x_admission": standing["admissionToken"]}
    held = await caller.post("/bookings/reserve", body, **admission)
    assert held.status_code == 201
    paid = await caller.post(f"/bookings/{held.json()['bookingId']}/confirm", {"paymentToken": "tok_ok"})
    assert paid.json()["status"] == "CONFIRMED"
    await until(office, keeper, caller, lambda told: not told["admitted"])
    again = await caller.post("/bookings/reserve", body | {"seatIds": ["S-1-2"]}, **admission)
    assert_problem(again, 403, "admission_ended")


SHAPES: dict[str, Json] = {
    "/bookings/reserve": {"eventId": "{}", "seatIds": ["S-2-1"]},
    "/bookings": {"eventId": "{}", "ticketIds": ["S-2-2"]},
    "/bookings/best-available": {"eventId": "{}", "quantity": 2},
    "/bookings/{}": {"seatIds": ["S-2-3"], "paymentDetails": {"paymentToken": "tok_ok"}},
}


@pytest.mark.parametrize("path", SHAPES)
async def test_no_call_takes_seats_without_a_turn(office: BoxOffice, keeper: LineKeeper, path: str) -> None:
    await switch(office)
    body = {name: office.event if value == "{}" else value for name, value in SHAPES[path].items()}
    stranger, called = office.caller(), office.caller()
    await join(office, called)
    admission = (await until(office, keeper, called, lambda told: bool(told["admitted"])))["admissionToken"]
    where = path.format(office.event)
    assert_problem(await stranger.post(where, body), 403, "admission_needed")
    assert_problem(await stranger.post(where, body, x_admission=admission), 403, "admission_refused")
    assert_problem(await called.post(where, body, x_admission=admission[:-4] + "AAAA"), 403, "admission_refused")
    assert (await called.post(where, body, x_admission=admission)).status_code in {200, 201}


async def test_an_admission_is_for_one_sale(office: BoxOffice, keeper: LineKeeper) -> None:
    other = str(await office.house.new_event())
    await switch(office)
    caller = office.caller()
    await join(office, caller)
    admission = (await until(office, keeper, caller, lambda told: bool(told["admitted"])))["admissionToken"]
    path = f"/api/v1{QUEUE.format(other)}/control"
    assert (await office.caller("organiser").send("PUT", path, {"mode": "fifo"})).status_code == 200
    body = {"eventId": other, "seatIds": ["S-1-1"]}
    assert_problem(await caller.post("/bookings/reserve", body, x_admission=admission), 403, "admission_refused")


async def test_what_somebody_holds_can_be_paid_without_a_turn(office: BoxOffice) -> None:
    caller = office.caller()
    booking = await office.hold(caller, "S-1-1")
    await switch(office)
    assert (await caller.post(f"/bookings/{booking['bookingId']}/extend")).status_code == 200
    paid = await caller.post(f"/bookings/{booking['bookingId']}/confirm", {"paymentToken": "tok_ok"})
    assert paid.json()["status"] == "CONFIRMED"


async def test_a_room_that_rejects_takes_nobody_new_and_serves_on(office: BoxOffice, keeper: LineKeeper) -> None:
    await switch(office, mode="hold")
    early, late = office.caller(), office.caller()
    await join(office, early)
    await switch(office, mode="reject")
    assert_problem(await late.post(QUEUE.format(office.event)), 403, "line_closed")
    await until(office, keeper, early, lambda told: bool(told["admitted"]))


async def test_a_line_that_was_held_up_goes_on_where_it_was(office: BoxOffice, keeper: LineKeeper) -> None:
    await switch(office, admitPerMinute=600)
    early, late = office.caller(), office.caller()
    await join(office, early)
    await until(office, keeper, early, lambda told: bool(told["admitted"]))
    await switch(office, mode="hold")
    assert (await join(office, late))["ahead"] == 0
    await switch(office, mode="fifo")
    assert (await ask(office, early))["admitted"]
    await until(office, keeper, late, lambda told: bool(told["admitted"]))


async def test_malformed_joins_take_no_place(office: BoxOffice) -> None:
    await switch(office, mode="hold")
    where, caller = QUEUE.format(office.event), office.caller()
    assert_problem(await office.public.post(where), 401, "unauthenticated")
    assert_problem(await caller.post(where, {"place": 1}), 422, "invalid_request")
    assert_problem(await caller.post(where, x_queue_ticket="eyJhbGciOiJub25lIn0.e30."), 422, "invalid_request")
    assert_problem(await caller.post("/events/abc/queue"), 404, "event_not_found")
    assert (await join(office, caller))["position"] == 1


async def test_places_outlive_an_emptied_valkey(office: BoxOffice, keeper: LineKeeper) -> None:
    await switch(office, mode="hold")
    people = [office.caller() for _ in range(12)]
    standings = [await join(office, person) for person in people[:8]]
    await keeper.step()  # these are in the register
    standings += [await join(office, person) for person in people[8:10]]
    await keeper.step()  # seen, and not registered yet: these have their tickets alone
    assert office.api.valkey is not None
    room = office.api.waiting_room.watch.room(int(office.event))
    assert room is not None
    keys = [key async for key in office.api.valkey.scan_iter(match=f"{{line:{room.line}}}*")]
    await office.api.valkey.delete(*keys)
    assert_problem(await people[10].post(QUEUE.format(office.event)), 503, "unavailable")
    await switch(office, mode="hold")  # lets the line begin before a worker has seen that it was lost
    newcomer = await join_when_whole(office, keeper, people[11])
    back = [
        await ask(office, person, x_queue_ticket=standing["queueTicket"])
        for person, standing in zip(people, standings, strict=False)
    ]
    assert [told["position"] for told in back] == list(range(1, 11))
    by_name = [await ask(office, person) for person in people[:10]]
    assert [told["position"] for told in by_name] == list(range(1, 11))
    assert newcomer["position"] == 11, "numbers that nobody has are nobody who stands ahead"
    await line_keeper(office.api).step()  # another worker counts the newcomer and looks at the sale
    await office.api.waiting_room.watch.catch_up()
    assert not (await ask(office, people[11])).get("closed"), "there are seats for all of them"
    figures = (await office.caller("organiser").get(f"{QUEUE.format(office.event)}/control")).json()
    assert (figures["joined"], figures["waiting"]) == (11, 11)
    await switch(office)
    await until(office, keeper, people[11], lambda told: bool(told["admitted"]))


async def test_who_waits_is_told_how_long_and_what_will_be_left(office: BoxOffice, keeper: LineKeeper) -> None:
    await switch(office, admitPerMinute=30, admitMax=30)
    people = [office.caller() for _ in range(20)]
    for person in people:
        await join(office, person)
    last = await until(office, keeper, people[-1], lambda told: "odds" in told)
    assert last["waitTimeKnown"]
    assert 1 <= last["waitTime"] <= 3
    assert last["waitTimeFormatted"].endswith(" min")
    assert {zone["tier"] for zone in last["odds"]["zones"]} == {"VIP", "Regular"}
    assert last["refreshIntervalSeconds"] >= 2
    first = await ask(office, people[1])
    assert first["odds"]["seatsLeft"] >= last["odds"]["seatsLeft"]
    bucket = await office.public.get(f"{QUEUE.format(office.event)}/board/17")
    assert bucket.headers["cache-control"].startswith("public, max-age=")
    assert bucket.json()["ahead"] >= 17


async def test_the_line_stops_where_nothing_is_left(office: BoxOffice, keeper: LineKeeper) -> None:
    """Fifty seats: whoever stands behind three hundred others is told so, and is never called."""
    await switch(office, mode="hold")
    people = [office.caller() for _ in range(300)]
    await asyncio.gather(*(join(office, person) for person in people))
    await switch(office)
    last = max([await ask(office, person) for person in people[::37]], key=lambda told: told["position"])
    ticket = {"x_queue_ticket": last["queueTicket"]}
    async with asyncio.timeout(30):
        while not last.get("closed"):
            await keeper.step()
            await office.api.waiting_room.watch.catch_up()
            last = await ask(office, office.public, **ticket)
    assert not last["admitted"]
    assert last["odds"]["chance"] in {"unlikely", "gone"}


PACE_SINCE = """
UPDATE waiting_rooms
SET served = 0, pace_base = 0, admit_per_minute = 30, pace_at = clock_timestamp() - interval '1 second'
WHERE event_id = $1
"""
PACE_OF = """
SELECT pace_base, extract(epoch FROM clock_timestamp() - pace_at)::float AS since_s
FROM waiting_rooms WHERE event_id = $1
"""


async def test_a_pace_that_changes_every_second_loses_nobody(office: BoxOffice) -> None:
    """Half a person was due at thirty a minute: with sixty a minute, half a second brings the other half."""
    await switch(office)
    number, connection = int(office.event), office.api.database.cold
    await connection.execute(PACE_SINCE, number)
    await connection.execute(SQL["note_outlook"], number, "", None, 60)
    row = await connection.fetchrow(PACE_OF, number)
    assert row is not None
    assert row["pace_base"] == 0
    assert row["since_s"] == pytest.approx(0.5, abs=0.3)


async def test_a_sale_without_seats_ends_its_line(office: BoxOffice, keeper: LineKeeper) -> None:
    every = [f"S-{row}-{place}" for row in range(1, 6) for place in range(1, 11)]
    body = {"kind": "house", "reason": "Test", "seatIds": every}
    assert (await office.caller("organiser").post(f"/events/{office.event}/blocks", body)).status_code == 201
    await switch(office)
    caller = office.caller()
    await join(office, caller)
    ended = await until(office, keeper, caller, lambda told: told["phase"] == "ended")
    assert not ended["admitted"]
    assert not ended["inWaitingRoom"]


async def test_without_valkey_places_stand_and_joining_waits_or_lets_in(
    office: BoxOffice, servers: TestServers, database_url: str, house: House
) -> None:
    await switch(office, mode="hold")
    early = office.caller("buyer", "guest:early")
    ticket = {"x_queue_ticket": (await join(office, early))["queueTicket"]}
    blind = await open_api(msgspec.structs.replace(settings_for(servers, database_url), valkey_url=None))
    async with served(blind) as client:
        elsewhere = BoxOffice(blind, house, client)
        late = elsewhere.caller("buyer", "guest:late")
        assert (await ask(elsewhere, elsewhere.public, **ticket))["position"] == 1
        assert (await join(elsewhere, elsewhere.caller("buyer", "guest:early"), **ticket))["position"] == 1
        assert_problem(await late.post(QUEUE.format(office.event)), 503, "unavailable")
        await switch(elsewhere, mode="fifo", withoutLine="failOpen")
        admission = {"x_admission": (await join(elsewhere, late))["admissionToken"]}
        body = {"eventId": office.event, "seatIds": ["S-3-1"]}
        assert (await late.post("/bookings/reserve", body, **admission)).status_code == 201
        again = (await join(elsewhere, late))["admissionToken"]
        stranger, free = elsewhere.caller(), body | {"seatIds": ["S-3-2"]}  # a taken seat is refused before the door
        assert_problem(await stranger.post("/bookings/reserve", free, x_admission=again), 403, "admission_refused")
    await blind.close()


async def test_a_place_that_is_taken_back_opens_nothing_and_ends_what_it_opened(
    office: BoxOffice, keeper: LineKeeper
) -> None:
    await switch(office)
    caller = office.caller()
    await join(office, caller)
    told = await until(office, keeper, caller, lambda told: bool(told["admitted"]))
    admission = {"x_admission": told["admissionToken"]}
    body = {"eventId": office.event, "seatIds": ["S-3-1"]}
    assert (await caller.post("/bookings/reserve", body, **admission)).status_code == 201
    revoked = {"place": 0, "reason": "A place that was sold on"}
    path = f"{QUEUE.format(office.event)}/revoke"
    assert (await office.caller("organiser").post(path, revoked)).status_code == 204
    office.api.waiting_room.doorman.forget()
    other = body | {"seatIds": ["S-3-2"]}
    assert_problem(await caller.post("/bookings/reserve", other, **admission), 403, "admission_ended")


async def test_a_place_is_found_by_every_name_its_bearer_has(office: BoxOffice) -> None:
    """A guest joins, signs in, and asks from another device: the account knows the place."""
    await switch(office, mode="hold")
    for _ in range(3):
        await join(office, office.caller())
    guest, account = office.caller("buyer", "guest:at-the-phone"), office.caller("buyer", "account:the-same")
    ticket = (await join(office, guest))["queueTicket"]
    assert (await join(office, account, x_queue_ticket=ticket))["position"] == 4
    assert (await ask(office, account))["position"] == 4
    assert (await join(office, account))["position"] == 4
