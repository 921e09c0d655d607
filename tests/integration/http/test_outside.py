"""Signing in with an outside OpenID Connect provider: a real one, and what it must not be believed."""

import json
import re
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import msgspec
import pytest
from tests.conftest import TestServers
from tests.house import House
from tests.integration.http.browsers import Browser, link_in, mails_to
from tests.integration.http.conftest import BoxOffice, served, settings_for

from rowlock.app import open_api

PEOPLE: dict[str, dict[str, object]] = {
    "ada": {"email": "ada@example.com", "email_verified": True, "name": "Ada Lovelace"},
    "mallory": {"email": "ada@example.com", "email_verified": True},
    "nobody": {},
}


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    """A provider on this machine, which knows these people."""
    people = [json.dumps({"sub": name, **claims}) for name, claims in PEOPLE.items()]
    words = [word for claims in people for word in ("--user-claims", claims)]
    command = [sys.executable, "-W", "ignore", "-m", "oidc_provider_mock", "--port", "0", *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as provider:
        assert provider.stdout is not None
        lines = (re.search(r"running on http://\S+:(\d+)", line) for line in provider.stdout)
        yield f"http://localhost:{next(found.group(1) for found in lines if found)}"
        provider.terminate()


@pytest.fixture
async def outside_office(
    servers: TestServers, database_url: str, house: House, issuer: str
) -> AsyncIterator[BoxOffice]:
    """The API with that provider."""
    settings = msgspec.structs.replace(
        settings_for(servers, database_url),
        oidc_issuer=issuer,
        oidc_client_id="rowlock",
        oidc_client_secret="shop's secret",
        outbound_allowed="localhost",
    )
    api = await open_api(settings)
    async with served(api) as client:
        yield BoxOffice(api, house, client)
    await api.close()


async def at_the_provider(browser: Browser, who: str) -> str:
    """Begin here, sign in there; answers the address the provider sends the browser back to."""
    begun = await browser.send("GET", "/session/outside")
    assert begun.status_code == 303, begun.text
    asked = parse_qs(urlsplit(begun.headers["location"]).query)
    assert asked["code_challenge_method"] == ["S256"]
    async with httpx.AsyncClient() as client:
        answer = await client.post(begun.headers["location"], data={"sub": who})
    address: str = answer.headers["location"]
    return address


async def come_back(browser: Browser, address: str, **changed: str) -> str:
    """Follow the provider's address, with parameters changed on the way; answers where that leads."""
    parts = urlsplit(address)
    query = {name: values[0] for name, values in parse_qs(parts.query).items()} | changed
    answer = await browser.send("GET", f"{parts.path.removeprefix('/api/v1')}?{urlencode(query)}")
    assert answer.status_code == 303, answer.text
    location: str = answer.headers["location"]
    return location


async def test_the_first_time_a_mail_is_answered_and_then_the_provider_is_enough(outside_office: BoxOffice) -> None:
    async with Browser(outside_office, "ada@example.com") as browser:
        assert await come_back(browser, await at_the_provider(browser, "ada")) == "/sign-in?outside=mailed"
        assert (await browser.state())["kind"] == "nobody"
        answer = await browser.answer(link_in((await mails_to(outside_office, browser.email))[-1]))
        assert answer.json()["isNew"] is True
        assert (await browser.state())["name"] == "Ada Lovelace"
    async with Browser(outside_office) as again:
        assert await come_back(again, await at_the_provider(again, "ada")) == "/sign-in?outside=done"
        assert (await again.state())["email"] == "ada@example.com"


async def test_a_provider_s_word_about_an_address_opens_nobody_s_account(outside_office: BoxOffice) -> None:
    async with Browser(outside_office, "ada@example.com") as ada, Browser(outside_office) as mallory:
        await ada.sign_in()
        assert await come_back(mallory, await at_the_provider(mallory, "mallory")) == "/sign-in?outside=mailed"
        assert (await mallory.state())["kind"] == "nobody"
        link = link_in((await mails_to(outside_office, "ada@example.com"))[-1])
        assert (await ada.answer(link)).status_code == 403
        assert await come_back(mallory, await at_the_provider(mallory, "mallory")) == "/sign-in?outside=mailed"


@pytest.mark.parametrize("changed", [{"state": "another"}, {"code": "another"}, {"code": ""}, {"state": ""}])
async def test_what_comes_back_otherwise_than_it_went_is_refused(
    outside_office: BoxOffice, changed: dict[str, str]
) -> None:
    async with Browser(outside_office) as browser:
        address = await at_the_provider(browser, "ada")
        assert await come_back(browser, address, **changed) == "/sign-in?outside=failed"
        assert await come_back(browser, address) == "/sign-in?outside=failed"


async def test_a_way_back_is_good_in_the_browser_that_set_out(outside_office: BoxOffice) -> None:
    async with Browser(outside_office) as browser, Browser(outside_office) as other:
        address = await at_the_provider(browser, "ada")
        assert await come_back(other, address) == "/sign-in?outside=failed"
        assert await come_back(browser, address) == "/sign-in?outside=mailed"
        assert await come_back(browser, address) == "/sign-in?outside=failed"


async def test_somebody_without_an_address_cannot_be_joined(outside_office: BoxOffice) -> None:
    async with Browser(outside_office) as browser:
        assert await come_back(browser, await at_the_provider(browser, "nobody")) == "/sign-in?outside=failed"
