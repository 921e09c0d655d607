"""Holding seats, keeping them, giving them back."""

from datetime import UTC, datetime, timedelta

import pytest
from tests.integration.http.conftest import BoxOffice, assert_problem

from rowlock.kernel.ids import parse_booking_id


@pytest.mark.parametrize(
    ("path", "seats"),
    [
        ("/bookings/reserve", {"seatIds": ["S-1-1", "S-1-2"]}),
        ("/bookings", {"seatIds": ["S-1-1", "S-1-2"]}),
        ("/bookings/reserve", {"ticketIds": ["S-1-1", "S-1-2"]}),
        ("/bookings", {"ticketIds": ["S-1-1", "S-1-2"]}),
    ],
)
async def test_a_hold_in_every_wording(office: BoxOffice, path: str, seats: dict[str, object]) -> None:
    answer = await office.caller().post(path, {"eventId": office.event, **seats})
    assert answer.status_code == 201, answer.text
    booking = answer.json()
    assert answer.headers["location"] == f"/api/v1/bookings/{booking['bookingId']}"
    assert booking["status"] == "HOLD"
    assert booking["seats"] == [
        {"id": seat, "tier": "VIP", "price": {"amount": "95.00", "currency": "EUR"}} for seat in ("S-1-1", "S-1-2")
    ]
    assert booking["total"] == {"amount": "190.00", "currency": "EUR"}
    assert booking["expiresIn"] == 300
    left = datetime.fromisoformat(booking["expiresAt"]) - datetime.now(UTC)
    assert timedelta(seconds=280) < left <= timedelta(seconds=301)
    assert len(booking["reference"]) == 8
    assert await office.taken() == {"S-1-1", "S-1-2"}


async def test_a_single_ticket_id_and_an_event_id_as_a_number(office: BoxOffice) -> None:
    answer = await office.caller().post("/bookings", {"eventId": int(office.event), "ticketId": "S-3-1"})
    assert answer.status_code == 201
    assert [seat["id"] for seat in answer.json()["seats"]] == ["S-3-1"]


async def test_a_taken_seat_is_named_and_nothing_is_held(office: BoxOffice) -> None:
    await office.hold(office.caller(), "S-1-1", "S-1-2")
    body = {"eventId": office.event, "seatIds": ["S-1-3", "S-1-2", "S-1-1"]}
    problem = assert_problem(await office.caller().post("/bookings/reserve", body), 409, "seat_unavailable")
    assert sorted(problem["conflicts"]) == ["S-1-1", "S-1-2"]
    assert await office.taken() == {"S-1-1", "S-1-2"}


@pytest.mark.parametrize(
    ("seats", "code"),
    [
        ([f"S-2-{place}" for place in range(1, 11)] + ["S-3-1"], "too_many_seats"),
        (["S-1-1", "S-9-9"], "unknown_seat"),
        (["S-1-1", ""], "unknown_seat"),
        (["S-1-1", "s-1-1"], "unknown_seat"),
        (["S-1-1", "S-1-2\x00"], "invalid_request"),
        (["S-1-1", "S-1-1"], "invalid_request"),
        ([], "invalid_request"),
    ],
)
async def test_what_cannot_be_one_booking(office: BoxOffice, seats: list[str], code: str) -> None:
    answer = await office.caller().post("/bookings/reserve", {"eventId": office.event, "seatIds": seats})
    assert_problem(answer, 422, code)
    assert await office.taken() == set()


async def test_ten_seats_are_still_one_booking(office: BoxOffice) -> None:
    booking = await office.hold(office.caller(), *(f"S-2-{place}" for place in range(1, 11)))
    assert booking["total"]["amount"] == "495.00"


async def test_a_fourth_hold_waits_for_one_of_the_three(office: BoxOffice) -> None:
    buyer = office.caller()
    first, *_ = [await office.hold(buyer, f"S-1-{place}") for place in (1, 3, 5)]
    body = {"eventId": office.event, "seatIds": ["S-1-7"]}
    assert_problem(await buyer.post("/bookings/reserve", body), 409, "too_many_holds")
    assert (await buyer.delete(f"/bookings/{first['bookingId']}")).status_code == 204
    assert (await buyer.post("/bookings/reserve", body)).status_code == 201


