"""Giving tickets back and exchanging them, over HTTP: by buyers, by staff, and for everybody."""

from tests.integration.http.conftest import BoxOffice, Caller, Json, assert_problem

from rowlock.payments.refund_runner import pay_refunds
from rowlock.payments.refund_runs import pay_back


async def bought(office: BoxOffice, buyer: Caller, *seats: str) -> Json:
    booking = await office.hold(buyer, *seats)
    answer = await buyer.post(f"/bookings/{booking['bookingId']}/confirm", {"paymentToken": "tok_ok"})
    assert answer.status_code == 200
    return dict(answer.json())


async def test_a_buyer_gives_tickets_back_and_reads_what_became_of_the_money(office: BoxOffice) -> None:
    buyer = office.caller()
    booking = await bought(office, buyer, "S-1-1", "S-1-2")
    path = f"/bookings/{booking['bookingId']}"
    assert_problem(await buyer.post(f"{path}/refund", {"seatIds": ["S-5-5"]}), 422, "unknown_seat")
    assert_problem(await office.caller().post(f"{path}/refund"), 404, "booking_not_found")
    refund = await buyer.post(f"{path}/refund", {"seatIds": ["S-1-1"]}, idempotency_key="refund-1")
    assert (refund.status_code, refund.json()["state"], refund.json()["seats"]) == (202, "due", ["S-1-1"])
    assert await office.taken() == {"S-1-2"}
    await pay_refunds(office.house.database, office.api.providers)
    again = await buyer.post(f"{path}/refund", {"seatIds": ["S-1-1"]})
    assert (again.status_code, again.json()["refundId"]) == (200, refund.json()["refundId"])
    assert_problem(await buyer.post(f"{path}/refund", {"seatIds": ["S-1-1", "S-1-2"]}), 409, "already_returned")
    assert (await buyer.post(f"{path}/refund")).status_code == 202
    now = (await buyer.get(path)).json()
    assert (now["status"], "tickets" in now) == ("REFUNDED", False)
    listed = (await buyer.get(f"{path}/refunds")).json()["items"]
    assert [one["amount"]["amount"] for one in listed] == ["95.00", "95.00"]
    paid = await buyer.post(f"{path}/refund", {"seatIds": ["S-1-1"]}, idempotency_key="refund-2")
    assert paid.status_code == 200
    assert await office.house.broken() == []


async def test_only_paid_tickets_go_back_and_only_in_time(office: BoxOffice) -> None:
    buyer = office.caller()
    held = await office.hold(buyer, "S-1-1")
    assert_problem(await buyer.post(f"/bookings/{held['bookingId']}/refund"), 409, "not_paid")
    booking = await bought(office, buyer, "S-2-1")
    await office.house.database.cold.execute("UPDATE events SET starts_at = clock_timestamp() + interval '23 hours'")
    problem = assert_problem(await buyer.post(f"/bookings/{booking['bookingId']}/refund"), 409, "refund_window_closed")
    assert "24 hours" in problem["detail"]


async def test_tickets_are_exchanged_for_a_hold(office: BoxOffice) -> None:
    buyer = office.caller()
    old = await bought(office, buyer, "S-1-1")
    new = await office.hold(buyer, "S-5-1")
    body = {"fromBookingId": old["bookingId"]}
    told = await buyer.post(f"/bookings/{new['bookingId']}/exchange", body)
    assert (told.status_code, told.json()["due"]["amount"], told.json()["back"]["amount"]) == (200, "0.00", "45.50")
    paid = await buyer.post(f"/bookings/{new['bookingId']}/confirm", {"paymentToken": "tok_ok"})
    assert (paid.status_code, await office.taken()) == (200, {"S-5-1"})
    assert_problem(await buyer.post(f"/bookings/{new['bookingId']}/exchange", body), 409, "not_paid")


async def test_staff_pay_back_at_any_time_and_it_stands_in_the_audit_log(office: BoxOffice) -> None:
    booking = await bought(office, office.caller(), "S-1-1")
    await office.house.database.cold.execute("UPDATE events SET starts_at = clock_timestamp() + interval '1 hour'")
    staff, path = office.caller("organiser"), f"/events/{office.event}/bookings/{booking['bookingId']}/refund"
    refund = await staff.post(path, {"reason": "Seat is broken"})
    assert (refund.status_code, refund.json()["kind"]) == (200, "organiser")
    logged = (await office.caller("operator").get("/audit")).json()["items"][0]
    assert (logged["action"], logged["reason"]) == ("refund_booking", "Seat is broken")
    assert_problem(await staff.post(f"/events/999/bookings/{booking['bookingId']}/refund", {}), 404, "event_not_found")


async def test_everybody_is_paid_back_once_the_event_is_called_off_by_two(office: BoxOffice) -> None:
    for number in range(3):
        await bought(office, office.caller(), f"S-1-{number + 1}")
    staff, path = office.caller("organiser"), f"/events/{office.event}/refund-run"
    assert_problem(await staff.post(path, {"reason": "The singer is ill"}), 409, "event_not_called_off")
    await staff.patch(f"/events/{office.event}", {"cancelled": True})
    await office.house.database.cold.execute("UPDATE organisers SET two_people = true")
    waiting = await staff.post(path, {"reason": "The singer is ill"})
    assert (waiting.status_code, waiting.json()["kind"]) == (202, "refund_event")
    assert_problem(await staff.get(path), 409, "event_not_called_off")
    decided = await office.caller("organiser").post(f"/approvals/{waiting.json()['id']}", {"approve": True})
    assert decided.json()["state"] == "done"
    await pay_back(office.house.database, office.api.seats_changed)
    await pay_refunds(office.house.database, office.api.providers)
    run = (await staff.get(path)).json()
    assert (run["bookings"], run["asked"], run["paid"], run["amount"]["amount"]) == (3, 3, 3, "285.00")
    assert await office.taken() == set()
