"""Fees and tax: the price that is shown is the price that is held, and its parts add up to it."""

import pytest
from tests.integration.http.conftest import BoxOffice, Json, assert_problem
from tests.integration.http.test_organisers import event_body

FEES = {"perTicket": "1.50", "percent": "5", "percentMax": "4.00", "perOrder": "2.50"}
TAX = {"rate": "19"}
SPLIT = """
SELECT sum(gross)::bigint AS gross, sum(fee)::bigint AS fee, sum(tax)::bigint AS tax, min(gross - fee - tax) AS least
FROM booking_split_v1(ARRAY[$1::uuid])
"""


async def priced_event(office: BoxOffice, **terms: object) -> str:
    """An event with these terms: VIP 120, Regular 60."""
    answer = await office.caller("organiser").post("/events", event_body(office, **terms))
    assert answer.status_code == 201, answer.text
    event_id: str = answer.json()["id"]
    return event_id


async def tier(office: BoxOffice, event: str, name: str = "Regular") -> Json:
    """A price tier as it is shown."""
    tiers: list[Json] = (await office.public.get(f"/events/{event}")).json()["tiers"]
    return next(one for one in tiers if one["name"] == name)


async def test_the_price_shown_is_the_price_held(office: BoxOffice) -> None:
    event = await priced_event(office, fees=FEES, tax=TAX)
    detail = (await office.public.get(f"/events/{event}")).json()
    shown = await tier(office, event)
    assert [shown[part]["amount"] for part in ("price", "fees", "tax")] == ["64.50", "3.78", "10.30"]
    assert (detail["orderFee"]["amount"], detail["tax"]) == ("2.50", {"name": "VAT", "rate": "19"})
    assert detail["priceFrom"] == shown["price"]
    held = await office.hold(office.caller(), "S-2-1", "S-2-2", event=event)
    assert [seat["price"] for seat in held["seats"]] == [shown["price"]] * 2
    assert (held["total"]["amount"], held["orderFee"]["amount"]) == ("131.50", "2.50")
    assert (held["fees"]["amount"], held["taxes"][0]["amount"]["amount"]) == ("9.66", "21.00")


@pytest.mark.parametrize("to", ["platform", "organiser"])
async def test_what_is_in_a_booking_adds_up_to_its_total(office: BoxOffice, to: str) -> None:
    event = await priced_event(office, fees=FEES | {"to": to}, tax=TAX | {"included": False})
    held = await office.hold(office.caller(), "S-1-1", "S-2-2", "S-3-1", event=event)
    split = await office.api.database.fetchrow(SPLIT, held["bookingId"])
    assert split is not None
    assert f"{split['gross'] / 100:.2f}" == held["total"]["amount"]
    assert f"{split['tax'] / 100:.2f}" == held["taxes"][0]["amount"]["amount"]
    assert f"{split['fee'] / 100:.2f}" == (held["fees"]["amount"] if to == "platform" else "0.00")
    assert split["least"] >= 0


async def test_a_hold_keeps_the_prices_it_was_made_at(office: BoxOffice) -> None:
    buyer, organiser = office.caller(), office.caller("organiser")
    event = await priced_event(office, fees=FEES, tax=TAX)
    held = await office.hold(buyer, "S-2-1", event=event)
    changed = await organiser.patch(f"/events/{event}", {"prices": {"Regular": "80.00"}, "fees": None, "tax": None})
    assert changed.status_code == 200, changed.text
    again = (await buyer.get(f"/bookings/{held['bookingId']}")).json()
    told = ("total", "seats", "orderFee", "fees", "taxes")
    assert {name: again[name] for name in told} == {name: held[name] for name in told}
    later = await office.hold(office.caller(), "S-2-2", event=event)
    assert later["total"]["amount"] == "80.00"
    assert not {"orderFee", "fees", "taxes"} & later.keys()
    assert await office.house.broken() == []


async def test_fees_stay_when_only_a_price_changes(office: BoxOffice) -> None:
    organiser, event = office.caller("organiser"), await priced_event(office, fees=FEES, tax=TAX)
    await organiser.patch(f"/events/{event}", {"prices": {"Regular": "80.00"}})
    shown = await tier(office, event)
    assert (shown["price"]["amount"], shown["fees"]["amount"]) == ("85.50", "4.62")
    entries = (await office.caller("operator").get(f"/audit?object=event:{event}")).json()["items"]
    assert entries[0]["after"] == {"prices": {"VIP": 12000, "Regular": 8000}}
    await organiser.patch(f"/events/{event}", {"fees": {"perTicket": "1.00"}})
    entries = (await office.caller("operator").get(f"/audit?object=event:{event}")).json()["items"]
    assert entries[0]["after"] == {"fees": {"perTicket": "1.00"}}


