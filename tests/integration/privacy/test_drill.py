"""The drill: somebody buys as a guest and with an account, is staff, is scored, is erased. Nothing tells of them."""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
from msgspec.structs import replace
from tests.attacks.everything import everything_in_postgres, everything_in_valkey
from tests.conftest import TestServers
from tests.house import House
from tests.integration.http.browsers import Browser, link_in, mails_to
from tests.integration.http.conftest import BoxOffice, Caller, Json, assert_problem, served, settings_for
from valkey.asyncio import Valkey

from rowlock.app import open_api
from rowlock.audit import Deed, record
from rowlock.audit.proof import prove_audit_log
from rowlock.identity import Person
from rowlock.identity.accounts.directory import grant

NAME, MAIL = "Wilhelmina Ampersand", "wilhelmina@ampersand.example"
ACCOUNT = "SELECT id, subject FROM accounts WHERE email_key = $1"
GUESTS = "SELECT subject FROM account_guests"
BUYERS = "SELECT buyer, status FROM bookings ORDER BY no"
RENAME_ONE = "UPDATE bookings SET buyer = 'erased:unseen' WHERE id = $1"
CHANGE_ERASED = "UPDATE bookings SET tier_nos = ARRAY[1], prices = ARRAY[$2::int], total = $2 WHERE id = $1"
"""To the price of another tier, which the price list has as well."""


@pytest.fixture
async def watched_office(
    servers: TestServers, database_url: str, house: House, valkey: Valkey
) -> AsyncIterator[BoxOffice]:
    """The API as people meet it: limits count, and what they do is scored."""
    settings = replace(settings_for(servers, database_url, requests=200, attempts=30), bots="act")
    api = await open_api(settings)
    async with served(api) as client:
        yield BoxOffice(api, house, client)
    await api.close()


class Drill:
    """Everything that one person may leave behind."""

    def __init__(self, office: BoxOffice, browser: Browser) -> None:
        self.office = office
        self.browser = browser
        self.names = [NAME, MAIL, "ampersand", "Wilhelmina"]

    async def live(self) -> None:
        """A guest who buys, becomes an account, buys, changes their mind, says yes, and works for the house."""
        await self.browser.post("/session")
        await self._buy("S-1-1")
        wish = {"partySize": 2, "maxTotal": {"amount": "1.00", "currency": "EUR"}, "email": MAIL}
        assert (await self.browser.post(f"/events/{self.office.event}/waitlist", wish)).status_code == 201
        await self.browser.ask_link(name=NAME)
        await self.browser.answer(link_in((await mails_to(self.office, MAIL))[-1]))
        await self._buy("S-1-2", key="a-key-of-hers")
        dropped = await self._hold("S-1-3")
        assert (await self.browser.post(f"/bookings/{dropped['bookingId']}/release")).status_code == 204
        await self._hold("S-1-4")
        said = {"purpose": "newsletter", "version": "2027-01", "given": True}
        assert (await self.browser.post("/account/consents", said)).status_code == 204
        async with self.office.house.database.cold.acquire() as connection:
            account = await connection.fetchrow(ACCOUNT, MAIL)
            guests = [row["subject"] for row in await connection.fetch(GUESTS)]
            assert account is not None
            await grant(connection, account["id"], 1, "organiser")
            async with connection.transaction():
                deed = Deed("grant_role", f"account:{account['id']}", 1, after={"role": "organiser"})
                await record(connection, _person("operator:cli"), [deed])
        self.subject = str(account["subject"])
        assert guests
        self.names += [self.subject, self.subject.partition(":")[2], *guests]
        staff = self.office.caller("organiser", self.subject)
        block = {"kind": "house", "reason": "Friends of mine", "seatIds": ["S-5-1", "S-5-2"]}
        assert (await staff.post(f"/events/{self.office.event}/blocks", block)).status_code == 201
        event = {
            "name": "Hers", "startsAt": "2031-05-01T19:30:00+02:00", "timezone": "Europe/Berlin",
            "planId": self.office.house.plan_id, "prices": {"VIP": "1.00", "Regular": "1.00"},
        }  # fmt: skip
        assert (await staff.post("/events", event, idempotency_key="an-event-of-hers")).status_code == 201
        assert (await staff.patch(f"/events/{self.office.event}", {"description": "Mine"})).status_code == 200

    async def traces(self, valkey: Valkey) -> list[str]:
        """Every row and every key in which one of the names stands."""
        async with self.office.house.database.cold.acquire() as connection:
            _, rows = await everything_in_postgres(connection)
        told = [*rows, *await everything_in_valkey(valkey)]
        assert len(told) > 50
        return [text for text in told if any(name.lower() in text.lower() for name in self.names)]

    async def _hold(self, seat: str) -> Json:
        answer = await self.browser.post("/bookings/reserve", {"eventId": self.office.event, "seatIds": [seat]})
        assert answer.status_code == 201, answer.text
        booking: Json = answer.json()
        return booking

    async def _buy(self, seat: str, key: str = "another-key") -> None:
        booking = await self._hold(seat)
        paid = await self.browser.send(
            "POST", f"/bookings/{booking['bookingId']}/confirm", {"paymentToken": "tok_ok"}, **{"Idempotency-Key": key}
        )
        assert paid.status_code == 200, paid.text


