"""Hostile texts in everything that can be typed, looked for in everything that is shown.

The skeleton of a page (its elements and their attributes) is the same whatever the texts in it are: one element more
and a text has become markup. Texts come back from the API as they were typed, and statements stay words.
"""

import json
import re
from datetime import UTC, datetime
from email.message import EmailMessage
from html.parser import HTMLParser
from typing import Any
from urllib.parse import quote

import pytest
from defusedxml import ElementTree
from icalendar import Calendar
from tests.attacks.corpus import EVERYTHING, SCRIPTS, STATEMENTS
from tests.integration.http.browsers import Browser, link_in, mails_to
from tests.integration.http.conftest import BoxOffice, Caller, Json

from rowlock.kernel import limits
from rowlock.seating import SeatPlace
from rowlock.storefront.prose import prose
from rowlock.tickets import CalendarEntry, calendar_file

SECONDS_MAX = 2.0
"""A statement that sleeps would take longer."""
HARMLESS = "Evening"
COUNT_ROWS = "SELECT (SELECT count(*) FROM events) AS events, (SELECT count(*) FROM seats) AS seats"


class Skeleton(HTMLParser):
    """The elements of a page with the names of their attributes, and the addresses it leads to."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, ...]] = []
        self.addresses: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note one element."""
        self.elements.append((tag, *(name for name, _ in attrs)))
        self.addresses |= {value or "" for name, value in attrs if name in {"href", "src", "action"}}


async def _event_of(office: BoxOffice, organiser: Caller, text: str) -> str:
    """An event in which everything that can be typed is this text; its id. None of it may be refused but for length."""
    name = text[: limits.NAME_CHARS_MAX]
    label = re.sub(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e]", "", name)[:40].strip() or "x"
    plan = {
        "format": "rowlock-plan/1", "name": label, "width": 10, "height": 4, "categories": [{"name": label}],
        "sections": [{"id": label, "name": label, "rows": [
            {"label": label, "seats": [{"number": label, "x": 1, "y": 1, "category": label}]},
        ]}],
    }  # fmt: skip
    made = await organiser.post("/plans?venue=House", plan)
    plan_id = made.json()["id"] if made.status_code == 201 else office.house.plan_id
    assert made.status_code in {201, 422}, made.text
    prices = {label: "1.00"} if made.status_code == 201 else {"VIP": "1.00", "Regular": "1.00"}
    event = {
        "name": name, "startsAt": "2031-05-01T19:30:00+02:00", "timezone": "Europe/Berlin", "planId": plan_id,
        "prices": prices, "performers": [name], "description": text[: limits.DESCRIPTION_CHARS_MAX], "genre": name,
        "venue": {"name": name, "city": name, "country": name},
    }  # fmt: skip
    answer = await organiser.post("/events", event)
    assert answer.status_code == 201, (text, answer.text)
    event_id: str = answer.json()["id"]
    if made.status_code == 201:
        seats = (await office.public.get(f"/events/{event_id}/seats?format=list")).json()
        blocked = await organiser.post(f"/events/{event_id}/blocks", {"reason": name, "seatIds": [seats[0]["id"]]})
        assert blocked.status_code == 201, blocked.text
        assert (await organiser.get(f"/events/{event_id}/blocks")).json()["items"][0]["reason"] == name
    return event_id


async def _page(office: BoxOffice, path: str) -> str:
    answer = await office.client.get(path)
    assert answer.status_code == 200, path
    return answer.text


async def test_no_text_becomes_markup(office: BoxOffice) -> None:
    organiser = office.caller("organiser")
    plain_id = await _event_of(office, organiser, HARMLESS)
    plain = Skeleton(await _page(office, f"/events/{plain_id}"))
    poster = _svg_shape(await _page(office, f"/events/{plain_id}/poster.svg"))
    for text in (*SCRIPTS, *STATEMENTS):
        event_id = await _event_of(office, organiser, text)
        page = await _page(office, f"/events/{event_id}")
        hostile = Skeleton(page)
        assert _outside_prose(hostile.elements) == _outside_prose(plain.elements), text
        assert not any(address.lower().startswith(("javascript:", "data:text")) for address in hostile.addresses), text
        assert _svg_shape(await _page(office, f"/events/{event_id}/poster.svg")) == poster, text
        told = _json_ld(page)
        assert told["name"] == told["performer"][0]["name"] == text
        detail: Json = (await office.public.get(f"/events/{event_id}")).json()
        assert (detail["name"], detail["description"], detail["venue"]["city"]) == (text, text, text)


