"""The waiting list over HTTP: parties wait, seats that come back are kept for them and for nobody else."""

import pytest
from tests.integration.http.browsers import mails_to
from tests.integration.http.conftest import BoxOffice, Caller, Json, assert_problem
from tests.integration.worker import Worker

from rowlock.identity import Person
from rowlock.kernel.problems import Problem
from rowlock.waitlist import Matcher
from rowlock.worker import line_keeper, matcher

LIST = "/events/{}/waitlist"
HOUR = 3_600


class Sale:
    """The house's event with all seats held by others, its waiting list, and the worker's loop a step at a time."""

    def __init__(self, office: BoxOffice) -> None:
        self.office = office
        self.path = LIST.format(office.event)
        self.matcher: Matcher = matcher(office.api)
        self._held: dict[str, tuple[Caller, Json]] = {}

    async def sell_out(self) -> None:
        """Somebody holds every seat."""
        for row in range(1, 6):
            for seat in range(1, 11):
                buyer, name = self.office.caller(), f"S-{row}-{seat}"
                self._held[name] = buyer, await self.office.hold(buyer, name)
        await self.office.caught_up()

    async def give_back(self, *seats: str) -> None:
        """Seats come back."""
        for name in seats:
            buyer, booking = self._held[name]
            answer = await buyer.post(f"/bookings/{booking['bookingId']}/release")
            assert answer.status_code == 204, answer.text
        await self.office.caught_up()

    async def wait(self, size: int, caller: Caller | None = None, **wish: object) -> Caller:
        """Somebody joins the list."""
        person = caller or self.office.caller()
        answer = await person.post(self.path, {"partySize": size} | wish)
        assert answer.status_code == 201, answer.text
        await self.step()
        return person

    async def step(self) -> None:
        """The worker looks at the list, the api process at what it keeps back."""
        await self.office.caught_up()
        await self.matcher.step()
        await self.office.caught_up()
        await self.office.api.kept_back.catch_up()

    async def entry(self, person: Caller) -> Json:
        """How somebody's entry stands."""
        answer = await person.get(self.path)
        assert answer.status_code == 200, answer.text
        told: Json = answer.json()
        return told

    async def seats_of(self, person: Caller) -> list[str]:
        """The seats that somebody is offered."""
        entry = await self.entry(person)
        assert entry["status"] == "offered"
        booking = (await person.get(f"/bookings/{entry['bookingId']}")).json()
        assert booking["status"] == "HOLD"
        return [seat["id"] for seat in booking["seats"]]

    async def buy(self, *seats: str) -> int:
        """Somebody off the street tries to hold seats: the answer's status."""
        body = {"eventId": self.office.event, "seatIds": list(seats)}
        return (await self.office.caller().post("/bookings/reserve", body)).status_code


@pytest.fixture
async def sale(office: BoxOffice) -> Sale:
    """A sold-out event."""
    sold_out = Sale(office)
    await sold_out.sell_out()
    return sold_out


async def test_seats_that_come_back_are_kept_for_the_first_party_they_fit(sale: Sale) -> None:
    pair, other_pair, single = await sale.wait(2), await sale.wait(2), await sale.wait(1)
    assert [(await sale.entry(person))["ahead"] for person in (pair, other_pair, single)] == [0, 1, 2]
    await sale.give_back("S-2-3", "S-4-8")
    await sale.step()
    assert (await sale.entry(pair))["status"] == "waiting", "two seats, but not side by side"
    (alone,) = await sale.seats_of(single)
    await sale.give_back("S-2-4" if alone != "S-2-3" else "S-4-9")
    await sale.step()
    assert len(await sale.seats_of(pair)) == 2
    entry = await sale.entry(pair)
    assert HOUR - 60 < entry["offerEndsIn"] <= HOUR, "an hour, not the event's hold time"
    assert (await sale.entry(other_pair))["ahead"] == 0
    paid = await pair.post(f"/bookings/{entry['bookingId']}/confirm", {"paymentToken": "tok_ok"})
    assert paid.json()["status"] == "CONFIRMED"
    assert (await sale.entry(pair))["status"] == "bought"
    await sale.step()
    assert await sale.office.house.broken() == []