async def test_before_the_sale_the_answer_says_when_it_opens(office: BoxOffice) -> None:
    opens = datetime.now(UTC) + timedelta(hours=2)
    early = await office.house.new_event(on_sale_in=timedelta(hours=2))
    answer = await office.caller().post("/bookings/reserve", {"eventId": str(early), "seatIds": ["S-1-1"]})
    problem = assert_problem(answer, 403, "not_on_sale")
    assert abs(datetime.fromisoformat(problem["onSaleAt"]) - opens) < timedelta(seconds=10)


@pytest.mark.parametrize("event_id", ["999", "abc", "-1", "9" * 30, "1\x00", 10**30, -1])
async def test_no_hold_on_an_unknown_event(office: BoxOffice, event_id: object) -> None:
    answer = await office.caller().post("/bookings/reserve", {"eventId": event_id, "seatIds": ["S-1-1"]})
    assert answer.status_code in {404, 422}
    assert_problem(answer, answer.status_code, answer.json()["code"])


async def test_a_booking_is_its_owners_alone(office: BoxOffice) -> None:
    owner, stranger = office.caller(), office.caller()
    booking = await office.hold(owner, "S-1-1")
    path = f"/bookings/{booking['bookingId']}"
    seen = (await owner.get(path)).json()
    assert seen["status"] == "HOLD"
    assert seen["seats"] == booking["seats"]
    for answer in (
        await stranger.get(path),
        await stranger.delete(path),
        await stranger.post(f"{path}/release"),
        await stranger.post(f"{path}/extend"),
        await stranger.post(f"{path}/confirm", {"paymentToken": "tok_ok"}),
    ):
        assert_problem(answer, 404, "booking_not_found")
    assert (await stranger.get("/bookings")).json() == {"items": [], "nextCursor": None}
    assert await office.taken() == {"S-1-1"}


@pytest.mark.parametrize("booking_id", ["1", "x", "0190a5b4-0000-7000-8000-000000000000", "%00", "9" * 200])
async def test_a_booking_that_is_none(office: BoxOffice, booking_id: str) -> None:
    buyer = office.caller()
    assert_problem(await buyer.get(f"/bookings/{booking_id}"), 404, "booking_not_found")
    assert_problem(await buyer.delete(f"/bookings/{booking_id}"), 404, "booking_not_found")
    confirm = await buyer.post(f"/bookings/{booking_id}/confirm", {"paymentToken": "tok_ok"})
    assert_problem(confirm, 404, "booking_not_found")


async def test_own_bookings_newest_first_and_by_status(office: BoxOffice) -> None:
    buyer = office.caller()
    first, second = await office.hold(buyer, "S-1-1"), await office.hold(buyer, "S-1-2")
    await buyer.delete(f"/bookings/{first['bookingId']}")
    listed = (await buyer.get("/bookings")).json()
    assert [item["bookingId"] for item in listed["items"]] == [second["bookingId"], first["bookingId"]]
    assert listed["nextCursor"] is None
    released = (await buyer.get("/bookings?status=RELEASED")).json()
    assert [item["bookingId"] for item in released["items"]] == [first["bookingId"]]
    assert_problem(await buyer.get("/bookings?status=LOST"), 422, "invalid_request")
    assert_problem(await buyer.get("/bookings?cursor=-1"), 422, "invalid_request")


async def test_the_cursor_goes_on_where_the_page_ended(office: BoxOffice) -> None:
    buyer, made = office.caller(), []
    for _ in range(52):
        booking = await office.hold(buyer, "S-1-1")
        await buyer.delete(f"/bookings/{booking['bookingId']}")
        made.append(booking["bookingId"])
    first = (await buyer.get("/bookings")).json()
    rest = (await buyer.get(f"/bookings?cursor={first['nextCursor']}")).json()
    assert [item["bookingId"] for item in first["items"] + rest["items"]] == made[::-1]
    assert (len(rest["items"]) > 0, rest["nextCursor"]) == (True, None)