async def test_after_erasure_nothing_tells_of_a_person(
    watched_office: BoxOffice, valkey: Valkey, capfd: pytest.CaptureFixture[str]
) -> None:
    async with Browser(watched_office, MAIL) as browser:
        drill = Drill(watched_office, browser)
        await drill.live()
        before = await drill.traces(valkey)
        assert len(before) > 10
        assert any(text.startswith("limit:") for text in before)
        assert not any("audit_log" in row or "seat_ledger" in row for row in before)

        granted = await watched_office.caller("operator").get(f"/audit?object={drill.subject}")
        assert [(entry["action"], entry["object"]) for entry in granted.json()["items"]] == [
            ("grant_role", drill.subject)
        ]

        export = await browser.get("/account/export")
        assert export["format"] == "rowlock-person/1"
        assert (export["account"]["email"], export["account"]["name"]) == (MAIL, NAME)
        assert sorted(booking["status"] for booking in export["bookings"]) == [
            "CONFIRMED",
            "CONFIRMED",
            "HOLD",
            "RELEASED",
        ]
        assert {deed["action"] for deed in export["deeds"]} == {"block_seats", "create_event", "change_event"}
        assert len(export["blocks"]) == 2
        assert export["consents"][0]["purpose"] == "newsletter"

        assert_problem(await browser.post("/account/erasure", {"confirm": "yes"}), 422, "invalid_request")
        token = watched_office.caller("buyer", drill.subject)  # made before: a later one is somebody new
        answer = await browser.post("/account/erasure", {"confirm": "erase"})
        assert answer.status_code == 200, answer.text
        evidence = answer.json()
        assert (evidence["bookings"], evidence["keptUntil"][5:]) == (4, "12-31")

        assert await drill.traces(valkey) == []
        told = capfd.readouterr()
        assert not [name for name in drill.names if name in told.out + told.err]
        await _still_sound(watched_office)
        await _tokens_end(token, browser)


async def _still_sound(office: BoxOffice) -> None:
    """Ledger and audit log prove what they proved before, and the log says what was done, not by whom."""
    assert await office.house.broken() == []
    async with office.house.database.cold.acquire() as connection:
        assert (await prove_audit_log(connection)).fault is None
    rows = await office.house.database.fetch(BUYERS)
    assert {row["status"] for row in rows} == {"CONFIRMED", "RELEASED"}
    assert len({row["buyer"] for row in rows}) == 1
    log = (await office.caller("operator").get("/audit")).json()["items"]
    assert {entry["action"] for entry in log} >= {"block_seats", "change_event", "export_person", "erase_person"}
    assert all(entry["actor"].startswith("p:") for entry in log if entry["action"] in {"block_seats", "erase_person"})


