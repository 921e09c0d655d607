"""Codes: what a hold costs with one, who may use it, and what it opens."""

from datetime import UTC, datetime, timedelta

import pytest
from tests.integration.http.conftest import BoxOffice, Caller, Json, assert_problem
from tests.integration.http.test_price_lists import FEES, SPLIT, TAX, priced_event

from rowlock.identity.organisers import Organisers

RETURNED = """
SELECT outcome FROM return_seats_v1(
    ARRAY[$1::uuid], ARRAY[gen_random_uuid()], NULL, 'organiser', ARRAY[NULL::text], 'organiser', '', NULL)
"""
SALE = "SELECT amounts FROM money_ledger WHERE booking_id = $1 AND kind = 'sale'"


async def made(office: BoxOffice, **terms: object) -> Json:
    """A code of the house."""
    answer = await office.caller("organiser").post("/codes", terms)
    assert answer.status_code == 201, answer.text
    item: Json = answer.json()["items"][0]
    return item


async def amounts(booking: Json) -> dict[str, str]:
    """The amounts of a booking by their names."""
    return {name: booking[name]["amount"] for name in ("total", "orderFee", "fees", "discount") if name in booking}


async def test_a_code_lowers_a_hold_and_comes_off_again(office: BoxOffice) -> None:
    buyer, event = office.caller(), await priced_event(office, fees=FEES, tax=TAX)
    await made(office, kind="percent", code="Spring", percent="20", eventId=event)
    held = await office.hold(buyer, "S-1-1", "S-2-1", event=event)
    path = f"/bookings/{held['bookingId']}/code"
    lower = (await buyer.post(path, {"code": " spring "})).json()
    assert (lower["code"], lower["discount"]["amount"]) == ("SPRING", "38.00")
    assert [seat["price"]["amount"] for seat in lower["seats"]] == ["100.40", "51.60"]
    split = await office.api.database.fetchrow(SPLIT, held["bookingId"])
    assert split is not None
    assert f"{split['gross'] / 100:.2f}" == lower["total"]["amount"] == "154.50"
    assert f"{split['fee'] / 100:.2f}" == lower["fees"]["amount"]
    assert f"{split['tax'] / 100:.2f}" == lower["taxes"][0]["amount"]["amount"]
    assert (await buyer.post(path, {"code": "SPRING"})).json()["total"] == lower["total"], (
        "a repeat takes nothing more off"
    )
    assert await office.house.broken() == []
    back = (await buyer.delete(path)).json()
    assert {**back, "expiresIn": 0} == {**held, "expiresIn": 0}
    assert (await buyer.delete(path)).json()["total"] == held["total"]
    assert await office.house.broken() == []


async def test_a_code_in_the_request_counts_at_once(office: BoxOffice) -> None:
    event = await priced_event(office)
    await made(office, kind="amount", code="TENNER", amount={"amount": "10.00", "currency": "EUR"}, tiers=["VIP"])
    body = {"eventId": event, "seatIds": ["S-1-1", "S-2-1"], "code": "tenner"}
    held = (await office.caller().post("/bookings/reserve", body)).json()
    assert (held["total"]["amount"], held["discount"]["amount"]) == ("170.00", "10.00")
    best = {"eventId": event, "quantity": 2, "tier": "VIP", "code": "TENNER"}
    assert (await office.caller().post("/bookings/best-available", best)).json()["total"]["amount"] == "220.00"


async def test_a_wrong_code_costs_nobody_their_seats(office: BoxOffice) -> None:
    body = {"eventId": office.event, "seatIds": ["S-1-1"], "code": "NO-SUCH"}
    answer = await office.caller().post("/bookings/reserve", body)
    assert (answer.status_code, answer.json()["codeRefused"]) == (201, "not_valid")
    assert "code" not in answer.json()


async def test_what_is_free_needs_no_order_fee(office: BoxOffice) -> None:
    buyer, event = office.caller(), await priced_event(office, fees=FEES, tax=TAX)
    await made(office, kind="percent", code="GUEST", percent=100, eventId=event)
    held = await office.hold(buyer, "S-1-1", event=event)
    free = (await buyer.post(f"/bookings/{held['bookingId']}/code", {"code": "GUEST"})).json()
    assert (free["total"]["amount"], free["discount"]) == ("0.00", held["total"])
    assert "orderFee" not in free
    assert await office.house.broken() == []