async def test_no_words_that_are_searched_for_become_markup_or_a_statement(office: BoxOffice) -> None:
    before = await office.house.database.fetchrow(COUNT_ROWS)
    known = {
        element
        for query in ("", "?q=nothing-like-it", "?page=2")
        for element in Skeleton(await _page(office, f"/events{query}")).elements
    }
    for text in EVERYTHING:
        for names in ({"q": text}, {"city": text}, {"q": "nothing-like-it", "start": text, "end": text, "page": text}):
            answer = await office.client.get("/events", params=names, timeout=SECONDS_MAX)
            assert answer.status_code in {200, 422}, (text, answer.text)
            assert answer.status_code != 200 or set(Skeleton(answer.text).elements) <= known, text
        found = await office.client.get("/api/v1/events/search", params={"keyword": text}, timeout=SECONDS_MAX)
        assert found.status_code in {200, 422}, (text, found.text)
        other = await office.client.get(f"/api/v1/events/{quote(text, safe='')}", timeout=SECONDS_MAX)
        assert other.status_code < 500, text
    assert await office.house.database.fetchrow(COUNT_ROWS) == before


async def test_no_name_of_a_person_becomes_markup_or_a_line_of_a_mail(office: BoxOffice) -> None:
    async with Browser(office) as plain:
        await plain.ask_link(name=HARMLESS)
        harmless = (await mails_to(office, plain.email))[-1]
        assert len(Skeleton(_html_of(harmless)).elements) > 5
    for text in (*SCRIPTS, *STATEMENTS, "Ada\r\nBcc: everybody@evil.example", "Ada\nSubject: other"):
        name = text[: limits.PERSON_NAME_CHARS_MAX]
        async with Browser(office) as browser:
            await browser.ask_link(name=name)
            mail = (await mails_to(office, browser.email))[-1]
            assert mail.keys() == harmless.keys(), text
            assert Skeleton(_html_of(mail)).elements == Skeleton(_html_of(harmless)).elements, text
            assert (await browser.answer(link_in(mail))).status_code == 200
            kept = (await browser.get("/account"))["name"]
            assert kept == re.sub(r"\s+", " ", name).strip(), text
            assert (await browser.send("PATCH", "/account", {"name": name})).status_code == 200


@pytest.mark.parametrize("text", EVERYTHING, ids=[str(number) for number in range(len(EVERYTHING))])
def test_a_description_has_harmless_elements_only(text: str) -> None:
    shown = Skeleton(prose(text))
    assert {element[0] for element in shown.elements} <= {
        "p",
        "br",
        "em",
        "strong",
        "ul",
        "ol",
        "li",
        "a",
        "blockquote",
        "code",
        "hr",
    }
    assert all(set(element[1:]) <= {"href", "rel"} for element in shown.elements)
    assert all(address.startswith(("https://", "http://", "mailto:")) for address in shown.addresses)


def test_a_description_still_says_what_it_means() -> None:
    assert prose("Bring **water**.\n\n- [tickets](https://x.example/)\n- *ears*") == (
        '<p>Bring <strong>water</strong>.</p>\n<ul>\n<li><a href="https://x.example/" rel="noopener nofollow ugc">'
        "tickets</a></li>\n<li><em>ears</em></li>\n</ul>\n"
    )


@pytest.mark.parametrize("text", [*SCRIPTS, *STATEMENTS, "two\r\nSUMMARY:lines", "a\\,b;c:d"])
def test_a_calendar_file_stays_one_event(text: str) -> None:
    seat, starts = SeatPlace(text, text, text), datetime(2031, 5, 1, tzinfo=UTC)
    entry = CalendarEntry("id", "REF", "1", text, starts, "Europe/Berlin", text, (seat,))
    (event,) = Calendar.from_ical(calendar_file(entry, "https://x.example", "en")).walk("VEVENT")
    assert len(event.keys()) == 8
    assert str(event["summary"]).replace("\r\n", "\n") == text.replace("\r\n", "\n")


def _json_ld(page: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)
    assert found
    document: dict[str, Any] = json.loads(found[1])
    return document


def _svg_shape(text: str) -> set[tuple[str, ...]]:
    """The kinds of elements with their attributes; how many there are depends on the words' lengths."""
    return {
        (element.tag, *sorted(element.attrib))
        for element in ElementTree.fromstring(text).iter("*")
        if element.tag.endswith(("svg", "title", "text", "tspan"))
    }


def _outside_prose(elements: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Without what Markdown may make of a description, and the poster's own place."""
    made = {
        ("p",),
        ("em",),
        ("strong",),
        ("code",),
        ("ul",),
        ("ol",),
        ("li",),
        ("blockquote",),
        ("hr",),
        ("br",),
        ("a", "href", "rel"),
        ("a", "rel"),
    }
    return [element for element in elements if element not in made]


def _html_of(mail: EmailMessage) -> str:
    body = mail.get_body(("html",))
    assert body is not None
    html: str = body.get_content()
    return html