async def test_nobody_takes_seats_before_those_who_wait_for_them(sale: Sale) -> None:
    pair = await sale.wait(2)
    await sale.give_back("S-3-5", "S-3-6")  # and the worker has not looked yet
    assert await sale.buy("S-3-5") == 409
    best = {"eventId": sale.office.event, "quantity": 1}
    assert_problem(await sale.office.caller().post("/bookings/best-available", best), 409, "waitlist_first")
    await sale.step()
    assert sorted(await sale.seats_of(pair)) == ["S-3-5", "S-3-6"]


async def test_what_nobody_on_the_list_wants_is_for_everybody(sale: Sale) -> None:
    await sale.wait(2)
    await sale.give_back("S-3-5")
    await sale.step()
    assert await sale.buy("S-3-5") == 201


async def test_a_hold_that_stands_is_found_again_by_its_key(sale: Sale) -> None:
    """As after a death between commit and answer, when no answer was kept for the key."""
    await sale.wait(2)
    await sale.give_back("S-3-5")
    await sale.step()
    desk, buyer = sale.office.api.desk, Person("buyer:who-tries-again", "buyer", 1)
    pick = await desk.pick(sale.office.event, ["S-3-5"])
    first = await desk.reserve(buyer, pick, "once")
    await sale.step()
    assert (await desk.reserve(buyer, pick, "once")).booking_id == first.booking_id
    with pytest.raises(Problem):
        await desk.reserve(buyer, pick, "another")


async def test_an_offer_that_is_not_wanted_goes_to_the_next(sale: Sale) -> None:
    first, second, third = await sale.wait(1), await sale.wait(1), await sale.wait(1)
    await sale.give_back("S-3-5")
    await sale.step()
    offer = await sale.entry(first)
    assert (await first.delete(sale.path)).status_code == 204
    assert (await sale.entry(first))["status"] == "declined"
    await sale.step()
    assert await sale.seats_of(second) == ["S-3-5"]
    over = "UPDATE seats SET hold_expires_at = clock_timestamp() - interval '1 s' WHERE booking_id = $1"
    over_too = (
        "UPDATE bookings SET hold_expires_at = clock_timestamp() - interval '1 s',"
        " held_at = held_at - interval '2 hours' WHERE id = $1"
    )
    for statement in (over_too, over):
        await sale.office.house.database.cold.execute(statement, (await sale.entry(second))["bookingId"])
    assert (await sale.entry(second))["status"] == "lapsed"
    assert offer["bookingId"] != (await sale.entry(second))["bookingId"]
    assert await sale.buy("S-3-5") == 409
    assert (await sale.entry(third))["status"] == "waiting"


async def test_wishes_are_kept_to(sale: Sale) -> None:
    vip = await sale.wait(1, tiers=["VIP"])
    cheap = await sale.wait(1, maxTotal={"amount": "1.00", "currency": "EUR"})
    apart = await sale.wait(3, together=False)
    await sale.give_back("S-3-1", "S-4-4", "S-5-9")
    await sale.step()
    assert (await sale.entry(vip))["status"] == "waiting"
    assert (await sale.entry(cheap))["status"] == "waiting"
    assert sorted(await sale.seats_of(apart)) == ["S-3-1", "S-4-4", "S-5-9"]
    await sale.give_back("S-1-1")
    await sale.step()
    assert await sale.seats_of(vip) == ["S-1-1"]


async def test_joining_again_changes_the_wish_and_keeps_the_place(sale: Sale) -> None:
    first, second = await sale.wait(2), await sale.wait(1)
    await sale.wait(1, first)
    assert ((await sale.entry(first))["partySize"], (await sale.entry(first))["ahead"]) == (1, 0)
    await sale.give_back("S-3-5")
    await sale.step()
    assert await sale.seats_of(first) == ["S-3-5"]
    assert_problem(await first.post(sale.path, {"partySize": 1}), 409, "offer_stands")
    assert (await second.delete(sale.path)).status_code == 204
    assert_problem(await second.delete(sale.path), 404, "not_on_waitlist")