@pytest.mark.parametrize(
    "terms",
    [
        {"code": "WRONG", "disabled": True},
        {"code": "WRONG", "validFrom": "2040-01-01T00:00:00Z"},
        {"code": "WRONG", "validUntil": "2020-01-01T00:00:00Z"},
        {"code": "WRONG", "usesMax": 1, "used": True},
        {"code": "WRONG", "amount": {"amount": "1.00", "currency": "USD"}},
        {"code": "OTHER"},
    ],
)
async def test_all_codes_that_are_not_good_are_answered_alike(office: BoxOffice, terms: Json) -> None:
    kind = "amount" if "amount" in terms else "percent"
    percent = {} if kind == "amount" else {"percent": "10"}
    told = {name: terms[name] for name in terms if name not in ("disabled", "used")}
    code = await made(office, kind=kind, **percent, **told)
    if "disabled" in terms:
        await office.caller("organiser").delete(f"/codes/{code['id']}")
    if "used" in terms:
        other = await office.hold(other_buyer := office.caller(), "S-5-1")
        assert (await other_buyer.post(f"/bookings/{other['bookingId']}/code", {"code": "WRONG"})).status_code == 200
    buyer = office.caller()
    held = await office.hold(buyer, "S-2-1")
    problem = assert_problem(
        await buyer.post(f"/bookings/{held['bookingId']}/code", {"code": "WRONG"}), 422, "code_not_valid"
    )
    assert (problem["reason"], problem["detail"]) == ("not_valid", "This code cannot be used here.")
    assert (await buyer.get(f"/bookings/{held['bookingId']}")).json()["total"] == held["total"]


@pytest.mark.parametrize(
    ("terms", "reason"),
    [({"tiers": ["VIP"]}, "tiers"), ({"seatsMin": 3}, "seats_min"), ({"usesPerPersonMax": 1}, "used_by_you")],
)
async def test_why_a_good_code_does_nothing_is_told(office: BoxOffice, terms: Json, reason: str) -> None:
    buyer = office.caller()
    await made(office, kind="percent", percent="10", code="GOOD", **terms)
    if reason == "used_by_you":
        first = await office.hold(buyer, "S-4-1")
        assert (await buyer.post(f"/bookings/{first['bookingId']}/code", {"code": "GOOD"})).status_code == 200
    held = await office.hold(buyer, "S-2-1", "S-2-2")
    answer = await buyer.post(f"/bookings/{held['bookingId']}/code", {"code": "GOOD"})
    assert assert_problem(answer, 422, "code_not_valid")["reason"] == reason


async def test_a_use_comes_back_when_its_hold_is_given_up(office: BoxOffice) -> None:
    await made(office, kind="percent", percent="10", code="ONCE", usesMax=1)
    first, second = office.caller(), office.caller()
    one, two = await office.hold(first, "S-2-1"), await office.hold(second, "S-2-2")
    assert (await first.post(f"/bookings/{one['bookingId']}/code", {"code": "ONCE"})).status_code == 200
    assert (await second.post(f"/bookings/{two['bookingId']}/code", {"code": "ONCE"})).status_code == 422
    await first.delete(f"/bookings/{one['bookingId']}")
    assert (await second.post(f"/bookings/{two['bookingId']}/code", {"code": "ONCE"})).status_code == 200


async def test_codes_are_not_to_be_guessed(office: BoxOffice) -> None:
    buyer = office.caller()
    held = await office.hold(buyer, "S-2-1")
    tries = [await buyer.post(f"/bookings/{held['bookingId']}/code", {"code": f"GUESS-{n}"}) for n in range(11)]
    assert [answer.status_code for answer in tries] == [422] * 10 + [429]


async def early_event(office: BoxOffice) -> str:
    """An event that comes on sale in a day."""
    return await priced_event(office, onSaleAt=(datetime.now(UTC) + timedelta(days=1)).isoformat())


async def held_with(office: BoxOffice, caller: Caller, event: str, code: str | None, *seats: str) -> Json:
    """The answer to a hold with a code, its status with it."""
    answer = await caller.post("/bookings/reserve", {"eventId": event, "seatIds": list(seats), "code": code})
    told: Json = answer.json()
    return told | {"answer": answer.status_code}


