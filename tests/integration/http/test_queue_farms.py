"""Many places for one device, or one network."""

from collections.abc import AsyncIterator

import msgspec
import pytest
from tests.conftest import TestServers
from tests.house import House
from tests.integration.http.conftest import BoxOffice, assert_problem, served, settings_for
from tests.integration.http.test_waiting_room import QUEUE, switch

from rowlock.app import open_api
from rowlock.bots.traces import DEVICE_COOKIE
from rowlock.kernel import limits

NETWORK = 15
"""Joins a minute that one network has here."""


@pytest.fixture
async def guarded(
    servers: TestServers, database_url: str, house: House, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[BoxOffice]:
    """An api that believes what this test says of addresses."""
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "127.0.0.1")
    settings = msgspec.structs.replace(settings_for(servers, database_url), booking_attempts_per_minute_prefix=NETWORK)
    api = await open_api(settings)
    async with served(api) as client:
        yield BoxOffice(api, house, client)
    await api.close()


async def test_a_device_takes_ten_places_and_no_more(guarded: BoxOffice) -> None:
    await switch(guarded, mode="hold")
    device = f"{DEVICE_COOKIE}={guarded.api.bots.traces.new_device()}"
    where = QUEUE.format(guarded.event)
    for number in range(limits.PLACES_PER_DEVICE_MAX):
        address = {"x_forwarded_for": f"198.51.{number}.7"}
        assert (await guarded.caller().post(where, cookie=device, **address)).status_code == 200
    late = await guarded.caller().post(where, cookie=device, x_forwarded_for="198.51.99.7")
    assert "rate_limited" in assert_problem(late, 429, "rate_limited")["code"]


async def test_a_network_takes_so_many_a_minute_and_who_has_a_ticket_is_not_counted(guarded: BoxOffice) -> None:
    await switch(guarded, mode="hold")
    where, address = QUEUE.format(guarded.event), {"x_forwarded_for": "203.0.113.9"}
    first = guarded.caller()
    told = (await first.post(where, **address)).json()
    for _ in range(NETWORK - 1):
        guarded.client.cookies.clear()
        assert (await guarded.caller().post(where, **address)).status_code == 200
    guarded.client.cookies.clear()
    assert_problem(await guarded.caller().post(where, **address), 429, "rate_limited")
    guarded.client.cookies.clear()
    again = await first.post(where, x_queue_ticket=told["queueTicket"], **address)
    assert again.json()["position"] == 1


async def test_the_page_without_scripts_is_no_way_round_it(guarded: BoxOffice) -> None:
    await switch(guarded, mode="hold")
    form, from_there = f"/events/{guarded.event}/queue/place", {"X-Forwarded-For": "203.0.113.9"}

    async def places_taken() -> int:
        taken = 0
        for _ in range(NETWORK + 1):
            guarded.client.cookies.clear()
            answer = await guarded.client.post(form, headers=from_there)
            taken += any(cookie.startswith("rowlock_queue") for cookie in answer.headers.get_list("set-cookie"))
        return taken

    assert await places_taken() == NETWORK
