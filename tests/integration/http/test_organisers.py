"""What organisers send: venues, plans, events, changes."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.house import small_plan
from tests.integration.http.conftest import BoxOffice, assert_problem

from rowlock.seating import write_plan

Json = dict[str, Any]


def event_body(office: BoxOffice, **changes: object) -> Json:
    """A new event on the house's plan."""
    body: Json = {
        "name": "New night",
        "startsAt": (datetime.now(UTC) + timedelta(days=90)).isoformat(),
        "timezone": "Europe/Berlin",
        "planId": office.house.plan_id,
        "currency": "EUR",
        "prices": {"VIP": "120.00", "Regular": 60},
        "performers": ["The Newcomers"],
        "venue": {"name": "Big hall", "city": "Berlin", "country": "Germany"},
        "description": "A night.",
    }
    return body | changes


@pytest.mark.parametrize("path", ["/venues", "/plans", "/events"])
async def test_only_organisers_create(office: BoxOffice, path: str) -> None:
    assert_problem(await office.public.post(path, {}), 401, "unauthenticated")
    assert_problem(await office.caller("buyer").post(path, {}), 403, "forbidden")
    assert_problem(await office.public.patch(f"/events/{office.event}", {}), 401, "unauthenticated")
    assert_problem(await office.caller().patch(f"/events/{office.event}", {"name": "Mine"}), 403, "forbidden")


async def test_a_venue_is_made_once(office: BoxOffice) -> None:
    organiser, body = office.caller("organiser"), {"name": "Big hall", "city": "Berlin"}
    first, again = await organiser.post("/venues", body), await organiser.post("/venues", body)
    assert (first.status_code, first.json()) == (201, again.json())
    other = await organiser.post("/venues", body | {"city": "Bonn"})
    assert other.json()["id"] != first.json()["id"]


async def test_a_plan_comes_in_whole_or_not_at_all(office: BoxOffice) -> None:
    organiser = office.caller("organiser")
    written = write_plan(small_plan(rows=2, name="Studio"), "rowlock")
    answer = await organiser.post_bytes("/plans?venue=Studio", written)
    assert answer.status_code == 201, answer.text
    assert answer.json()["id"]
    assert answer.json()["seatCount"] == 20
    csv = b"section,row,number,x,y,category,accessible\nA,1,1,0,0,VIP,\nA,1,2,1,0,VIP,\n"
    assert (await organiser.post_bytes("/plans", csv, "text/csv")).json()["seatCount"] == 2
    document = json.loads(written)
    rows = document["sections"][0]["rows"]
    rows[1]["seats"].append(rows[1]["seats"][0])
    problem = assert_problem(await organiser.post_bytes("/plans", json.dumps(document).encode()), 422, "invalid_plan")
    assert 'row "2", seat "1" appears twice' in problem["detail"]
    assert problem["place"]
    assert_problem(await organiser.post_bytes("/plans", b"\x89PNG\r\n\x1a\n\x00"), 422, "invalid_plan")


async def test_a_new_event_is_found_and_on_sale(office: BoxOffice) -> None:
    answer = await office.caller("organiser").post("/events", event_body(office))
    assert answer.status_code == 201, answer.text
    event_id = answer.json()["id"]
    assert answer.headers["location"] == f"/api/v1/events/{event_id}"
    event = (await office.public.get(f"/events/{event_id}")).json()
    assert (event["name"], event["description"], event["timezone"]) == ("New night", "A night.", "Europe/Berlin")
    assert event["venue"]["city"] == "Berlin"
    assert {tier["name"]: tier["price"]["amount"] for tier in event["tiers"]} == {"VIP": "120.00", "Regular": "60.00"}
    found = (await office.public.get("/events?q=newcomers")).json()["items"]
    assert [item["id"] for item in found] == [event_id]
    await office.hold(office.caller(), "S-1-1", event=event_id)