@pytest.mark.parametrize("mode", ["fifo", "passthrough"])
async def test_the_line_comes_before_the_list(sale: Sale, mode: str) -> None:
    office, keeper = sale.office, line_keeper(sale.office.api)
    waiting = await sale.wait(1)
    manager = office.caller("organiser")
    control = f"/api/v1/events/{office.event}/queue/control"
    for change in ({"mode": "hold"}, {"mode": mode, "admitPerMinute": 60_000, "admitMax": 60_000}):
        assert (await manager.send("PUT", control, change)).status_code == 200
        await keeper.step()
        await office.api.waiting_room.watch.catch_up()
        if change["mode"] == "hold":
            assert (await office.caller().post(f"/events/{office.event}/queue")).status_code == 200
            await keeper.step()
            await office.api.waiting_room.watch.catch_up()
            await sale.give_back("S-3-5")
            await sale.step()
            assert (await sale.entry(waiting))["status"] == "waiting", "somebody stands in the line"
    while (room := office.api.waiting_room.watch.room(int(office.event))) is not None and room.served < room.joined:
        await keeper.step()
        await office.api.waiting_room.watch.catch_up()
    await sale.step()
    assert await sale.seats_of(waiting) == ["S-3-5"]


async def test_who_is_offered_seats_gets_a_mail_once(sale: Sale) -> None:
    guest = await sale.wait(1, email="ada@example.org", language="de")
    assert (await sale.entry(guest))["toldByMail"]
    await sale.give_back("S-3-5")
    await sale.step()
    worker = Worker(sale.office)
    await worker.work()
    await worker.work()
    (mail,) = await mails_to(sale.office, "ada@example.org")
    assert mail["Subject"] == "Plätze für Sie: Test night"


async def test_a_list_says_what_is_wrong_with_a_wish(office: BoxOffice) -> None:
    person, path = office.caller(), LIST.format(office.event)
    assert_problem(await person.post(path, {"partySize": 2}), 409, "seats_fit")
    assert_problem(await person.get(path), 404, "not_on_waitlist")
    for wish in (
        {"partySize": 0},
        {"partySize": 2, "accessible": 3},
        {"partySize": 2, "tiers": ["Balcony"]},
        {"partySize": 2, "email": "nobody"},
        {"partySize": 2, "maxTotal": {"amount": "5", "currency": "JPY"}},
    ):
        assert_problem(await person.post(path, wish), 422, "invalid_request")
    assert_problem(await person.post(path, {"partySize": 11}), 422, "too_many_seats")
    assert_problem(await person.post(LIST.format(999), {"partySize": 2}), 404, "event_not_found")
    assert_problem(await office.public.post(path, {"partySize": 2}), 401, "unauthenticated")


async def test_staff_see_how_a_list_stands(sale: Sale) -> None:
    for size in (1, 2, 2):
        await sale.wait(size)
    await sale.give_back("S-3-5")
    await sale.step()
    answer = await sale.office.caller("organiser").get(f"{sale.path}/figures")
    figures = answer.json()
    assert figures["waiting"] == [{"partySize": 2, "parties": 2}]
    assert (figures["seatsWanted"], figures["offered"], figures["bought"]) == (4, 1, 0)
    stranger = sale.office.caller("organiser", organiser_id=999)
    assert_problem(await stranger.get(f"{sale.path}/figures"), 404, "event_not_found")


async def test_a_list_closes_with_the_sale(sale: Sale) -> None:
    person = await sale.wait(1)
    await sale.office.house.database.cold.execute(
        "UPDATE event_inventory SET sale_ends_at = clock_timestamp() WHERE event_id = $1", int(sale.office.event)
    )
    await sale.step()
    assert (await sale.entry(person))["status"] == "closed"
    assert_problem(await sale.office.caller().post(sale.path, {"partySize": 1}), 403, "not_on_sale")
