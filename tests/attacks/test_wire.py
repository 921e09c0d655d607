"""What a proxy and we could read differently: smuggled requests, header lines out of a value, faked ways here."""

from itertools import product

import pytest
from msgspec.structs import replace
from tests.attacks.wire import exchange, host_of
from tests.conftest import TestServers
from tests.house import House
from tests.integration.http.conftest import BoxOffice, served, settings_for

from rowlock.app import open_api
from rowlock.storefront.pages import CONTENT_SECURITY_POLICY

HIDDEN = b"GET /api/v1/audit HTTP/1.1\r\nHost: hidden\r\n\r\n"
"""The request that is smuggled: it would be answered with 401."""
END = b"GET /healthz HTTP/1.1\r\nHost: end\r\nConnection: close\r\n\r\n"
CHUNKED_HIDDEN = b"0\r\n\r\n" + HIDDEN

PROBES = {
    "length and chunks": (
        b"Content-Length: %d\r\nTransfer-Encoding: chunked\r\n" % len(CHUNKED_HIDDEN),
        CHUNKED_HIDDEN,
    ),
    "chunks and length": (
        b"Transfer-Encoding: chunked\r\nContent-Length: %d\r\n" % len(CHUNKED_HIDDEN),
        CHUNKED_HIDDEN,
    ),
    "two lengths": (b"Content-Length: 0\r\nContent-Length: %d\r\n" % len(HIDDEN), HIDDEN),
    "two lengths in a line": (b"Content-Length: 0, %d\r\n" % len(HIDDEN), HIDDEN),
    "a signed length": (b"Content-Length: +%d\r\n" % len(HIDDEN), HIDDEN),
    "a negative length": (b"Content-Length: -1\r\n", HIDDEN),
    "a length in hexadecimal": (b"Content-Length: 0x10\r\n", HIDDEN),
    "a length with a blank within": (b"Content-Length: 1 0\r\n", HIDDEN),
    "a length before its colon": (b"Content-Length : %d\r\n" % len(HIDDEN), HIDDEN),
    "a folded length": (b"Content-Length:\r\n %d\r\n" % len(HIDDEN), HIDDEN),
    "chunks spelt otherwise": (b"Transfer-Encoding: xchunked\r\n", CHUNKED_HIDDEN),
    "chunks after something": (b"Transfer-Encoding: chunked, identity\r\n", CHUNKED_HIDDEN),
    "chunks after a tab": (b"Transfer-Encoding:\tchunked\r\nContent-Length: 4\r\n", CHUNKED_HIDDEN),
    "chunks twice": (b"Transfer-Encoding: chunked\r\nTransfer-Encoding: cow\r\n", CHUNKED_HIDDEN),
    "a chunk with a bad size": (b"Transfer-Encoding: chunked\r\n", b"zz\r\n" + HIDDEN),
    "a chunk with a signed size": (b"Transfer-Encoding: chunked\r\n", b"-1\r\n" + HIDDEN),
    "a chunk of an enormous size": (b"Transfer-Encoding: chunked\r\n", b"fffffffffffffffff\r\n" + HIDDEN),
    "a chunk that is longer than its size": (b"Transfer-Encoding: chunked\r\n", b"1\r\nabc\r\n" + CHUNKED_HIDDEN),
    "bare line feeds": (b"Content-Length: 0\n\n" + HIDDEN + b"X: y\r\n", b""),
    "a line without a colon": (b"no header at all\r\n", b""),
    "a name with a blank": (b"X Y: z\r\n", b""),
    "a nul in a value": (b"X-Thing: a\x00b\r\n", b""),
    "a carriage return in a value": (b"X-Thing: a\rContent-Length: 5\r\n", b""),
}
PATHS = ("/api/v1/bookings/reserve", "/api/v1/session", "/api/v1/plans")
"""The short way, the long way, and FastAPI's."""


@pytest.mark.parametrize("path", PATHS)
async def test_no_request_hides_in_another(office: BoxOffice, path: str) -> None:
    """The hidden request may never be answered as one: there is one refusal and the connection ends, or the bytes were
    that request's body all along."""
    head = f"POST {path} HTTP/1.1\r\nHost: {host_of(office.client)}\r\n".encode()
    for probe, (lines, body) in PROBES.items():
        answers = await exchange(office.client, head + lines + b"\r\n" + body + END)
        assert answers, probe
        assert all(b"/problems/unauthenticated" not in answer.body for answer in answers[1:]), (probe, answers)
        assert all(answer.status < 500 for answer in answers), (probe, answers)


