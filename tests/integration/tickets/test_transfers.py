"""Passing tickets on: one link, one new holder, whatever else happens to the seats at that moment."""

import asyncio
import re
import uuid
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import asyncpg
import httpx
import pytest
from tests.integration.http.browsers import Browser, mails_to, text_of
from tests.integration.http.conftest import BoxOffice, Json, assert_problem
from tests.integration.worker import Worker

from rowlock.payments.store import SQL

HOLDERS = "SELECT seat_no, holder FROM ticket_holders ORDER BY seat_no"
SUBJECT = "SELECT subject FROM accounts WHERE email_key = $1"
LATER = "UPDATE ticket_offers SET expires_at = clock_timestamp() - interval '1 second'"
LINK = re.compile(r"/tickets#offer=(\S+)")


class Passing:
    """Somebody with two tickets, and the ways of passing them on."""

    def __init__(self, office: BoxOffice, browsers: AsyncExitStack) -> None:
        self.office = office
        self._browsers = browsers
        self.giver = Browser(office)
        self.booking: Json = {}

    async def somebody(self) -> Browser:
        """Somebody who has signed in."""
        browser = await self._browsers.enter_async_context(Browser(self.office))
        await browser.sign_in()
        return browser

    async def buy(self, *seats: str) -> None:
        """The giver's next booking."""
        body = {"eventId": self.office.event, "seatIds": list(seats)}
        self.booking = (await self.giver.post("/bookings/reserve", body)).json()
        paid = await self.giver.post(f"/bookings/{self.booking['bookingId']}/confirm", {"paymentToken": "tok_ok"})
        assert paid.status_code == 200, paid.text

    async def offer(self, email: str, *seats: str, giver: Browser | None = None) -> httpx.Response:
        """Offer tickets of the booking."""
        body = {"bookingId": self.booking["bookingId"], "seatIds": list(seats), "email": email}
        return await (giver or self.giver).post("/transfers", body)

    async def secret_for(self, email: str) -> str:
        """What the last mail to an address brings."""
        found = LINK.search(text_of((await mails_to(self.office, email))[-1]))
        assert found is not None
        return found[1]

    async def take(self, taker: Browser, secret: str) -> httpx.Response:
        """Take what a link offers."""
        return await taker.post("/transfers/accept", {"offer": secret})

    async def holders(self) -> dict[int, str]:
        """Who has which seat, where it is not the buyer."""
        return {row["seat_no"]: row["holder"] for row in await self.office.house.database.fetch(HOLDERS)}

    async def subject_of(self, who: Browser) -> str:
        """Somebody's subject."""
        return str(await self.office.house.database.cold.fetchval(SUBJECT, who.email))


@pytest.fixture
async def passing(office: BoxOffice) -> AsyncIterator[Passing]:
    """A buyer signed in, with S-1-1 and S-1-2."""
    async with AsyncExitStack() as browsers:
        made = Passing(office, browsers)
        await browsers.enter_async_context(made.giver)
        await made.giver.sign_in()
        await made.buy("S-1-1", "S-1-2")
        yield made


async def test_a_ticket_goes_to_whoever_opens_the_link_and_the_money_stays(passing: Passing, worker: Worker) -> None:
    office, taker = passing.office, await passing.somebody()
    offered = await passing.offer(taker.email, "S-1-2")
    assert offered.status_code == 201, offered.text
    assert "Seats: Stalls, Row 1, Seat 2\r\n" in text_of((await mails_to(office, taker.email))[-1])
    taken = await passing.take(taker, await passing.secret_for(taker.email))
    assert taken.status_code == 200, taken.text
    (ticket,) = taken.json()["items"]
    assert (ticket["seatId"], ticket["ticketId"]) == ("S-1-2", f"{passing.booking['reference']}-2")
    assert await taker.get("/tickets") == taken.json()
    assert await passing.holders() == {1: await passing.subject_of(taker)}
    told = (await passing.giver.get(f"/transfers?bookingId={passing.booking['bookingId']}"))["items"]
    assert [(one["state"], one["email"], one["seatIds"]) for one in told] == [("taken", taker.email, ["S-1-2"])]
    assert (await taker.send("GET", f"/bookings/{passing.booking['bookingId']}")).status_code == 404
    await worker.work()
    assert (await mails_to(office, passing.giver.email))[-1]["Subject"] == "Your tickets were taken: Test night"
    assert await office.house.broken() == []