async def test_a_repeated_creation_makes_one_event(office: BoxOffice) -> None:
    organiser, body = office.caller("organiser"), event_body(office)
    first = await organiser.post("/events", body, idempotency_key="k")
    assert (await organiser.post("/events", body, idempotency_key="k")).json() == first.json()
    assert (await office.public.get("/events")).json()["total"] == 2


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"prices": {"VIP": "1.00"}}, "Regular"),
        ({"prices": {"VIP": "1.00", "Regular": "1.00", "Balcony": "1.00"}}, "Balcony"),
        ({"prices": {"VIP": "1.005", "Regular": "1.00"}}, "decimals"),
        ({"prices": {"VIP": "-1", "Regular": "1.00"}}, "-1"),
        ({"prices": {"VIP": "1e400", "Regular": "1.00"}}, "price"),
        ({"prices": {"VIP": "1E+999999999999", "Regular": "1.00"}}, "VIP"),
        ({"prices": {"VIP": "1E-999999999999", "Regular": "1.00"}}, "VIP"),
        ({"prices": {"VIP": "NaN", "Regular": "1.00"}}, "NaN"),
        ({"prices": {"VIP": 10**40, "Regular": "1.00"}}, "price"),
        ({"prices": {"VIP": 1.5, "Regular": "1.00"}}, "prices"),
        ({"currency": "XXQ"}, "currency"),
        ({"timezone": "Mars/Olympus"}, "timezone"),
        ({"timezone": "../../etc/passwd"}, "timezone"),
        ({"startsAt": "2030-01-01T20:00:00"}, "startsAt"),
        ({"startsAt": "tomorrow"}, "startsAt"),
        ({"startsAt": "0001-01-01T00:00:00+23:59"}, "startsAt"),
        ({"onSaleAt": "9999-12-31T23:59:59-23:59"}, "onSaleAt"),
        ({"holdSeconds": 5}, "holdSeconds"),
        ({"holdSeconds": 10**30}, "holdSeconds"),
        ({"name": ""}, "name"),
        ({"name": "x" * 301}, "name"),
        ({"performers": ["x"] * 101}, "performers"),
        ({"colour": "red"}, "colour"),
        ({"venue": {"name": ""}}, "venue"),
    ],
)
async def test_an_event_with_a_fault_is_refused_by_name(office: BoxOffice, changes: Json, word: str) -> None:
    answer = await office.caller("organiser").post("/events", event_body(office, **changes))
    assert word in assert_problem(answer, 422, "invalid_request")["detail"]
    assert (await office.public.get("/events")).json()["total"] == 1


@pytest.mark.parametrize("plan_id", ["999", "x", -1, 10**30, ""])
async def test_an_event_needs_a_plan(office: BoxOffice, plan_id: object) -> None:
    answer = await office.caller("organiser").post("/events", event_body(office, planId=plan_id))
    assert answer.status_code in {404, 422}
    assert_problem(answer, answer.status_code, answer.json()["code"])


async def test_a_new_price_is_for_holds_to_come(office: BoxOffice) -> None:
    buyer, organiser = office.caller(), office.caller("organiser")
    booking = await office.hold(buyer, "S-2-1")
    answer = await organiser.patch(f"/events/{office.event}", {"prices": {"Regular": "70.00"}})
    assert answer.status_code == 200
    standing = (await buyer.get(f"/bookings/{booking['bookingId']}")).json()
    assert standing["total"]["amount"] == "49.50"
    assert (await office.hold(office.caller(), "S-2-2"))["total"]["amount"] == "70.00"
    paid = await buyer.post(f"/bookings/{booking['bookingId']}/confirm", {"paymentToken": "tok_ok"})
    assert paid.json()["total"]["amount"] == "49.50"
    assert await office.house.broken() == []


async def test_an_event_is_renamed_paused_resumed_and_put_off(office: BoxOffice) -> None:
    organiser, path = office.caller("organiser"), f"/events/{office.event}"
    wanted = {"eventId": office.event, "seatIds": ["S-1-1"]}
    await organiser.patch(path, {"name": "Renamed gala", "salePaused": True})
    assert (await office.public.get("/events?q=gala")).json()["items"][0]["status"] == "paused"
    assert_problem(await office.caller().post("/bookings/reserve", wanted), 503, "sale_paused")
    opens = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    await organiser.patch(path, {"salePaused": False, "onSaleAt": opens})
    assert (await office.public.get(path)).json()["status"] == "scheduled"
    assert_problem(await office.caller().post("/bookings/reserve", wanted), 403, "not_on_sale")
    await organiser.patch(path, {"onSaleAt": None})
    await office.hold(office.caller(), "S-1-1")


@pytest.mark.parametrize(
    "patch",
    [
        {"prices": {"Balcony": "1.00"}}, {"prices": {"VIP": "x"}}, {"holdSeconds": 1}, {"timezone": "x"},
        {"startsAt": None}, {"name": ""}, {"strange": 1}, {"startsAt": "2030-01-01"}, [],
    ],
)  # fmt: skip
async def test_a_change_with_a_fault_changes_nothing(office: BoxOffice, patch: object) -> None:
    organiser, path = office.caller("organiser"), f"/events/{office.event}"
    before = (await office.public.get(path)).json()
    assert_problem(await organiser.patch(path, patch), 422, "invalid_request")
    assert (await office.public.get(path)).json() == before


@pytest.mark.parametrize("event_id", ["999", "x", "9" * 30])
async def test_no_change_to_an_event_that_is_not_there(office: BoxOffice, event_id: str) -> None:
    answer = await office.caller("organiser").patch(f"/events/{event_id}", {"name": "X"})
    assert_problem(answer, 404, "event_not_found")