async def test_a_presale_code_opens_the_sale_from_its_own_time(office: BoxOffice) -> None:
    event = await early_event(office)
    now = datetime.now(UTC)
    await made(office, kind="access", code="FANS", eventId=event, opensAt=(now - timedelta(hours=1)).isoformat())
    await made(office, kind="access", code="LATER", eventId=event, opensAt=(now + timedelta(hours=1)).isoformat())
    for code in (None, "LATER", "WRONG"):
        refused = await held_with(office, office.caller(), event, code, "S-2-1")
        assert (refused["answer"], refused["code"]) == (403, "not_on_sale")
    held = await held_with(office, office.caller(), event, "FANS", "S-2-1")
    assert (held["answer"], held["code"], held["total"]["amount"]) == (201, "FANS", "60.00")
    assert await office.house.broken() == []


async def test_a_code_opens_its_block_and_no_other_seat(office: BoxOffice) -> None:
    organiser, buyer = office.caller("organiser"), office.caller()
    blocks = [
        (await organiser.post(f"/events/{office.event}/blocks", {"reason": "Guests", "seatIds": seats})).json()["id"]
        for seats in (["S-2-1", "S-2-2"], ["S-3-1"])
    ]
    await made(office, kind="access", code="BAND", eventId=office.event, blockId=blocks[0])
    other = await held_with(office, buyer, office.event, "BAND", "S-2-1", "S-3-1")
    assert (other["answer"], other["conflicts"]) == (409, ["S-3-1"])
    assert (await office.house.states())[10:12] == [3, 3], "nothing was opened for a hold that failed"
    held = await held_with(office, buyer, office.event, "BAND", "S-2-1", "S-4-1")
    assert (held["answer"], held["code"]) == (201, "BAND")
    assert_problem(await buyer.delete(f"/bookings/{held['bookingId']}/code"), 422, "code_not_valid")
    assert await office.house.broken() == []
    assert (await buyer.delete(f"/bookings/{held['bookingId']}")).status_code == 204
    states = await office.house.states()
    assert (states[10], states[30]) == (3, 0), "a seat of the block goes back to it, another to everybody"
    standing = (await organiser.get(f"/events/{office.event}/blocks")).json()["items"]
    assert sorted(seat for block in standing for seat in block["seatIds"]) == ["S-2-1", "S-2-2", "S-3-1"]
    assert await office.house.broken() == []


@pytest.mark.parametrize("whole", [False, True])
async def test_a_released_block_lets_its_seats_go(office: BoxOffice, whole: bool) -> None:
    organiser, buyer = office.caller("organiser"), office.caller()
    body = {"reason": "Guests", "seatIds": ["S-2-1", "S-2-2"]}
    block = (await organiser.post(f"/events/{office.event}/blocks", body)).json()["id"]
    await made(office, kind="access", code="BAND", eventId=office.event, blockId=block)
    held = await held_with(office, buyer, office.event, "BAND", "S-2-1")
    if whole:
        await organiser.delete(f"/events/{office.event}/blocks/{block}")
    else:
        await organiser.post(f"/events/{office.event}/blocks/release", body)
    await buyer.delete(f"/bookings/{held['bookingId']}")
    assert (await office.house.states())[10:12] == [0, 0]
    assert await office.house.broken() == []


async def test_an_organiser_keeps_track_of_their_codes(office: BoxOffice) -> None:
    organiser = office.caller("organiser")
    many = await organiser.post("/codes", {"kind": "percent", "percent": "12.5", "count": 3, "prefix": "press-"})
    codes = [item["code"] for item in many.json()["items"]]
    assert len(set(codes)) == 3
    assert all(code.startswith("PRESS-") and len(code) == 16 for code in codes)
    buyer = office.caller()
    held = await office.hold(buyer, "S-2-1")
    await buyer.post(f"/bookings/{held['bookingId']}/code", {"code": codes[0]})
    listed = {item["code"]: item for item in (await organiser.get("/codes")).json()["items"]}
    assert (listed[codes[0]]["uses"], listed[codes[1]]["uses"], listed[codes[0]]["percent"]) == (1, 0, "12.5")
    assert (await organiser.get(f"/codes?eventId={office.event}")).json()["items"] == []
    for _ in range(2):
        assert (await organiser.delete(f"/codes/{listed[codes[0]]['id']}")).status_code == 204
    assert (await buyer.get(f"/bookings/{held['bookingId']}")).json()["code"] == codes[0]
    told = [entry["action"] for entry in (await office.caller("operator").get("/audit")).json()["items"][:2]]
    assert told == ["disable_code", "create_codes"]


