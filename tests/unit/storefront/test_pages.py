"""The pages: what they say, to people and to machines, and the headers they say it under."""

import json
import re
from datetime import UTC, datetime

import httpx
import pytest
from icalendar import Calendar
from starlette.applications import Starlette
from starlette.routing import Mount
from tests.unit.storefront.programme import STARTS, Programme, an_event

from rowlock.storefront import create_router


def client_of(programme: Programme) -> httpx.AsyncClient:
    """A browser without a network."""
    app = Starlette(routes=[Mount("/", create_router(programme))])
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://shop.test")


@pytest.fixture
async def shop() -> httpx.AsyncClient:
    return client_of(Programme())


@pytest.mark.parametrize("path", ["/", "/events", "/events/1", "/bookings/b1", "/queue/verify"])
async def test_pages_are_small_cacheable_and_set_no_cookie(shop: httpx.AsyncClient, path: str) -> None:
    page = await shop.get(path)
    assert page.status_code == 200
    assert len(page.content) < 30_000
    assert page.headers["cache-control"].startswith("public, max-age=")
    assert page.headers["vary"] == "Accept-Language"
    assert "set-cookie" not in page.headers
    assert "unsafe" not in page.headers["content-security-policy"]
    assert page.headers["cross-origin-opener-policy"] == "same-origin"
    assert page.headers["cross-origin-resource-policy"] == "same-origin"
    assert "camera=()" in page.headers["permissions-policy"]


async def test_pages_carry_no_script_or_style_of_their_own(shop: httpx.AsyncClient) -> None:
    page = await shop.get("/events/1")
    inline = re.findall(r"<script(?![^>]*\bsrc=)([^>]*)>", page.text)
    assert all('type="application/' in attributes for attributes in inline)
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=", page.text)


async def test_a_date_is_where_the_event_is(shop: httpx.AsyncClient) -> None:
    page = await shop.get("/events/1", headers={"Accept-Language": "de"})
    assert "Freitag, 11. Juni 2027" in page.text
    assert "19:10" in page.text
    assert "Nordamerikanische Westküsten-Sommerzeit" in page.text


async def test_schema_org_tells_the_event_with_its_offers(shop: httpx.AsyncClient) -> None:
    page = await shop.get("/events/1")
    found = re.search(r'<script type="application/ld\+json">(.*?)</script>', page.text, re.DOTALL)
    assert found
    document = json.loads(found.group(1))
    assert document["@type"] == "Event"
    assert datetime.fromisoformat(document["startDate"]) == STARTS
    assert document["offers"][0]["price"] == "49.50"
    assert document["offers"][0]["availability"] == "https://schema.org/InStock"
    assert document["url"] == "http://shop.test/events/1"


async def test_a_name_cannot_break_out_of_the_page() -> None:
    name = "</script><script>alert(1)</script>\"'&"
    async with client_of(Programme(an_event(name=name))) as shop:
        for path in ("/", "/events/1", "/events/1/poster.svg"):
            page = await shop.get(path)
            assert "</script><script" not in page.text
            assert page.text.count("<script") == page.text.count("</script>")


async def test_search_passes_on_words_city_and_whole_days() -> None:
    programme = Programme()
    async with client_of(programme) as shop:
        await shop.get("/events", params={"q": " dodgers ", "city": "Köln", "start": "2027-06-01", "end": "2027-06-30"})
        await shop.get("/events", params={"start": "yesterday", "page": "-3"})
    asked, odd = programme.asked
    assert (asked.words, asked.city) == ("dodgers", "Köln")
    assert asked.start == datetime(2027, 6, 1, tzinfo=UTC)
    assert asked.end == datetime(2027, 7, 1, tzinfo=UTC)
    assert (odd.start, odd.page) == (None, 1)


async def test_the_list_has_pages_that_keep_the_search_and_the_language() -> None:
    many = Programme(*(an_event(str(number)) for number in range(1, 46)))
    async with client_of(many) as shop:
        page = await shop.get("/events", params={"q": "game", "page": "2", "lang": "fr"})
    assert "Page 2 sur 3" in page.text
    assert "/events?q=game&amp;page=3&amp;lang=fr" in page.text