async def test_a_hold_is_extended_twice_and_not_again(office: BoxOffice) -> None:
    buyer = office.caller()
    booking = await office.hold(buyer, "S-1-1")
    path = f"/bookings/{booking['bookingId']}/extend"
    ends = [datetime.fromisoformat(booking["expiresAt"])]
    for left in (1, 0):
        answer = await buyer.post(path)
        assert answer.status_code == 200
        assert answer.json()["extensionsLeft"] == left
        ends.append(datetime.fromisoformat(answer.json()["expiresAt"]))
    assert ends == sorted(ends)
    assert_problem(await buyer.post(path), 409, "no_more_extensions")


@pytest.mark.parametrize("verb", ["DELETE", "release"])
async def test_seats_given_back_are_free_at_once(office: BoxOffice, verb: str) -> None:
    buyer, next_buyer = office.caller(), office.caller()
    booking = await office.hold(buyer, "S-1-1", "S-1-2")
    path = f"/bookings/{booking['bookingId']}"
    answer = await (buyer.delete(path) if verb == "DELETE" else buyer.post(f"{path}/release"))
    assert (answer.status_code, answer.content) == (204, b"")
    await office.hold(next_buyer, "S-1-1", "S-1-2")
    assert (await buyer.get(path)).json()["status"] == "RELEASED"
    assert (await buyer.delete(path)).status_code == 204
    assert await office.taken() == {"S-1-1", "S-1-2"}


async def test_a_lapsed_hold_reads_expired_and_can_no_longer_be_paid(office: BoxOffice) -> None:
    subject = "buyer:slow"
    old = await office.house.old_hold(0, 1, ago=timedelta(minutes=6), buyer=subject)
    buyer = office.caller(subject=subject)
    path = f"/bookings/{old.booking_id}"
    assert parse_booking_id(str(old.booking_id)) == old.booking_id
    assert (await buyer.get(path)).json()["status"] == "EXPIRED"
    assert_problem(await buyer.post(f"{path}/confirm", {"paymentToken": "tok_ok"}), 410, "hold_expired")
    assert_problem(await buyer.post(f"{path}/extend"), 410, "hold_expired")
    charges = await office.house.database.fetchrow("SELECT count(*) AS n FROM mock_charges")
    assert charges is not None
    assert charges["n"] == 0
    await office.hold(office.caller(), "S-1-1", "S-1-2")


@pytest.mark.parametrize("path", ["/bookings/reserve", "/bookings", "/bookings/1"])
async def test_writes_need_a_token_of_ours(office: BoxOffice, path: str) -> None:
    body = {"eventId": office.event, "seatIds": ["S-1-1"], "paymentDetails": {"paymentToken": "tok_ok"}}
    answer = await office.public.post(path, body)
    assert_problem(answer, 401, "unauthenticated")
    assert answer.headers["www-authenticate"].startswith("Bearer")
    good = office.api.signer.issue("buyer:x", "buyer")
    expired = office.api.signer.issue("buyer:x", "buyer", lifetime_seconds=-1)
    unsigned = "eyJhbGciOiJub25lIn0." + good.split(".")[1] + "."
    for token in ("nonsense", good[:-4] + "AAAA", expired, unsigned, "a.b.c", "x" * 9000):
        headers = {"Authorization": f"Bearer {token}"}
        assert_problem(await office.client.post(f"/api/v1{path}", json=body, headers=headers), 401, "unauthenticated")
    basic = {"Authorization": "Basic dXNlcjpwYXNz"}
    assert_problem(await office.client.post(f"/api/v1{path}", json=body, headers=basic), 401, "unauthenticated")
    assert await office.taken() == set()


@pytest.mark.parametrize("seconds", [60, 600])
async def test_a_hold_lasts_as_long_as_its_event_says(office: BoxOffice, seconds: int) -> None:
    event = await office.house.new_event(hold_seconds=seconds)
    booking = await office.hold(office.caller(), "S-1-1", event=str(event))
    assert booking["expiresIn"] == seconds


async def test_a_sale_leaves_every_invariant_standing(office: BoxOffice) -> None:
    buyer = office.caller()
    kept, given_back = await office.hold(buyer, "S-1-1"), await office.hold(buyer, "S-1-2")
    await buyer.post(f"/bookings/{kept['bookingId']}/extend")
    await buyer.delete(f"/bookings/{given_back['bookingId']}")
    await buyer.post(f"/bookings/{kept['bookingId']}/confirm", {"paymentToken": "tok_ok"})
    assert await office.house.broken() == []
