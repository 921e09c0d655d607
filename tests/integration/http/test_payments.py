"""Paying for a hold, with each of the test tokens."""

import asyncio

import pytest
from tests.integration.http.conftest import BoxOffice, Caller, Json, assert_problem

from rowlock.payments.reconciler import reconcile

AGED = "UPDATE payments SET updated_at = updated_at - interval '1 minute'"
CHARGES = "SELECT state, amount FROM mock_charges ORDER BY created_at"


async def pay(buyer: Caller, booking: Json, token: str, expected: int) -> Json:
    """Confirm and expect that status."""
    answer = await buyer.post(f"/bookings/{booking['bookingId']}/confirm", {"paymentToken": token})
    assert answer.status_code == expected, answer.text
    found: Json = answer.json()
    return found


async def charges(office: BoxOffice) -> list[tuple[str, int]]:
    """What the provider's books say: (state, minor units)."""
    return [(row["state"], row["amount"]) for row in await office.house.database.fetch(CHARGES)]


def assert_confirmed(booking: Json, paid: Json) -> None:
    """The answer tells of the paid booking with a ticket a seat."""
    assert paid["status"] == "CONFIRMED"
    assert paid["bookingId"] == booking["bookingId"]
    assert paid["reference"] == booking["reference"]
    assert paid["seats"] == booking["seats"]
    assert paid["total"] == booking["total"]
    assert [ticket["seatId"] for ticket in paid["tickets"]] == [seat["id"] for seat in booking["seats"]]
    assert len({ticket["ticketId"] for ticket in paid["tickets"]}) == len(booking["seats"])


async def test_a_good_card_books_the_seats(office: BoxOffice) -> None:
    buyer = office.caller()
    booking = await office.hold(buyer, "S-1-1", "S-2-1")
    assert_confirmed(booking, await pay(buyer, booking, "tok_ok", 200))
    assert await charges(office) == [("captured", 14450)]
    statuses = await office.statuses()
    assert (statuses["S-1-1"], statuses["S-2-1"]) == ("booked", "booked")
    assert await office.house.broken() == []


async def test_paying_twice_charges_once(office: BoxOffice) -> None:
    buyer = office.caller()
    booking = await office.hold(buyer, "S-1-1")
    answers = await asyncio.gather(
        *(buyer.post(f"/bookings/{booking['bookingId']}/confirm", {"paymentToken": "tok_ok"}) for _ in range(5))
    )
    assert {answer.status_code for answer in answers} <= {200, 202, 409}
    assert 200 in {answer.status_code for answer in answers}
    assert_confirmed(booking, (await buyer.get(f"/bookings/{booking['bookingId']}")).json())
    assert await charges(office) == [("captured", 9500)]


async def test_a_confirmed_booking_is_not_given_back_or_extended(office: BoxOffice) -> None:
    buyer = office.caller()
    booking = await office.hold(buyer, "S-1-1")
    await pay(buyer, booking, "tok_ok", 200)
    path = f"/bookings/{booking['bookingId']}"
    assert_problem(await buyer.delete(path), 409, "booking_closed")
    assert_problem(await buyer.post(f"{path}/extend"), 409, "booking_closed")
    assert await office.taken() == {"S-1-1"}


@pytest.mark.parametrize("token", ["tok_declined", "tok_of_nobody"])
async def test_a_declined_card_leaves_the_hold_for_another(office: BoxOffice, token: str) -> None:
    buyer = office.caller()
    booking = await office.hold(buyer, "S-1-1")
    path = f"/bookings/{booking['bookingId']}"
    assert_problem(await buyer.post(f"{path}/confirm", {"paymentToken": token}), 402, "payment_declined")
    seen = (await buyer.get(path)).json()
    assert (seen["status"], seen["expiresAt"]) == ("HOLD", booking["expiresAt"])
    assert_confirmed(booking, await pay(buyer, booking, "tok_ok", 200))
    assert [state for state, _ in await charges(office)] == ["declined", "captured"]
    assert await office.house.broken() == []


async def challenged(office: BoxOffice, buyer: Caller, booking: Json) -> str:
    """The address of the challenge page of a new `tok_3ds` payment."""
    pending = await pay(buyer, booking, "tok_3ds", 202)
    assert pending["code"] == "payment_pending"
    assert pending["nextAction"]["type"] == "redirect"
    address: str = pending["nextAction"]["url"]
    page = await office.client.get(address)
    assert page.status_code == 200
    assert "text/html" in page.headers["content-type"]
    await assert_kept(buyer, booking, 600, waits_for_buyer=True)
    return address


async def assert_kept(buyer: Caller, booking: Json, seconds: int, *, waits_for_buyer: bool) -> None:
    """The booking, by itself and in the list, says for how long its seats are kept at most, and for whom."""
    listed = (await buyer.get("/bookings?status=PAYMENT_PENDING")).json()["items"]
    for seen in (*listed, (await buyer.get(f"/bookings/{booking['bookingId']}")).json()):
        assert (seen["bookingId"], seen["status"]) == (booking["bookingId"], "PAYMENT_PENDING")
        assert seen["payment"] == {"keptFor": pytest.approx(seconds, abs=30), "waitsForBuyer": waits_for_buyer}
    assert len(listed) == 1


