"""The public reads: events, one event, its plan, its seats."""

import base64
import gzip
import struct
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.house import STAFF
from tests.integration.http.conftest import BoxOffice, assert_problem

from rowlock.organiser import EventBody, VenueBody

SAO_PAULO = VenueBody(name="Allianz Parque", city="São Paulo", country="Brazil")
KOELN = VenueBody(name="Gürzenich", city="Köln", country="Germany")


async def programme(office: BoxOffice) -> dict[str, str]:
    """Three more events of three places; their ids by name."""
    wanted = (
        ("Marisol Vega", SAO_PAULO, 40, "Marisol Vega"),
        ("Requiem", KOELN, 50, "Gürzenich-Orchester"),
        ("Évening of Café Songs", VenueBody(name="Blue Note", city="New York", country="United States"), 60, "Zoë"),
    )
    ids = {}
    for name, venue, days, performer in wanted:
        body = EventBody(
            name=name,
            starts_at=(datetime.now(UTC) + timedelta(days=days)).isoformat(),
            plan_id=office.house.plan_id,
            prices={"VIP": "95.00", "Regular": "49.50"},
            performers=[performer],
            venue=venue,
        )
        ids[name] = str(await office.house.organiser.create_event(body, STAFF, None))
    return ids


async def names(office: BoxOffice, query: str) -> list[str]:
    """The names of the events a query finds, in order."""
    answer = await office.public.get(f"/events?{query}")
    assert answer.status_code == 200, answer.text
    return [item["name"] for item in answer.json()["items"]]


async def test_a_list_tells_what_the_contract_names_soonest_first(office: BoxOffice) -> None:
    await programme(office)
    page = (await office.public.get("/events")).json()
    assert (page["page"], page["pageSize"], page["total"]) == (1, 20, 4)
    assert [item["name"] for item in page["items"]] == [
        "Test night",
        "Marisol Vega",
        "Requiem",
        "Évening of Café Songs",
    ]
    event = page["items"][1]
    assert event["venue"].items() >= {"name": "Allianz Parque", "city": "São Paulo", "country": "Brazil"}.items()
    assert event["performers"][0]["name"] == "Marisol Vega"
    assert event["priceFrom"] == {"amount": "49.50", "currency": "EUR"}
    assert event["availableSeats"] == 50
    assert event["status"] == "on_sale"
    assert datetime.fromisoformat(event["startsAt"]).tzinfo is not None
    assert {"id", "timezone", "onSaleAt"} <= event.keys()


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=marisol", "Marisol Vega"),
        ("q=marisl", "Marisol Vega"),
        ("q=MARISOL%20vega", "Marisol Vega"),
        ("q=sao%20paulo", "Marisol Vega"),
        ("q=evening%20cafe", "Évening of Café Songs"),
        ("q=zoe", "Évening of Café Songs"),
        ("q=guerzenich", "Requiem"),
        ("q=gurzenich", "Requiem"),
        ("city=sao%20paulo", "Marisol Vega"),
        ("city=S%C3%A3o%20Paulo", "Marisol Vega"),
        ("city=koln", "Requiem"),
        ("city=KÖLN", "Requiem"),
        ("city=new%20yrk", "Évening of Café Songs"),
    ],
)
async def test_typos_accents_and_case_are_forgiven(office: BoxOffice, query: str, found: str) -> None:
    await programme(office)
    assert (await names(office, query))[0] == found


async def test_words_that_nothing_has_find_nothing(office: BoxOffice) -> None:
    await programme(office)
    answer = (await office.public.get("/events?q=xylophonist")).json()
    assert (answer["items"], answer["total"]) == ([], 0)
    assert await names(office, "city=Reykjavik") == []