async def _tokens_end(token: Caller, browser: Browser) -> None:
    """Within the second in which revocations are read, whatever still names the person opens nothing."""
    async with asyncio.timeout(5):
        while (await token.get("/bookings")).status_code != 401:
            pass
    assert (await browser.send("GET", "/account")).status_code == 401


async def test_the_log_names_people_while_they_are_known(office: BoxOffice) -> None:
    staff = office.caller("organiser", "organiser:ada")
    await staff.patch(f"/events/{office.event}", {"description": "Hers"})
    operator = office.caller("operator", "operator:otto")
    entries = (await operator.get("/audit?actor=organiser:ada")).json()["items"]
    assert [(entry["actor"], entry["action"]) for entry in entries] == [("organiser:ada", "change_event")]
    await office.api.people.erase("organiser:ada", _person("operator:otto"))
    assert (await operator.get("/audit?actor=organiser:ada")).json()["items"] == []
    entries = (await operator.get(f"/audit?actor={(await _actor_of(office, 'change_event'))}")).json()["items"]
    assert [entry["action"] for entry in entries] == ["change_event"]
    done = (await operator.get("/audit?action=erase_person")).json()["items"]
    assert done[0]["actor"] == "operator:otto"
    assert json.loads(json.dumps(done[0]["after"]))["askedBy"] == "operator"


async def test_nobody_is_erased_while_they_pay(office: BoxOffice) -> None:
    buyer = office.caller("buyer", "buyer:paying")
    booking = await office.hold(buyer, "S-1-1")
    paid = await buyer.post(f"/bookings/{booking['bookingId']}/confirm", {"paymentToken": "tok_3ds"})
    assert paid.status_code == 202
    assert_problem(await buyer.post("/account/erasure", {"confirm": "erase"}), 409, "payment_pending")
    assert (await buyer.get(f"/bookings/{booking['bookingId']}")).status_code == 200


async def test_an_erasure_that_the_ledger_does_not_know_is_found(office: BoxOffice) -> None:
    """Neither an owner taken away behind the ledger's back, nor a price changed under an erased name, passes."""
    one, other = office.caller("buyer", "buyer:one"), office.caller("buyer", "buyer:other")
    bookings = [await office.hold(one, "S-1-1"), await office.hold(other, "S-1-2")]
    for buyer, booking in zip((one, other), bookings, strict=True):
        assert (await buyer.post(f"/bookings/{booking['bookingId']}/release")).status_code == 204
    await office.api.people.erase("buyer:one", _person("operator:otto"))
    assert await office.house.broken() == []
    changes = ((CHANGE_ERASED, bookings[0]["bookingId"], 4950), (RENAME_ONE, bookings[1]["bookingId"]))
    for statement, booking_id, *price in changes:
        await office.house.database.cold.execute(statement, booking_id, *price)
        broken = await office.house.broken()
        assert [finding.invariant for finding in broken] == ["I2"], statement
        assert f"booking {booking_id}: its buyer is not erased as the ledger says" in str(broken)


async def test_a_guest_is_erased_at_their_own_word(office: BoxOffice) -> None:
    guest = office.caller("buyer", "guest:nobody-in-particular")
    await office.hold(guest, "S-2-1")
    answer = await guest.post("/account/erasure", {"confirm": "erase"})
    assert (answer.status_code, answer.json()["bookings"], answer.json()["keptUntil"]) == (200, 1, None)
    assert "S-2-1" not in await office.taken()


def _person(subject: str) -> Person:
    return Person(subject, "operator")


async def _actor_of(office: BoxOffice, action: str) -> str:
    actor = await office.house.database.cold.fetchval("SELECT actor FROM audit_log WHERE action = $1", action)
    assert isinstance(actor, str)
    return actor