async def test_a_link_is_good_once_and_only_until_its_end(passing: Passing) -> None:
    taker, other = await passing.somebody(), await passing.somebody()
    await passing.offer(taker.email, "S-1-1")
    secret = await passing.secret_for(taker.email)
    assert (await passing.take(taker, secret)).status_code == 200
    assert (await passing.take(taker, secret)).status_code == 200, "who took them may ask again"
    assert_problem(await passing.take(other, secret), 410, "offer_ended")
    await passing.offer(other.email, "S-1-2")
    await passing.office.house.database.cold.execute(LATER)
    assert_problem(await passing.take(other, await passing.secret_for(other.email)), 410, "offer_ended")
    assert_problem(await passing.take(other, "guessed"), 410, "offer_ended")


async def test_who_has_a_ticket_passes_it_on_and_nobody_else(passing: Passing) -> None:
    taker, third = await passing.somebody(), await passing.somebody()
    assert_problem(await passing.offer(third.email, "S-1-1", giver=taker), 404, "booking_not_found")
    await passing.offer(taker.email, "S-1-1")
    assert_problem(await passing.offer(third.email, "S-1-1"), 409, "already_offered")
    await passing.take(taker, await passing.secret_for(taker.email))
    assert_problem(await passing.offer(third.email, "S-1-1"), 409, "passed_on")
    assert (await passing.offer(third.email, "S-1-1", giver=taker)).status_code == 201
    await passing.take(third, await passing.secret_for(third.email))
    assert await passing.holders() == {0: await passing.subject_of(third)}


async def test_an_offer_can_be_taken_back(passing: Passing) -> None:
    taker = await passing.somebody()
    offer = (await passing.offer(taker.email, "S-1-1")).json()
    secret = await passing.secret_for(taker.email)
    assert_problem(await taker.send("DELETE", f"/transfers/{offer['transferId']}"), 404, "not_found")
    assert (await passing.giver.send("DELETE", f"/transfers/{offer['transferId']}")).status_code == 204
    assert_problem(await passing.giver.send("DELETE", f"/transfers/{offer['transferId']}"), 410, "offer_ended")
    assert_problem(await passing.take(taker, secret), 410, "offer_ended")
    assert (await passing.offer(taker.email, "S-1-1")).status_code == 201


async def test_what_somebody_else_has_cannot_be_given_back_until_it_is_passed_back(passing: Passing) -> None:
    taker, path = await passing.somebody(), f"/bookings/{passing.booking['bookingId']}"
    await passing.offer(taker.email, "S-1-1")
    await passing.take(taker, await passing.secret_for(taker.email))
    assert_problem(await passing.giver.post(f"{path}/refund", {"seatIds": ["S-1-1"]}), 409, "passed_on")
    assert_problem(await passing.giver.post(f"{path}/refund", {}), 409, "passed_on")
    await passing.offer(passing.giver.email, "S-1-1", giver=taker)
    await passing.take(passing.giver, await passing.secret_for(passing.giver.email))
    assert (await taker.get("/tickets")) == {"items": []}
    assert (await passing.giver.post(f"{path}/refund", {"seatIds": ["S-1-1"]})).status_code == 202


@pytest.mark.parametrize("seats", [["S-5-1"], ["nowhere"], []])
async def test_only_seats_of_the_booking_are_offered(passing: Passing, seats: list[str]) -> None:
    assert_problem(await passing.offer("ada@example.com", *seats), 422, "unknown_seat")


async def test_taking_needs_an_account(passing: Passing) -> None:
    await passing.offer("ada@example.com", "S-1-1")
    async with Browser(passing.office) as guest:
        await guest.post("/session")
        assert_problem(await passing.take(guest, await passing.secret_for("ada@example.com")), 403, "account_needed")