async def test_another_organiser_s_codes_are_not_there(office: BoxOffice) -> None:
    async with office.house.database.cold.acquire() as connection:
        other = await Organisers.create(connection, "The others")
    assert other is not None
    stranger = office.caller("organiser", organiser_id=other)
    code = await made(office, kind="percent", percent="10", code="OURS")
    assert (await stranger.get("/codes")).json()["items"] == []
    assert_problem(await stranger.delete(f"/codes/{code['id']}"), 404, "code_not_found")
    assert (await stranger.post("/codes", {"kind": "percent", "percent": "50", "code": "OURS"})).status_code == 201
    buyer = office.caller()
    held = await office.hold(buyer, "S-2-1")
    lower = (await buyer.post(f"/bookings/{held['bookingId']}/code", {"code": "OURS"})).json()
    assert lower["total"]["amount"] == "44.55"


@pytest.mark.parametrize(
    ("terms", "word"),
    [
        ({"kind": "percent"}, "percent"),
        ({"kind": "percent", "percent": "0", "code": "ABC"}, "percent"),
        ({"kind": "percent", "percent": "101", "code": "ABC"}, "percent"),
        ({"kind": "amount", "percent": "5", "code": "ABC"}, "percent"),
        ({"kind": "amount", "code": "ABC", "amount": {"amount": "1", "currency": "XYZ"}}, "amount"),
        ({"kind": "percent", "percent": "5"}, "count"),
        ({"kind": "percent", "percent": "5", "count": 2, "code": "ABC"}, "count"),
        ({"kind": "percent", "percent": "5", "count": 1001}, "count"),
        ({"kind": "percent", "percent": "5", "code": "A B"}, "code"),
        ({"kind": "access", "code": "ABC"}, "opensAt"),
        ({"kind": "access", "code": "ABC", "blockId": "x"}, "blockId"),
        ({"kind": "percent", "percent": "5", "code": "ABC", "validFrom": "soon"}, "validFrom"),
        (
            {
                "kind": "percent", "percent": "5", "code": "ABC", "validFrom": "2030-01-01T00:00:00Z",
                "validUntil": "2029-01-01T00:00:00Z",
            },
            "validUntil",
        ),
    ],
)  # fmt: skip
async def test_a_code_that_makes_no_sense_is_refused(office: BoxOffice, terms: Json, word: str) -> None:
    answer = await office.caller("organiser").post("/codes", terms)
    assert word in assert_problem(answer, 422, "invalid_request")["detail"]


async def test_a_name_is_given_once(office: BoxOffice) -> None:
    await made(office, kind="percent", percent="10", code="SPRING")
    again = await office.caller("organiser").post("/codes", {"kind": "percent", "percent": "5", "code": "spring"})
    assert_problem(again, 409, "code_exists")


async def test_what_is_paid_with_a_code_is_posted_to_the_cent(office: BoxOffice) -> None:
    buyer, event = office.caller(), await priced_event(office, fees=FEES, tax=TAX)
    await made(office, kind="percent", code="SPRING", percent="33", eventId=event)
    body = {"eventId": event, "seatIds": ["S-1-1", "S-2-1"], "code": "SPRING"}
    held = (await buyer.post("/bookings/reserve", body)).json()
    paid = (await buyer.post(f"/bookings/{held['bookingId']}/confirm", {"paymentToken": "tok_ok"})).json()
    assert (paid["status"], paid["total"], paid["code"]) == ("CONFIRMED", held["total"], "SPRING")
    sale = await office.api.database.fetchrow(SALE, held["bookingId"])
    assert sale is not None
    buyers, organisers, fees, taxes = (f"{abs(amount) / 100:.2f}" for amount in sale["amounts"])
    assert (buyers, fees, taxes) == (
        held["total"]["amount"], held["fees"]["amount"], held["taxes"][0]["amount"]["amount"]
    )  # fmt: skip
    assert float(organisers) > 0
    assert await office.house.broken() == []


async def test_paid_seats_of_a_block_go_back_to_it_with_their_money(office: BoxOffice) -> None:
    organiser, buyer = office.caller("organiser"), office.caller()
    body = {"reason": "Guests", "seatIds": ["S-2-1", "S-2-2"]}
    block = (await organiser.post(f"/events/{office.event}/blocks", body)).json()["id"]
    await made(office, kind="access", code="BAND", eventId=office.event, blockId=block)
    held = await held_with(office, buyer, office.event, "BAND", "S-2-1", "S-4-1")
    await buyer.post(f"/bookings/{held['bookingId']}/confirm", {"paymentToken": "tok_ok"})
    assert await office.api.database.hot.fetchval(RETURNED, held["bookingId"]) == "returned"
    states = await office.house.states()
    assert (states[10], states[30]) == (3, 0)
    assert await office.house.broken() == []
