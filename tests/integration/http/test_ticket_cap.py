"""So many tickets a person: over bookings, accounts and cards, and never one more, however many buy at once."""

import asyncio

import pytest
from tests.integration.http.conftest import BoxOffice, Caller, Json, assert_problem

from rowlock.bookings.ticket_cap import mailbox_of
from rowlock.identity.accounts.directory import Address, account_for

CAP = 4
WAITING = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
PAID = "UPDATE bookings SET status = 'PAYMENT_PENDING', payment_id = gen_random_uuid() WHERE id = $1"
CONFIRMED = "SELECT coalesce(sum(cardinality(seat_nos)), 0) FROM bookings WHERE status = 'CONFIRMED'"


@pytest.fixture
async def capped(office: BoxOffice) -> BoxOffice:
    """An event of which a person may have four tickets."""
    organiser = office.caller("organiser")
    changed = await organiser.patch(f"/events/{office.event}", {"ticketsPerPersonMax": CAP})
    assert changed.status_code == 200, changed.text
    return office


def seats(first: int, count: int) -> list[str]:
    return [f"S-{n // 10 + 1}-{n % 10 + 1}" for n in range(first, first + count)]


async def pay(caller: Caller, booking: Json, token: str) -> int:
    return (await caller.post(f"/bookings/{booking['bookingId']}/confirm", {"paymentToken": token})).status_code


async def sold(office: BoxOffice) -> int:
    return int(await office.house.database.cold.fetchval(CONFIRMED))


async def test_the_cap_is_told_and_can_be_lifted(capped: BoxOffice) -> None:
    assert (await capped.public.get(f"/events/{capped.event}")).json()["ticketsPerPersonMax"] == CAP
    organiser = capped.caller("organiser")
    assert (await organiser.patch(f"/events/{capped.event}", {"ticketsPerPersonMax": 0})).status_code == 422
    await organiser.patch(f"/events/{capped.event}", {"ticketsPerPersonMax": None})
    assert (await capped.public.get(f"/events/{capped.event}")).json()["ticketsPerPersonMax"] is None


async def test_more_than_the_cap_is_refused_before_anything_is_held(capped: BoxOffice) -> None:
    body = {"eventId": capped.event, "seatIds": seats(0, CAP + 1)}
    problem = assert_problem(await capped.caller().post("/bookings/reserve", body), 409, "too_many_tickets")
    assert problem["ticketsPerPersonMax"] == CAP
    best = {"eventId": capped.event, "quantity": CAP + 1}
    assert_problem(await capped.caller().post("/bookings/best-available", best), 409, "too_many_tickets")


async def test_the_second_booking_counts_with_the_first(capped: BoxOffice) -> None:
    buyer = capped.caller()
    assert await pay(buyer, await capped.hold(buyer, *seats(0, 3)), "tok_ok") == 200
    body = {"eventId": capped.event, "seatIds": seats(10, 2)}
    assert_problem(await buyer.post("/bookings/reserve", body), 409, "too_many_tickets")
    assert await pay(buyer, await capped.hold(buyer, *seats(10, 1)), "tok_ok") == 200


async def test_another_account_with_the_same_card_has_no_more(capped: BoxOffice) -> None:
    first, second = capped.caller(), capped.caller()
    assert await pay(first, await capped.hold(first, *seats(0, 3)), "tok_ok#card-4242") == 200
    booking = await capped.hold(second, *seats(10, 2))
    answer = await second.post(f"/bookings/{booking['bookingId']}/confirm", {"paymentToken": "tok_ok#card-4242"})
    assert_problem(answer, 409, "too_many_tickets")
    charges = await capped.house.database.fetch("SELECT state FROM mock_charges ORDER BY state")
    assert [row["state"] for row in charges] == ["captured", "voided"]
    assert (await second.get(f"/bookings/{booking['bookingId']}")).json()["status"] == "HOLD"
    assert await pay(second, booking, "tok_ok#card-1111") == 200
    assert await capped.house.broken() == []


async def test_one_mailbox_has_no_more_under_other_spellings_or_as_the_guest_before(capped: BoxOffice) -> None:
    async with capped.house.database.cold.acquire() as connection, connection.transaction():
        ada, _ = await account_for(connection, Address.of("Ada@Example.org"), "Ada", "en")
        again, _ = await account_for(connection, Address.of("ada+tickets@example.org"), "Ada", "en")
        await connection.execute("INSERT INTO account_guests (subject, account_id) VALUES ('guest:ada', $1)", ada.id)
    first = capped.caller(subject=ada.subject)
    assert await pay(first, await capped.hold(first, *seats(0, 3)), "tok_ok#card-1") == 200
    for number, subject in enumerate((again.subject, "guest:ada")):
        other = capped.caller(subject=subject)
        booking = await capped.hold(other, *seats(10 + 3 * number, 2))
        assert await pay(other, booking, f"tok_ok#card-{number + 2}") == 409
    assert await sold(capped) == 3


@pytest.mark.parametrize(
    ("address", "mailbox"), [("a@b.c", "a@b.c"), ("a+x+y@b.c", "a@b.c"), ("+x@b.c", "+x@b.c"), ('"a@b"@c', '"a@b"@c')]
)
def test_where_mail_ends_up(address: str, mailbox: str) -> None:
    assert mailbox_of(address) == mailbox


async def test_claims_of_one_card_wait_for_each_other(capped: BoxOffice) -> None:
    """One payment is just before its commit when another with the same card asks."""
    first, second = capped.caller(), capped.caller()
    held = await capped.hold(first, *seats(0, 3))
    booking = await capped.hold(second, *seats(10, 2))
    card = capped.api.bots.traces.hidden("card", "card-4242")
    async with capped.house.database.cold.acquire() as beside, beside.transaction():
        assert await beside.fetchval("SELECT claim_tickets_v1($1, $2)", held["bookingId"], [card])
        await beside.execute(PAID, held["bookingId"])
        paying = asyncio.create_task(pay(second, booking, "tok_ok#card-4242"))
        while not await beside.fetchval(WAITING):
            assert not paying.done(), "the second claim did not wait"
    assert await paying == 409


async def test_fifty_accounts_with_one_card_get_no_more_than_one_person(capped: BoxOffice) -> None:
    buyers = [capped.caller() for _ in range(50)]
    bookings = [await capped.hold(buyer, *seats(n, 1)) for n, buyer in enumerate(buyers)]
    pairs = zip(buyers, bookings, strict=True)
    codes = await asyncio.gather(*(pay(buyer, booking, "tok_ok#card-4242") for buyer, booking in pairs))
    assert sorted(codes) == [200] * CAP + [409] * (50 - CAP)
    assert await sold(capped) == CAP
    assert await capped.house.broken() == []