async def test_of_two_who_open_one_link_one_gets_the_tickets(passing: Passing) -> None:
    takers = [await passing.somebody() for _ in range(4)]
    await passing.offer("ada@example.com", "S-1-1", "S-1-2")
    secret = await passing.secret_for("ada@example.com")
    answers = await asyncio.gather(*(passing.take(taker, secret) for taker in takers))
    assert sorted(answer.status_code for answer in answers) == [200, 410, 410, 410]
    (winner,) = [taker for taker, answer in zip(takers, answers, strict=True) if answer.status_code == 200]
    assert await passing.holders() == dict.fromkeys((0, 1), await passing.subject_of(winner))


@pytest.mark.parametrize("against", ["refund", "withdrawal"])
async def test_taking_meets_something_else_and_one_of_them_wins(passing: Passing, against: str) -> None:
    """Round after round, each on another seat: tickets of seats that went back are nobody's."""
    taker = await passing.somebody()
    for row in range(2, 5):
        seats = [f"S-{row}-1"]
        await passing.buy(*seats)
        booking_id = passing.booking["bookingId"]
        offer = (await passing.offer(taker.email, *seats)).json()
        secret = await passing.secret_for(taker.email)
        other = (
            passing.giver.post(f"/bookings/{booking_id}/refund", {})
            if against == "refund"
            else passing.giver.send("DELETE", f"/transfers/{offer['transferId']}")
        )
        taken, undone = await asyncio.gather(passing.take(taker, secret), other)
        assert (taken.status_code == 200) != (undone.status_code < 300), (taken.text, undone.text)
        has = [ticket["bookingId"] for ticket in (await taker.get("/tickets"))["items"]]
        assert (booking_id in has) == (taken.status_code == 200)
    assert await passing.office.house.broken() == []


async def test_when_staff_pay_back_the_ticket_ends(passing: Passing) -> None:
    taker = await passing.somebody()
    await passing.offer(taker.email, "S-1-1")
    await passing.take(taker, await passing.secret_for(taker.email))
    wanted = [uuid.UUID(passing.booking["bookingId"])], [uuid.uuid4()], None
    terms = "event_cancelled", [None], "staff", "Called off", None
    rows = await passing.office.house.database.fetch(SQL["return_seats"], *wanted, *terms)
    assert [row["outcome"] for row in rows] == ["returned"]
    assert await taker.get("/tickets") == {"items": []}


async def test_tickets_move_only_from_who_gives_them(passing: Passing) -> None:
    """Whatever let two offers of one ticket stand: the second finds that the giver has it no more."""
    taker, other = await passing.somebody(), await passing.somebody()
    database = passing.office.house.database
    await passing.offer(taker.email, "S-1-1")
    await database.cold.execute("UPDATE ticket_offers SET expires_at = clock_timestamp() - interval '1 second'")
    await passing.offer(other.email, "S-1-1")
    await database.cold.execute("UPDATE ticket_offers SET expires_at = clock_timestamp() + interval '1 day'")
    first, second = await passing.secret_for(taker.email), await passing.secret_for(other.email)
    answers = await asyncio.gather(passing.take(taker, first), passing.take(other, second))
    assert sorted(answer.status_code for answer in answers) == [200, 410]


async def test_erasing_somebody_leaves_no_trace_of_them_in_tickets(passing: Passing) -> None:
    taker, database = await passing.somebody(), passing.office.house.database
    await passing.offer(taker.email, "S-1-1")
    await passing.take(taker, await passing.secret_for(taker.email))
    subject = await passing.subject_of(taker)
    export = await taker.get("/account/export")
    assert [held["seat_no"] for held in export["ticketsFromOthers"]] == [0]
    assert (await taker.post("/account/erasure", {"confirm": "erase"})).status_code == 200
    rows: list[asyncpg.Record] = [
        *await database.fetch("SELECT * FROM ticket_holders"), *await database.fetch("SELECT * FROM ticket_offers")
    ]  # fmt: skip
    told = " ".join(str(dict(row)) for row in rows)
    assert subject not in told
    assert taker.email not in told
