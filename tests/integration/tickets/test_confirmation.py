"""Tickets by mail: to the account's address or the one a guest gives, once, and in their language."""

import asyncio
from datetime import timedelta
from email.message import EmailMessage

import pytest
from icalendar import Calendar
from tests.integration.http.browsers import Browser, mails_to, text_of
from tests.integration.http.conftest import BoxOffice, Caller, Json, assert_problem
from tests.integration.payments.till import QUIET
from tests.integration.worker import SITE, Worker

from rowlock.payments import Charge, OutcomeUnknown, PaymentAsk
from rowlock.payments.reconciler import reconcile

MAIL = "guest@example.com"
AGAIN = (
    "INSERT INTO outbox (topic, key, payload) SELECT 'booking.confirmed', $1, jsonb_build_object('bookingId', $1::text)"
)
MAILS = "SELECT count(*) FROM mails"


async def _buy(office: BoxOffice, caller: Caller, *seats: str) -> Json:
    booking = await office.hold(caller, *seats)
    paid = await caller.post(f"/bookings/{booking['bookingId']}/confirm", {"paymentToken": "tok_ok"})
    assert paid.status_code == 200, paid.text
    answer: Json = paid.json()
    return answer


async def _give(caller: Caller, booking: Json, email: str = MAIL, **more: str) -> None:
    answer = await caller.post(f"/bookings/{booking['bookingId']}/contact", {"email": email, **more})
    assert answer.status_code == 204, answer.text


def _entry(mail: EmailMessage) -> object:
    (file,) = mail.iter_attachments()
    assert file.get_content_type() == "text/calendar"
    content = file.get_content()
    (event,) = Calendar.from_ical(content).events
    return event


async def test_a_guest_gets_tickets_at_the_address_they_gave(office: BoxOffice, worker: Worker) -> None:
    guest = office.caller()
    held = await office.hold(guest, "S-1-1", "S-2-1")
    await _give(guest, held, language="de")
    assert (await guest.post(f"/bookings/{held['bookingId']}/confirm", {"paymentToken": "tok_ok"})).status_code == 200
    await worker.work()
    (mail,) = await mails_to(office, MAIL)
    text = text_of(mail)
    assert mail["Subject"] == "Ihre Karten: Test night"
    assert mail["Content-Language"] == "de"
    first, second = "Stalls, Reihe 1, Platz 1 (VIP)", "Stalls, Reihe 2, Platz 1 (Regular)"
    for words in (first, "95,00", second, "49,50", "144,50", held["reference"], "Test house"):
        assert words in text.replace("\N{NO-BREAK SPACE}", " "), words
    assert f"{SITE}/bookings/{held['bookingId']}" in text
    html = mail.get_body(("html",))
    assert html is not None
    assert first in html.get_content()
    event = _entry(mail)
    assert "Stalls, Reihe 1, Platz 1; Stalls, Reihe 2, Platz 1" in str(event.description)  # type: ignore[attr-defined]
    assert event.end - event.start == timedelta(hours=3)  # type: ignore[attr-defined]


async def test_an_account_gets_them_at_its_proven_address_alone(office: BoxOffice, worker: Worker) -> None:
    async with Browser(office) as browser:
        await browser.sign_in()
        held = await browser.post("/bookings/reserve", {"eventId": office.event, "seatIds": ["S-1-1"]})
        path = f"/bookings/{held.json()['bookingId']}"
        assert_problem(await browser.post(f"{path}/contact", {"email": MAIL}), 422, "invalid_request")
        await browser.post(f"{path}/confirm", {"paymentToken": "tok_ok"})
        await worker.work()
        assert [mail["Subject"] for mail in (await mails_to(office, browser.email))[-1:]] == [
            "Your tickets: Test night"
        ]
        assert await mails_to(office, MAIL) == []


async def test_one_mail_however_often_it_is_heard_of(office: BoxOffice, worker: Worker) -> None:
    guest = office.caller()
    held = await office.hold(guest, "S-1-1")
    await _give(guest, held)
    await guest.post(f"/bookings/{held['bookingId']}/confirm", {"paymentToken": "tok_ok"})
    database = office.house.database
    for _ in range(99):
        await database.cold.execute(AGAIN, held["bookingId"])
    await worker.work()
    told = {"messages": [{"bookingId": held["bookingId"]}]}
    await asyncio.gather(*(worker.notices.tell_confirmed(told) for _ in range(8)))
    assert await database.cold.fetchval(MAILS) == 1