async def test_an_approved_challenge_books_the_seats(office: BoxOffice) -> None:
    buyer = office.caller()
    booking = await office.hold(buyer, "S-1-1")
    address = await challenged(office, buyer, booking)
    answered = await office.client.post(address, data={"answer": "approve"})
    assert (answered.status_code, answered.headers["location"]) == (303, f"/bookings/{booking['bookingId']}")
    assert_confirmed(booking, (await buyer.get(f"/bookings/{booking['bookingId']}")).json())
    assert await charges(office) == [("captured", 9500)]


async def test_a_refused_challenge_leaves_the_hold(office: BoxOffice) -> None:
    buyer = office.caller()
    booking = await office.hold(buyer, "S-1-1")
    address = await challenged(office, buyer, booking)
    assert (await office.client.post(address, data={"answer": "decline"})).status_code == 303
    assert (await office.client.post(address, data={"answer": "approve"})).status_code == 303
    assert (await buyer.get(f"/bookings/{booking['bookingId']}")).json()["status"] == "HOLD"
    assert_confirmed(booking, await pay(buyer, booking, "tok_ok", 200))


async def test_while_a_challenge_is_open_the_seats_stay_and_nothing_else_moves(office: BoxOffice) -> None:
    buyer = office.caller()
    booking = await office.hold(buyer, "S-1-1")
    address = await challenged(office, buyer, booking)
    path = f"/bookings/{booking['bookingId']}"
    assert (await pay(buyer, booking, "tok_ok", 202))["nextAction"] == {"type": "redirect", "url": address}
    assert_problem(await buyer.post(f"{path}/extend"), 409, "payment_pending")
    assert await charges(office) == [("challenge", 9500)]
    assert await office.taken() == {"S-1-1"}


async def test_who_gives_up_in_the_middle_of_a_challenge_pays_nothing_and_the_seats_are_free(office: BoxOffice) -> None:
    buyer = office.caller()
    booking = await office.hold(buyer, "S-1-1")
    await challenged(office, buyer, booking)
    assert (await buyer.delete(f"/bookings/{booking['bookingId']}")).status_code == 204
    assert await charges(office) == [("voided", 9500)]
    assert await office.taken() == set()


@pytest.mark.parametrize("payment", ["x", "0190a5b4-0000-7000-8000-000000000000", "%00"])
async def test_no_challenge_page_without_a_payment(office: BoxOffice, payment: str) -> None:
    assert_problem(await office.client.get(f"/pay/challenge/{payment}"), 404, "not_found")
    assert_problem(await office.client.post(f"/pay/challenge/{payment}"), 404, "not_found")


async def test_a_lost_answer_is_asked_for_and_settled(office: BoxOffice) -> None:
    buyer = office.caller()
    booking = await office.hold(buyer, "S-1-1")
    pending = await pay(buyer, booking, "tok_timeout", 202)
    assert pending["nextAction"] == {"type": "wait"}
    assert pending["keptFor"] == pytest.approx(900, abs=30)
    await assert_kept(buyer, booking, 900, waits_for_buyer=False)
    assert await office.taken() == {"S-1-1"}
    await office.house.database.cold.execute(AGED)
    assert await reconcile(office.api.database, office.api.cashier) == 1
    assert_confirmed(booking, (await buyer.get(f"/bookings/{booking['bookingId']}")).json())
    assert await charges(office) == [("captured", 9500)]
    assert await reconcile(office.api.database, office.api.cashier) == 0


async def test_hold_and_pay_in_one_call(office: BoxOffice) -> None:
    buyer = office.caller()
    body = {"ticketIds": ["S-1-1", "S-1-2"], "paymentDetails": {"paymentToken": "tok_ok"}}
    answer = await buyer.post(f"/bookings/{office.event}", body)
    assert answer.status_code in {200, 201}
    assert answer.json()["status"] == "CONFIRMED"
    assert len(answer.json()["tickets"]) == 2
    again = await office.caller().post(f"/bookings/{office.event}", body)
    assert assert_problem(again, 409, "seat_unavailable")["conflicts"] == ["S-1-1", "S-1-2"]


async def test_one_call_with_a_bad_card_names_the_hold_that_stands(office: BoxOffice) -> None:
    buyer = office.caller()
    body = {"seatIds": ["S-1-1"], "paymentDetails": {"paymentToken": "tok_declined"}}
    problem = assert_problem(await buyer.post(f"/bookings/{office.event}", body), 402, "payment_declined")
    paid = await pay(buyer, {"bookingId": problem["bookingId"]}, "tok_ok", 200)
    assert paid["status"] == "CONFIRMED"


@pytest.mark.parametrize("token", ["", None, 5, "x" * 201, "tok_ok\x00"])
async def test_a_payment_token_that_is_none(office: BoxOffice, token: object) -> None:
    buyer = office.caller()
    booking = await office.hold(buyer, "S-1-1")
    body = {"paymentToken": token}
    answer = await buyer.post(f"/bookings/{booking['bookingId']}/confirm", body)
    assert 400 <= answer.status_code < 500, answer.text
    assert (await pay(buyer, booking, "tok_ok", 200))["status"] == "CONFIRMED"
