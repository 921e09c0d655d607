"""Idempotency keys, rate limits, and the guest session of the storefront."""

import asyncio

import pytest
from tests.integration.http.conftest import BoxOffice, assert_problem

RESERVE = "/bookings/reserve"
BOOKINGS = "SELECT count(*) AS n FROM bookings"
WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted"


async def bookings(office: BoxOffice) -> int:
    """How many bookings there are."""
    row = await office.house.database.fetchrow(BOOKINGS)
    assert row is not None
    found: int = row["n"]
    return found


@pytest.mark.parametrize("header", ["idempotency_key", "x_idempotency_key"])
async def test_the_same_key_gives_the_same_answer(office: BoxOffice, header: str) -> None:
    buyer, body = office.caller(), {"eventId": office.event, "seatIds": ["S-1-1"]}
    first = await buyer.post(RESERVE, body, **{header: "k-1"})
    again = await buyer.post(RESERVE, body, **{header: "k-1"})
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert again.headers["location"] == first.headers["location"]
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"
    assert await bookings(office) == 1


async def test_both_names_are_one_key(office: BoxOffice) -> None:
    buyer, body = office.caller(), {"eventId": office.event, "seatIds": ["S-1-1"]}
    first = await buyer.post(RESERVE, body, idempotency_key="k-1")
    assert (await buyer.post(RESERVE, body, x_idempotency_key="k-1")).content == first.content


async def test_a_key_with_another_request_is_refused(office: BoxOffice) -> None:
    buyer, body = office.caller(), {"eventId": office.event, "seatIds": ["S-1-1"]}
    await buyer.post(RESERVE, body, idempotency_key="k-1")
    other = {"eventId": office.event, "seatIds": ["S-1-2"]}
    assert_problem(await buyer.post(RESERVE, other, idempotency_key="k-1"), 422, "key_reused")
    assert_problem(await buyer.post("/bookings", body, idempotency_key="k-1"), 422, "key_reused")
    assert await office.taken() == {"S-1-1"}


async def test_a_key_is_one_persons(office: BoxOffice) -> None:
    for seat in ("S-1-1", "S-1-2"):
        answer = await office.caller().post(RESERVE, {"eventId": office.event, "seatIds": [seat]}, idempotency_key="k")
        assert answer.status_code == 201
    assert await bookings(office) == 2


async def test_refusals_are_kept_too(office: BoxOffice) -> None:
    owner, buyer = office.caller(), office.caller()
    booking = await office.hold(owner, "S-1-1")
    body = {"eventId": office.event, "seatIds": ["S-1-1"]}
    first = await buyer.post(RESERVE, body, idempotency_key="k")
    await owner.delete(f"/bookings/{booking['bookingId']}")
    again = await buyer.post(RESERVE, body, idempotency_key="k")
    assert (first.status_code, again.status_code) == (409, 409)
    assert again.content == first.content


async def test_a_double_click_makes_one_booking(office: BoxOffice) -> None:
    buyer, body = office.caller(), {"eventId": office.event, "seatIds": ["S-1-1"]}
    answers = await asyncio.gather(*(buyer.post(RESERVE, body, idempotency_key="k") for _ in range(8)))
    held = {answer.json()["bookingId"] for answer in answers if answer.status_code == 201}
    assert len(held) == 1
    for answer in answers:
        if answer.status_code != 201:
            assert assert_problem(answer, 409, "key_in_use")["retryAfter"] >= 1
            assert int(answer.headers["retry-after"]) >= 1
    assert await bookings(office) == 1


async def test_a_repeated_payment_charges_once(office: BoxOffice) -> None:
    buyer = office.caller()
    booking = await office.hold(buyer, "S-1-1")
    path, body = f"/bookings/{booking['bookingId']}/confirm", {"paymentToken": "tok_ok"}
    first = await buyer.post(path, body, idempotency_key="pay")
    assert (await buyer.post(path, body, idempotency_key="pay")).content == first.content
    row = await office.house.database.fetchrow("SELECT count(*) AS n FROM mock_charges")
    assert row is not None
    assert row["n"] == 1


async def test_hold_and_pay_in_one_call_repeats_as_one(office: BoxOffice) -> None:
    buyer = office.caller()
    body = {"ticketIds": ["S-1-1"], "paymentDetails": {"paymentToken": "tok_ok"}}
    first = await buyer.post(f"/bookings/{office.event}", body, idempotency_key="k")
    again = await buyer.post(f"/bookings/{office.event}", body, idempotency_key="k")
    assert again.content == first.content
    assert await bookings(office) == 1