async def test_a_cap_on_the_total_holds_with_the_order_fee(office: BoxOffice) -> None:
    event = await priced_event(office, fees={"perOrder": "5.00"})
    body = {"eventId": event, "quantity": 2, "maxTotal": {"amount": "124.99", "currency": "EUR"}}
    refused = assert_problem(await office.caller().post("/bookings/best-available", body), 409, "nothing_fits")
    assert refused["cheapestTotal"]["amount"] == "125.00"
    body["maxTotal"] = {"amount": "125.00", "currency": "EUR"}
    held = await office.caller().post("/bookings/best-available", body)
    assert (held.status_code, held.json()["total"]["amount"]) == (201, "125.00")


@pytest.mark.parametrize(("currency", "price", "total"), [("JPY", "8805", "9686"), ("KWD", "1.234", "1.357")])
async def test_every_currency_has_its_own_units(office: BoxOffice, currency: str, price: str, total: str) -> None:
    terms = {"currency": currency, "prices": {"VIP": "9", "Regular": price}}
    event = await priced_event(office, **terms, tax={"rate": "10", "included": False})
    held = await office.hold(office.caller(), "S-2-1", event=event)
    assert held["total"] == {"amount": total, "currency": currency}


@pytest.mark.parametrize(
    ("terms", "word"),
    [
        ({"fees": {"perTicket": "0.001"}}, "fees.perTicket"),
        ({"fees": {"percent": "120"}}, "fees.percent"),
        ({"fees": {"to": "me"}}, "me"),
        ({"fees": {"perSeat": "1"}}, "perSeat"),
        ({"tax": {"rate": "-1"}}, "tax.rate"),
        ({"tax": {}, "venue": {"name": "Big hall", "country": "United States"}}, "tax.rate"),
    ],
)
async def test_terms_that_cannot_be_reckoned_with_are_refused(office: BoxOffice, terms: Json, word: str) -> None:
    organiser = office.caller("organiser")
    for answer in (
        await organiser.post("/events", event_body(office, **terms)),
        await organiser.patch(f"/events/{office.event}", {name: terms[name] for name in terms if name != "venue"}),
    ):
        assert word in assert_problem(answer, 422, "invalid_request")["detail"]


RETURNED = """
SELECT amount FROM return_seats_v1(
    ARRAY[$1::uuid], ARRAY[gen_random_uuid()], ARRAY[$2::int], 'organiser', ARRAY[NULL::text], 'organiser', '', NULL)
"""
BALANCE = """
SELECT sum(amount)::bigint AS left FROM money_ledger, unnest(accounts, amounts) AS a(account, amount)
WHERE booking_id = $1 AND account = ANY ('{organiser,fees,tax}')
"""


@pytest.mark.parametrize("code", [None, "ODD"])
async def test_seats_paid_back_one_by_one_give_back_the_total(office: BoxOffice, code: str | None) -> None:
    """Whatever rounding there was: in any order, the last unit goes back, with the order fee at the end."""
    buyer, event = office.caller(), await priced_event(office, fees=FEES, tax={"rate": "7.77", "included": False})
    terms = {"kind": "percent", "percent": "33.3333", "code": "ODD"}
    assert (await office.caller("organiser").post("/codes", terms)).status_code == 201
    body = {"eventId": event, "seatIds": ["S-1-1", "S-2-1", "S-2-2", "S-2-3"]} | ({"code": code} if code else {})
    held = (await buyer.post("/bookings/reserve", body)).json()
    assert held.get("code") == code
    paid = await buyer.post(f"/bookings/{held['bookingId']}/confirm", {"paymentToken": "tok_ok"})
    assert paid.status_code == 200, paid.text
    database = office.api.database
    back = [await database.hot.fetchval(RETURNED, held["bookingId"], seat_no) for seat_no in (11, 0, 12, 10)]
    assert f"{sum(back) / 100:.2f}" == held["total"]["amount"]
    assert min(back) > 0
    assert await database.hot.fetchval(BALANCE, held["bookingId"]) == 0
    assert await office.house.broken() == []