async def test_an_empty_search_says_what_to_do() -> None:
    programme = Programme()
    programme.events.clear()
    async with client_of(programme) as shop:
        page = await shop.get("/events", params={"q": "zzz"})
    assert "Nothing matches that search" in page.text


@pytest.mark.parametrize("path", ["/nothing", "/events/99", "/events/99/poster.svg", "/bookings/b9/calendar.ics"])
async def test_unknown_addresses_get_the_designed_page(shop: httpx.AsyncClient, path: str) -> None:
    page = await shop.get(path)
    assert page.status_code == 404
    assert "There is nothing here" in page.text
    assert page.headers["cache-control"] == "no-store"


async def test_the_form_for_a_payment_page_goes_there_and_nowhere_else(shop: httpx.AsyncClient) -> None:
    page = await shop.get("/pay/razorpay/waits")
    assert '<form method="post" action="https://pay.test/form">' in page.text
    assert "<script>" not in page.text
    assert "form-action 'self' https://pay.test;" in page.headers["content-security-policy"]
    assert "https://" not in (await shop.get("/")).headers["content-security-policy"]
    paid = await shop.get("/pay/razorpay/paid")
    assert (paid.status_code, paid.headers["location"]) == (303, "/bookings/1")
    assert (await shop.get("/pay/razorpay/nobody-s")).status_code == 404


async def test_the_calendar_file_is_the_owners_alone(shop: httpx.AsyncClient) -> None:
    assert (await shop.get("/bookings/b1/calendar.ics")).status_code == 404
    answer = await shop.get("/bookings/b1/calendar.ics", headers={"Cookie": "who=owner"})
    assert answer.headers["cache-control"] == "private, no-store"
    [event] = Calendar.from_ical(answer.content).events
    assert event.summary == "Giants; at, Dodgers"
    assert event.start == STARTS
    assert "Loge 102, Row F, Seat 14; Loge 102, Row F, Seat 15" in str(event.description)


async def test_the_sitemap_names_every_event() -> None:
    async with client_of(Programme(*(an_event(str(number)) for number in range(1, 251)))) as shop:
        answer = await shop.get("/sitemap.xml")
        robots = await shop.get("/robots.txt")
    assert answer.text.count("<loc>http://shop.test/events/") == 250
    assert "Sitemap: http://shop.test/sitemap.xml" in robots.text


EMBED = "/static/embed/rowlock-map.js"


async def test_built_files_may_be_kept_for_good(shop: httpx.AsyncClient) -> None:
    page = await shop.get("/")
    found = re.search(r'href="(/static/[^"]+\.css)"', page.text)
    assert found
    sheet = await shop.get(found.group(1))
    assert sheet.status_code == 200
    assert "immutable" in sheet.headers["cache-control"]


async def test_built_files_are_compressed_for_those_who_take_it(shop: httpx.AsyncClient) -> None:
    plain = await shop.get(EMBED, headers={"Accept-Encoding": "identity"})
    packed = await shop.get(EMBED, headers={"Accept-Encoding": "gzip"})
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.headers["vary"] == "Accept-Encoding"
    assert packed.content == plain.content
    assert int(packed.headers["content-length"]) < int(plain.headers["content-length"]) / 2


async def test_the_script_for_other_pages_keeps_its_name_and_is_asked_for_again(shop: httpx.AsyncClient) -> None:
    script = await shop.get(EMBED)
    assert script.status_code == 200
    assert script.headers["cache-control"] == "public, max-age=3600"
    unchanged = await shop.get(EMBED, headers={"If-None-Match": script.headers["etag"]})
    assert unchanged.status_code == 304


@pytest.mark.parametrize("language", ["en", "de", "fr"])
async def test_a_program_s_wish_is_asked_in_the_visitor_s_language(shop: httpx.AsyncClient, language: str) -> None:
    page = await shop.get("/oauth/authorize?client_id=c&state=%22%3E", headers={"Accept-Language": language})
    assert page.status_code == 200
    assert page.headers["cache-control"] == "no-store"
    assert "&lt;Fan&gt; &amp; club" in page.text, "a program's name is text"
    assert 'data-query="client_id=c&amp;state=%22%3E"' in page.text
    assert "app.example" in page.text
    refused = await shop.get("/oauth/authorize", headers={"Accept-Language": language})
    assert refused.status_code == 400
    assert "No program of that name" in refused.text