@pytest.mark.parametrize(
    "left_behind",
    [
        pytest.param("claimed_by = claimed_by + 1", id="its instance is gone"),
        pytest.param("claimed_by = claimed_by", id="its instance is not at it any more"),
        pytest.param("claimed_by = NULL, claimed_until = now() - interval '1 s'", id="its time is over"),
    ],
)
async def test_a_claim_left_behind_is_carried_on_without_a_second_booking(office: BoxOffice, left_behind: str) -> None:
    buyer, body = office.caller(), {"eventId": office.event, "seatIds": ["S-1-1"]}
    first = await buyer.post(RESERVE, body, idempotency_key="k")
    await office.house.database.cold.execute(
        f"UPDATE idempotency_keys SET answered_at = NULL, status = NULL, {left_behind}"
    )
    again = await buyer.post(RESERVE, body, idempotency_key="k")
    assert (again.status_code, again.json()["bookingId"]) == (201, first.json()["bookingId"])
    assert await bookings(office) == 1


async def test_a_claim_of_a_process_that_lives_is_taken_over_when_it_dies(
    office: BoxOffice, other_office: BoxOffice
) -> None:
    """The first process is stopped at the event's lock; its claim falls with its instance, its command goes on."""
    whom = "buyer:who-tries-again"
    body = {"eventId": office.event, "seatIds": ["S-1-1"]}
    async with office.house.database.cold.acquire() as beside, beside.transaction():
        await beside.execute("SELECT 1 FROM event_inventory FOR UPDATE")
        first = asyncio.create_task(office.caller(subject=whom).post(RESERVE, body, idempotency_key="k"))
        while not await beside.fetchval(WAITING):
            assert not first.done()
        refused = await other_office.caller(subject=whom).post(RESERVE, body, idempotency_key="k")
        assert_problem(refused, 409, "key_in_use")
        await office.api.instance.close()
        second = asyncio.create_task(other_office.caller(subject=whom).post(RESERVE, body, idempotency_key="k"))
        while await beside.fetchval(WAITING) < 2:
            assert not second.done()
    late, answered = await first, await second
    assert answered.status_code == 201
    assert late.status_code == 409 or late.content == answered.content
    again = await office.caller(subject=whom).post(RESERVE, body, idempotency_key="k")
    assert again.content == answered.content
    assert await bookings(office) == 1


async def test_a_key_is_forgotten_after_a_day(office: BoxOffice) -> None:
    organiser = office.caller("organiser")
    await organiser.post("/venues", {"name": "First"}, idempotency_key="k")
    await office.house.database.cold.execute(
        "UPDATE idempotency_keys SET created_at = created_at - interval '25 hours'"
    )
    assert (await organiser.post("/venues", {"name": "Second"}, idempotency_key="k")).status_code == 201


async def test_the_fourth_attempt_within_a_minute_waits(strict_office: BoxOffice) -> None:
    office, buyer = strict_office, strict_office.caller()
    body = {"eventId": office.event, "seatIds": ["S-9-9"]}
    for _ in range(3):
        assert_problem(await buyer.post(RESERVE, body), 422, "unknown_seat")
    answer = await buyer.post(RESERVE, body)
    problem = assert_problem(answer, 429, "rate_limited")
    assert 1 <= problem["retryAfter"] <= 60
    assert answer.headers["retry-after"] == str(problem["retryAfter"])
    assert_problem(await office.caller().post(RESERVE, body), 422, "unknown_seat")


async def test_the_sixth_request_within_a_minute_waits(strict_office: BoxOffice) -> None:
    buyer = strict_office.caller()
    for _ in range(5):
        assert (await buyer.get("/bookings")).status_code == 200
    assert_problem(await buyer.get("/bookings"), 429, "rate_limited")


async def test_a_refusal_for_haste_is_not_kept_under_the_key(strict_office: BoxOffice) -> None:
    buyer, body = strict_office.caller(), {"eventId": strict_office.event, "seatIds": ["S-9-9"]}
    for number in range(3):
        await buyer.post(RESERVE, body, idempotency_key=f"k-{number}")
    assert_problem(await buyer.post(RESERVE, body, idempotency_key="late"), 429, "rate_limited")
    row = await strict_office.house.database.fetchrow("SELECT count(*) AS n FROM idempotency_keys")
    assert row is not None
    assert row["n"] == 3


async def test_a_guest_buys_with_the_session_cookie_from_our_own_pages_only(office: BoxOffice) -> None:
    client, body = office.client, {"eventId": office.event, "seatIds": ["S-1-1"]}
    begun = await client.post("/api/v1/session")
    assert begun.status_code == 204
    cookie = begun.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    url = f"/api/v1{RESERVE}"
    assert_problem(await client.post(url, json=body), 403, "cross_site_request")
    foreign = {"X-Requested-With": "rowlock", "Sec-Fetch-Site": "cross-site"}
    assert_problem(await client.post(url, json=body, headers=foreign), 403, "cross_site_request")
    assert await office.taken() == set()
    own = {"X-Requested-With": "rowlock", "Sec-Fetch-Site": "same-origin"}
    booking = await client.post(url, json=body, headers=own)
    assert booking.status_code == 201
    listed = (await client.get("/api/v1/bookings")).json()
    assert [item["bookingId"] for item in listed["items"]] == [booking.json()["bookingId"]]
    kept = await client.post("/api/v1/session", headers=own)
    assert "set-cookie" not in kept.headers