async def test_a_hidden_request_would_be_seen(office: BoxOffice) -> None:
    """Two requests that are two: the second is answered, so the probes above would notice."""
    head = f"POST /api/v1/session HTTP/1.1\r\nHost: {host_of(office.client)}\r\nContent-Length: 0\r\n\r\n".encode()
    answers = await exchange(office.client, head + HIDDEN + END)
    assert [answer.status for answer in answers] == [204, 401, 200]


INJECTED = "%0d%0aX-Injected:%20yes"
TARGETS = (
    f"/events/1{INJECTED}", f"/?lang=de{INJECTED}", f"/{INJECTED}", f"/bookings/{INJECTED}/calendar.ics",
    f"/api/v1/events/{INJECTED}", f"/static/{INJECTED}", "//evil.example/%2e%2e",
    "/events//evil.example", "/\\evil.example",
)  # fmt: skip


async def test_no_address_makes_a_header_line_or_leads_away(office: BoxOffice) -> None:
    for target in TARGETS:
        request = f"GET {target} HTTP/1.1\r\nHost: {host_of(office.client)}\r\nConnection: close\r\n\r\n".encode()
        for answer in await exchange(office.client, request):
            assert "x-injected" not in answer.headers, target
            assert "location" not in answer.headers, target
            assert answer.status < 500, target


async def test_a_request_id_is_not_echoed_unless_it_is_harmless(office: BoxOffice) -> None:
    for given in ("a" * 65, "short", "has blank in it", "<script>alert(1)</script>", 'quote"quote"'):
        answer = await office.client.get("/healthz", headers={"X-Request-Id": given})
        assert answer.headers["x-request-id"] != given


HOSTS = ("evil.example", "evil.example:80", '"><script>alert(1)</script>', "a b", "[", "", "[::1", "x:y:z", "e x:99999")


async def test_a_faked_host_is_in_no_page_of_a_shop_that_knows_its_address(office: BoxOffice) -> None:
    office.api.settings = replace(office.api.settings, public_url="https://tickets.example.com")
    more = "X-Forwarded-Host: evil.example\r\nX-Original-URL: /evil\r\nForwarded: host=evil.example"
    for host, path in product(HOSTS, ("/", f"/events/{office.event}", "/sitemap.xml", "/robots.txt")):
        faked = f"Host: {host}\r\n{more}"
        request = f"GET {path} HTTP/1.1\r\n{faked}\r\nConnection: close\r\n\r\n".encode()
        (answer,) = await exchange(office.client, request)
        assert answer.status in {200, 400}, answer
        assert b"evil" not in answer.body
        assert b"<script>alert" not in answer.body


async def test_a_host_that_is_none_breaks_no_page(office: BoxOffice) -> None:
    for host in HOSTS:
        request = f"GET /events/{office.event} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode()
        (answer,) = await exchange(office.client, request)
        assert answer.status in {200, 400}, (host, answer)
        assert b"<script>alert" not in answer.body


async def test_every_page_says_what_may_run_in_it(office: BoxOffice) -> None:
    pages = ("/", "/events", f"/events/{office.event}", "/bookings/nobody", "/docs", "/nothing/here")
    for path in pages:
        answer = await office.client.get(path)
        policy = answer.headers["content-security-policy"]
        assert policy == CONTENT_SECURITY_POLICY
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cross-origin-opener-policy"] == "same-origin"
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    assert "unsafe" not in CONTENT_SECURITY_POLICY
    assert "require-trusted-types-for 'script'" in CONTENT_SECURITY_POLICY
    poster = await office.client.get(f"/events/{office.event}/poster.svg")
    assert poster.headers["content-security-policy"] == "default-src 'none'; sandbox"


async def test_only_a_proxy_of_ours_says_where_a_request_comes_from(
    servers: TestServers, database_url: str, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Guests' sessions are counted by address. One who may not say where they come from has one count for all."""
    for ours, says in (("10.9.9.9", "203.0.{}.1"), ("127.0.0.1", "203.0.{}.1, 198.51.100.7")):
        monkeypatch.setenv("FORWARDED_ALLOW_IPS", ours)
        api = await open_api(settings_for(servers, database_url, requests=5))
        async with served(api) as client:
            statuses = []
            for number in range(12):
                headers = {"X-Forwarded-For": says.format(number), "X-Real-IP": f"203.0.{number}.1"}
                statuses.append((await client.post("/api/v1/session", headers=headers)).status_code)
                client.cookies.clear()
        await api.close()
        assert statuses[0] == 204
        assert statuses[-1] == 429, says