async def test_dates_bound_the_beginning_of_the_event(office: BoxOffice) -> None:
    await programme(office)
    middle = (datetime.now(UTC) + timedelta(days=45)).date().isoformat()
    later = (datetime.now(UTC) + timedelta(days=55)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert await names(office, f"start={middle}&end={later}") == ["Requiem"]
    assert await names(office, f"end={middle}") == ["Test night", "Marisol Vega"]
    assert await names(office, f"start={later}") == ["Évening of Café Songs"]


async def test_pages_share_out_all_events_once(office: BoxOffice) -> None:
    await programme(office)
    pages = [(await office.public.get(f"/events?page={page}&pageSize=3")).json() for page in (1, 2, 3)]
    assert [len(page["items"]) for page in pages] == [3, 1, 0]
    assert {page["total"] for page in pages} == {4}
    assert len({item["id"] for page in pages for item in page["items"]}) == 4


async def test_events_of_a_venue_and_of_a_performer(office: BoxOffice) -> None:
    await programme(office)
    requiem = (await office.public.get("/events?q=requiem")).json()["items"][0]
    assert await names(office, f"venueId={requiem['venue']['id']}") == ["Requiem"]
    assert await names(office, f"performerId={requiem['performers'][0]['id']}") == ["Requiem"]


async def test_search_is_the_list_under_another_name(office: BoxOffice) -> None:
    await programme(office)
    found = (await office.public.get("/events/search?keyword=marisol&page=1&pageSize=5")).json()
    assert [item["name"] for item in found["items"]] == ["Marisol Vega"]
    assert found["pageSize"] == 5
    middle = (datetime.now(UTC) + timedelta(days=45)).date().isoformat()
    early = (await office.public.get(f"/events/search?end={middle}")).json()
    assert early["total"] == 2


@pytest.mark.parametrize(
    "query",
    [
        "page=-1", "page=0", "page=x", "page=99999999999999999999", "pageSize=0", "pageSize=100000", "start=soon",
        "end=2027-13-45", "venueId=abc", "performerId=-5", "start=0001-01-01T00:00:00%2B23:59", "q=" + "x" * 5000,
        "end=9999-12-31T23:59:59-23:59", "venueId=99999999999999999999",
    ],
)  # fmt: skip
async def test_queries_that_make_no_sense_are_refused_in_words(office: BoxOffice, query: str) -> None:
    assert_problem(await office.public.get(f"/events?{query}"), 422, "invalid_request")


@pytest.mark.parametrize(
    "query", ["q=a%00b", "city=%00", "q=%ED%A0%80", "q=%FF%FE", "q=%25%27%22%5C%28%26%7C%21", "q="]
)
async def test_strange_letters_in_a_query_are_never_our_fault(office: BoxOffice, query: str) -> None:
    for path in ("/events", "/events/search"):
        answer = await office.public.get(f"{path}?{query.replace('q=', 'keyword=') if 'search' in path else query}")
        assert answer.status_code in {200, 422}, answer.text


async def test_an_event_tells_its_tiers_and_its_limits(office: BoxOffice) -> None:
    buyer = office.caller()
    await office.hold(buyer, "S-1-1", "S-2-1")
    await office.caught_up()
    event = (await office.public.get(f"/events/{office.event}")).json()
    tiers = {tier["name"]: tier for tier in event["tiers"]}
    assert tiers["VIP"]["price"] == {"amount": "95.00", "currency": "EUR"}
    assert (tiers["VIP"]["total"], tiers["VIP"]["available"]) == (10, 9)
    assert (tiers["Regular"]["total"], tiers["Regular"]["available"]) == (40, 39)
    assert {"id", "fees"} <= tiers["VIP"].keys()
    assert (event["holdSeconds"], event["seatsPerBookingMax"], event["seatCount"]) == (300, 10, 50)
    assert event["description"] == ""
    for link in event["links"].values():
        assert (await office.client.get(link)).status_code == 200


@pytest.mark.parametrize("event_id", ["999", "abc", "-1", "1.5", "9" * 18, "9" * 40, "%00", "1%00", "%EF%BC%91"])
@pytest.mark.parametrize("part", ["", "/plan", "/seats", "/seats?format=list", "/seats?since=0"])
async def test_an_unknown_event_is_not_found(office: BoxOffice, event_id: str, part: str) -> None:
    assert_problem(await office.public.get(f"/events/{event_id}{part}"), 404, "event_not_found")


async def test_a_plan_has_its_seats_in_order(office: BoxOffice) -> None:
    answer = await office.public.get(f"/events/{office.event}/plan")
    plan = answer.json()
    assert (plan["name"], plan["seatCount"]) == ("Small theatre", 50)
    seats = plan["seats"]
    assert [seat["id"] for seat in seats[:3]] == ["S-1-1", "S-1-2", "S-1-3"]
    assert seats[11].items() >= {"section": "S", "row": "2", "number": "2", "x": 2.0, "y": 2.0}.items()
    assert (seats[9]["tier"], seats[10]["tier"]) == ("VIP", "Regular")
    assert seats[0]["accessible"] is False
    assert [(row["first"], row["count"]) for row in plan["sections"][0]["rows"]][:2] == [(0, 10), (10, 10)]
    assert "max-age" in answer.headers["cache-control"]


async def test_the_column_format_says_the_same(office: BoxOffice) -> None:
    seats = (await office.public.get(f"/events/{office.event}/plan")).json()["seats"]
    columns: dict[str, Any] = (await office.public.get(f"/events/{office.event}/plan?format=columns")).json()
    packed = {name: base64.b64decode(text) for name, text in columns["seats"].items() if text is not None}
    assert list(struct.unpack("<50f", packed["x"])) == [seat["x"] for seat in seats]
    assert list(struct.unpack("<50f", packed["y"])) == [seat["y"] for seat in seats]
    categories = [category["name"] for category in columns["categories"]]
    assert [categories[index] for index in packed["category"]] == [seat["tier"] for seat in seats]
    assert set(packed["flags"]) == {0}
    assert columns["seats"]["ids"] is None


@pytest.mark.parametrize("path", ["plan", "plan?format=columns", "seats", "seats?format=list"])
async def test_an_unchanged_answer_costs_no_bytes(office: BoxOffice, path: str) -> None:
    first = await office.public.get(f"/events/{office.event}/{path}")
    etag = first.headers["etag"]
    for tags in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        again = await office.public.get(f"/events/{office.event}/{path}", if_none_match=tags)
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
    other = await office.public.get(f"/events/{office.event}/{path}", if_none_match='"other"')
    assert (other.status_code, other.content) == (200, first.content)


@pytest.mark.parametrize("path", ["plan", "plan?format=columns", "seats"])
async def test_large_answers_come_compressed_to_those_who_take_it(office: BoxOffice, path: str) -> None:
    url = f"{office.client.base_url}/api/v1/events/{office.event}/{path}"
    plain = await office.client.get(url, headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    async with office.client.stream("GET", url, headers={"Accept-Encoding": "gzip"}) as packed:
        assert packed.headers["content-encoding"] == "gzip"
        raw = b"".join([chunk async for chunk in packed.aiter_raw()])
    assert gzip.decompress(raw) == plain.content
    assert plain.headers["vary"] == "Accept-Encoding"


async def test_two_bits_tell_each_seat(office: BoxOffice) -> None:
    buyer = office.caller()
    await office.hold(buyer, "S-1-2", "S-1-5")
    bought = await office.hold(buyer, "S-2-3")
    paid = await buyer.post(f"/bookings/{bought['bookingId']}/confirm", {"paymentToken": "tok_ok"})
    assert paid.status_code == 200
    await office.caught_up()
    answer = await office.public.get(f"/events/{office.event}/seats")
    snapshot = answer.json()
    packed = base64.b64decode(snapshot["seats"])
    states = [packed[seat // 4] >> 2 * (seat % 4) & 3 for seat in range(50)]
    assert states == await office.house.states()
    assert (states[1], states[4], states[12]) == (1, 1, 2)
    assert snapshot["counts"] == {"available": 47, "held": 2, "booked": 1, "blocked": 0}
    assert answer.headers["etag"] == f'"{snapshot["epoch"]}-{snapshot["seq"]}"'
    statuses = await office.statuses()
    assert (statuses["S-1-2"], statuses["S-2-3"], statuses["S-5-10"]) == ("held", "booked", "available")


async def test_since_gives_only_what_changed(office: BoxOffice) -> None:
    before = (await office.public.get(f"/events/{office.event}/seats")).json()
    await office.hold(office.caller(), "S-1-4", "S-3-1")
    path = f"/events/{office.event}/seats?since="
    answer = await office.public.get(path + str(before["seq"]))
    while answer.json()["seq"] == before["seq"]:  # a picture may be a twentieth of a second old
        answer = await office.public.get(path + str(before["seq"]))
    changes = answer.json()
    assert changes["epoch"] == before["epoch"]
    assert changes["changes"] == [[3, 1], [20, 1]]
    assert (await office.public.get(path + str(changes["seq"]))).json()["changes"] == []
    assert_problem(await office.public.get(path + "x"), 422, "invalid_request")
    assert_problem(await office.public.get(path + "99999"), 410, "since_too_old")


async def test_pages_of_any_site_may_read_what_is_public_and_nothing_else(office: BoxOffice) -> None:
    event = f"/events/{office.event}"
    for path in (event, f"{event}/plan?format=columns", f"{event}/seats", f"{event}/seats?since=0", "/events/nothing"):
        answer = await office.public.get(path, Origin="https://elsewhere.example")
        assert answer.headers["access-control-allow-origin"] == "*", path
        assert "access-control-allow-credentials" not in answer.headers
    for path in ("/bookings", f"/bookings/{uuid.uuid4()}"):
        answer = await office.caller().get(path, Origin="https://elsewhere.example")
        assert "access-control-allow-origin" not in answer.headers, path
