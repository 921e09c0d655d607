"""Pages of other sites write nothing in a visitor's name: every write of the API, every sign that it came from
elsewhere.

The cookie is sent along in all of it, as a browser would that knows no SameSite.
"""

import re
from typing import Any

import httpx
import pytest
from tests.integration.http.conftest import BoxOffice

from rowlock.identity import ROLES
from rowlock.identity.requests import SESSION_COOKIE

WRITES = ("post", "put", "patch", "delete")
OWN = {"X-Requested-With": "rowlock"}
FOREIGN: dict[str, dict[str, str]] = {
    "a form": {},
    "a form of a browser that says so": {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"},
    "a page of a sister host": OWN | {"Sec-Fetch-Site": "same-site"},
    "a page of another site": OWN | {"Sec-Fetch-Site": "cross-site"},
    "another site's origin": OWN | {"Origin": "https://evil.example"},
    "an origin that only begins like ours": OWN | {"Origin": "http://127.0.0.1.evil.example"},
    "an origin that hides its host": OWN | {"Origin": "http://127.0.0.1@evil.example"},
    "a sandboxed frame": OWN | {"Origin": "null"},
    "an origin that is none": OWN | {"Origin": "http://["},
}
COOKIE_IS_NOT_ASKED = {
    "post /oauth/token",
    "post /oauth/revoke",
    "post /oauth/introspect",
    "post /api/v1/payments/webhooks/{provider}",
}
"""Writes that no cookie vouches for: a foreign page gains nothing by them."""


async def writes(office: BoxOffice) -> list[str]:
    """Every write that is documented, with something in the place of its variable parts."""
    document: dict[str, Any] = (await office.public.get("/openapi.json")).json()
    return [
        f"{method} {re.sub(r'{event_?[iI]d}', office.event, path).replace('{', '').replace('}', '')}"
        for path, methods in document["paths"].items()
        for method in methods
        if method in WRITES and f"{method} {path}" not in COOKIE_IS_NOT_ASKED
    ]


@pytest.mark.parametrize("headers", FOREIGN.values(), ids=FOREIGN)
async def test_a_write_from_elsewhere_is_refused(office: BoxOffice, headers: dict[str, str]) -> None:
    cookies = [f"{SESSION_COOKIE}={office.api.signer.issue(f'victim:{role}', role)}" for role in ROLES]
    tried = 0
    for operation in await writes(office):
        for cookie in cookies if headers is FOREIGN["a form"] else cookies[:1]:
            answer = await _write(office, operation, headers | {"Cookie": cookie})
            assert (answer.status_code, answer.json()["code"]) == (403, "cross_site_request"), f"{operation}: {headers}"
            tried += 1
    assert tried >= 15
    assert not await office.taken()


async def test_our_own_page_may_write(office: BoxOffice) -> None:
    """The refusals above are not for want of something else."""
    cookie = f"{SESSION_COOKIE}={office.api.signer.issue('visitor', 'buyer')}"
    origin = str(office.client.base_url).rstrip("/")
    own = OWN | {"Cookie": cookie, "Origin": origin, "Sec-Fetch-Site": "same-origin"}
    for operation in await writes(office):
        assert (await _write(office, operation, own)).status_code != 401, operation
        assert b"cross_site_request" not in (await _write(office, operation, own)).content, operation
    # behind a proxy the port and the scheme differ
    answer = await _write(office, "post /api/v1/stream-tickets", own | {"Origin": "https://127.0.0.1"})
    assert answer.status_code < 300


async def _write(office: BoxOffice, operation: str, headers: dict[str, str]) -> httpx.Response:
    method, path = operation.split(" ")
    office.client.cookies.clear()
    return await office.client.request(method.upper(), path, headers=headers, json={})
