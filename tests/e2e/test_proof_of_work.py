"""A suspect in a crowded sale: the page works for its visitor, who sees nothing of it, or waits where it cannot."""

from collections.abc import AsyncIterator
from time import perf_counter

import msgspec
import pytest
from playwright.async_api import Browser, Request
from tests.conftest import TestServers
from tests.e2e.visitor import Arrivals, Visitor
from tests.house import House
from tests.integration.http.conftest import served, settings_for

from rowlock.app import Api, open_api
from rowlock.bots import Mark
from rowlock.bots.answers import STEPS
from rowlock.bots.challenge import COST, DIFFICULTY_MAX, TRIES_BASE

CALLS_SECONDS_MAX = 1.0
"""For what is sent and answered around the proof."""
TRY = """async ({tries, cost}) => {
    const key = await crypto.subtle.importKey('raw', new Uint8Array(16), 'PBKDF2', false, ['deriveBits'])
    const how = {name: 'PBKDF2', hash: 'SHA-256', salt: new Uint8Array(16), iterations: cost}
    const begun = performance.now()
    for (let no = 0; no < tries; no++) await crypto.subtle.deriveBits(how, key, 256)
    return (performance.now() - begun) / tries
}"""
SOLUTION = "x-challenge-solution"
ABROAD = {"X-Forwarded-For": "198.51.100.9"}
"""Who is somewhere in the world: what runs on our own machine is never answered as a bot."""


@pytest.fixture
async def crowded(servers: TestServers, database_url: str, house: House) -> AsyncIterator[tuple[Api, str]]:
    """The API in a sale that is never calm, and its address."""
    settings = msgspec.structs.replace(
        settings_for(servers, database_url, requests=1_000, attempts=60), bots_calm_attempts_per_minute=0
    )
    api = await open_api(settings)
    try:
        async with served(api) as client:
            yield api, str(client.base_url)
    finally:
        await api.close()


async def suspect(api: Api, door: Arrivals, house: House) -> Visitor:
    """A visitor with a seat chosen who was scored."""
    visitor = await door.visitor()
    await visitor.page.set_extra_http_headers(ABROAD)
    async with visitor.page.expect_response("**/api/v1/session"):
        await visitor.page.goto(f"/events/{house.event_id}")
        await visitor.map_drawn()
        await visitor.open_section("Stalls")
        await visitor.seat("Stalls", "2", 1).click()
    cookies = {cookie["name"]: cookie["value"] for cookie in await visitor.page.context.cookies()}
    assert "rowlock_device" in cookies
    person = api.signer.verify(cookies["rowlock_session"])
    assert api.valkey is not None
    await api.valkey.set(f"mark:{api.bots.traces.hidden('person', person.subject)}", Mark(STEPS.prove).number)
    return visitor


async def test_a_visitor_holds_seats_without_noticing_the_work(
    crowded: tuple[Api, str], browser: Browser, house: House
) -> None:
    api, url = crowded
    door = Arrivals(browser, url)
    visitor = await suspect(api, door, house)
    sent: list[Request] = []
    visitor.page.on("request", lambda request: sent.append(request))  # noqa: PLW0108  Playwright marks its listeners
    await visitor.hold()
    solutions = [request.headers[SOLUTION] for request in sent if SOLUTION in request.headers]
    assert len(solutions) == 1
    assert solutions[0] != "wait"
    await door.close()


async def test_without_cryptography_the_visitor_waits_in_line(
    crowded: tuple[Api, str], browser: Browser, house: House
) -> None:
    api, url = crowded
    door = Arrivals(browser, url)
    visitor = await suspect(api, door, house)
    await visitor.page.evaluate("delete Crypto.prototype.subtle")
    sent: list[Request] = []
    visitor.page.on("request", lambda request: sent.append(request))  # noqa: PLW0108  Playwright marks its listeners
    await visitor.hold()
    assert [request.headers[SOLUTION] for request in sent if SOLUTION in request.headers] == ["wait"]
    await door.close()


async def test_the_hardest_proof_costs_hardly_more_than_its_tries(
    crowded: tuple[Api, str], browser: Browser, house: House
) -> None:
    """Tries are timed in the same page just before, so a busy machine makes both sides slower."""
    api, url = crowded
    door = Arrivals(browser, url)
    visitor = await suspect(api, door, house)
    guard = api.bots.guard
    assert guard is not None
    assert DIFFICULTY_MAX == 4
    guard._contention = type(guard._contention)(0)
    for _ in range(500):
        guard._contention.note(house.event_id)
    seconds_a_try = await visitor.page.evaluate(TRY, {"tries": 100, "cost": COST}) / 1_000
    took: list[float] = []
    visitor.page.on("response", lambda answer: took.append(perf_counter()) if "reserve" in answer.url else None)
    await visitor.hold()
    twice_the_tries = TRIES_BASE * DIFFICULTY_MAX  # the number is looked for in the upper half
    assert took[1] - took[0] < twice_the_tries * seconds_a_try + CALLS_SECONDS_MAX
    await door.close()