async def test_tickets_wait_for_an_address(office: BoxOffice, worker: Worker) -> None:
    guest = office.caller()
    bought = await _buy(office, guest, "S-1-1")
    await worker.work()
    assert await office.house.database.cold.fetchval(MAILS) == 0
    await _give(guest, bought)
    await worker.work()
    assert len(await mails_to(office, MAIL)) == 1


@pytest.mark.parametrize("email", ["", "nobody", "a@b\r\nBcc: c@d.example", "x" * 300 + "@a.b"])
async def test_what_is_no_address_is_refused(office: BoxOffice, email: str) -> None:
    guest = office.caller()
    held = await office.hold(guest, "S-1-1")
    answer = await guest.post(f"/bookings/{held['bookingId']}/contact", {"email": email})
    assert_problem(answer, 422, "invalid_request")


async def test_what_was_given_back_has_no_contact(office: BoxOffice) -> None:
    guest = office.caller()
    held = await office.hold(guest, "S-1-1")
    await guest.post(f"/bookings/{held['bookingId']}/release")
    answer = await guest.post(f"/bookings/{held['bookingId']}/contact", {"email": MAIL})
    assert_problem(answer, 409, "booking_closed")


async def test_erasing_a_guest_forgets_their_address_and_what_waits_for_it(office: BoxOffice, worker: Worker) -> None:
    async with Browser(office) as browser:
        await browser.post("/session")
        held = (await browser.post("/bookings/reserve", {"eventId": office.event, "seatIds": ["S-1-1"]})).json()
        await browser.post(f"/bookings/{held['bookingId']}/contact", {"email": MAIL})
        await browser.post(f"/bookings/{held['bookingId']}/confirm", {"paymentToken": "tok_ok"})
        await worker.work()
        export = await browser.get("/account/export")
        assert [contact["email"] for contact in export["contacts"]] == [MAIL]
        assert (await browser.post("/account/erasure", {"confirm": "erase"})).status_code == 200
    assert await office.house.database.fetch("SELECT * FROM booking_contacts") == []
    assert await mails_to(office, MAIL) == []


async def _paid_in_silence(office: BoxOffice, guest: Caller, monkeypatch: pytest.MonkeyPatch) -> Json:
    """A booking with a mail address whose seats were let go, for the provider did not say whether it was paid."""
    booking = await office.hold(guest, "S-1-1")
    await _give(guest, booking)
    with monkeypatch.context() as silence:
        silence.setattr(office.api.provider, "lookup", _silent)
        await guest.post(f"/bookings/{booking['bookingId']}/confirm", {"paymentToken": "tok_timeout"})
        await office.house.database.cold.execute(QUIET)
        await reconcile(office.api.database, office.api.cashier)
    return booking


async def _silent(_ask: PaymentAsk) -> Charge:
    raise OutcomeUnknown("no answer")


async def test_who_may_have_paid_learns_that_the_seats_are_gone_and_when_they_are_back(
    office: BoxOffice, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    booking = await _paid_in_silence(office, office.caller(), monkeypatch)
    await worker.work()
    (mail,) = await mails_to(office, MAIL)
    assert mail["Subject"] == "Your seats could not be kept: Test night"
    assert booking["reference"] in text_of(mail)
    await office.house.database.cold.execute(QUIET)
    await reconcile(office.api.database, office.api.cashier)
    await worker.work()
    assert [told["Subject"] for told in await mails_to(office, MAIL)][1:] == ["Your tickets: Test night"]


async def test_what_was_found_paid_before_the_mail_went_out_is_not_told_as_lost(
    office: BoxOffice, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _paid_in_silence(office, office.caller(), monkeypatch)
    await office.house.database.cold.execute(QUIET)
    await reconcile(office.api.database, office.api.cashier)
    await worker.work()
    assert [told["Subject"] for told in await mails_to(office, MAIL)] == ["Your tickets: Test night"]


async def test_who_was_promised_money_that_never_came_tells_the_buyer(
    office: BoxOffice, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(_ask: PaymentAsk) -> Charge:
        return Charge("voided")

    guest = office.caller()
    booking = await office.hold(guest, "S-1-1")
    await _give(guest, booking)
    monkeypatch.setattr(office.api.provider, "capture", refuse)
    answer = await guest.post(f"/bookings/{booking['bookingId']}/confirm", {"paymentToken": "tok_ok"})
    assert_problem(answer, 402, "payment_declined")
    await worker.work()
    (mail,) = await mails_to(office, MAIL)
    assert mail["Subject"] == "Your bank did not pay: Test night"
