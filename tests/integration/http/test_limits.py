"""Limits as callers meet them: told quotas, quiet ones by network and device, surge mode, and none that is ever off."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import cycle

import httpx
import msgspec
import pytest
from tests.conftest import TestServers
from tests.house import House
from tests.integration.http.conftest import BoxOffice, Caller, assert_problem, served, settings_for

from rowlock.app import open_api
from rowlock.bots import DEVICE_COOKIE
from rowlock.platform.postgres.pool import REPORTS_MAX
from rowlock.settings import Settings

WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted"
RESERVE = "/bookings/reserve"
SEATS = cycle([f"S-{row}-{place}" for row in range(1, 6) for place in range(1, 11)])


@asynccontextmanager
async def office_with(house: House, settings: Settings) -> AsyncIterator[BoxOffice]:
    """The API under these settings."""
    api = await open_api(settings)
    try:
        async with served(api) as client:
            yield BoxOffice(api, house, client)
    finally:
        await api.close()


def settings_like(servers: TestServers, database_url: str, **changes: object) -> Settings:
    """The test's settings with changes."""
    return msgspec.structs.replace(settings_for(servers, database_url, requests=100, attempts=10), **changes)


async def try_seat(caller: Caller, office: BoxOffice, **headers: str) -> httpx.Response:
    """Ask for the next seat: what is known to be taken is refused before anybody counts among all processes."""
    body = {"eventId": office.event, "seatIds": [next(SEATS)]}
    return await caller.client.post(f"/api/v1{RESERVE}", json=body, headers=caller.headers | headers)


async def test_quotas_are_told_on_both_ways(servers: TestServers, database_url: str, house: House) -> None:
    async with office_with(house, settings_like(servers, database_url)) as office:
        buyer = office.caller()
        first = await try_seat(buyer, office)
        assert first.status_code == 201
        assert first.headers["ratelimit-policy"] == '"requests";q=100;w=60, "attempts";q=10;w=60'
        assert first.headers["ratelimit"] == '"requests";r=99;t=1, "attempts";r=9;t=6'
        gone = {"eventId": office.event, "seatIds": [first.json()["seats"][0]["id"]]}
        refused = await office.caller().post(RESERVE, gone, idempotency_key="k")  # a problem carries them as well
        assert (refused.status_code, refused.headers["ratelimit"]) == (409, '"requests";r=99;t=1, "attempts";r=9;t=6')
        short = await buyer.get(f"/bookings/{first.json()['bookingId']}")
        around = await buyer.get(f"/bookings/{first.json()['bookingId']}?")
        listed = await buyer.get("/bookings")
        told = [answer.headers["ratelimit"].split(";")[1] for answer in (short, around, listed)]
        assert told == ["r=98", "r=97", "r=96"]
        assert "ratelimit" not in (await office.public.get("/events")).headers


async def test_a_network_has_a_limit_of_its_own_and_keeps_quiet(
    servers: TestServers, database_url: str, house: House
) -> None:
    settings = settings_like(servers, database_url, booking_attempts_per_minute_prefix=4)
    async with office_with(house, settings) as office:
        neighbours = [f"203.0.113.{host}" for host in range(6)]
        answers = [await try_seat(office.caller(), office, **{"X-Forwarded-For": one}) for one in neighbours]
        assert [answer.status_code == 429 for answer in answers] == [False] * 4 + [True] * 2
        problem = assert_problem(answers[-1], 429, "rate_limited")
        assert problem["detail"] == "Too many requests."
        assert "ratelimit" not in answers[-1].headers
        elsewhere = await try_seat(office.caller(), office, **{"X-Forwarded-For": "203.0.114.1"})
        assert elsewhere.status_code == 201
        wide = [f"2001:db8:7:2{host:02x}::1" for host in range(6)]
        answers = [await try_seat(office.caller(), office, **{"X-Forwarded-For": one}) for one in wide]
        assert answers[-1].status_code == 429


async def test_only_the_last_address_that_no_proxy_of_ours_wrote_is_believed(
    servers: TestServers, database_url: str, house: House
) -> None:
    """A bot that writes another address before each request is still one network."""
    settings = settings_like(servers, database_url, booking_attempts_per_minute_prefix=3)
    async with office_with(house, settings) as office:
        lies = [f"198.51.{n}.1, 203.0.113.9" for n in range(5)]
        answers = [await try_seat(office.caller(), office, **{"X-Forwarded-For": lie}) for lie in lies]
        assert [answer.status_code == 429 for answer in answers] == [False] * 3 + [True] * 2


async def test_a_device_is_known_again_by_its_signed_cookie(
    servers: TestServers, database_url: str, house: House
) -> None:
    settings = settings_like(servers, database_url, booking_attempts_per_minute_device=3)
    async with office_with(house, settings) as office:
        begun = await office.client.post("/api/v1/session")
        cookies = begun.headers.get_list("set-cookie")
        cookie = next(line for line in cookies if line.startswith(DEVICE_COOKIE)).lower()
        assert "httponly" in cookie
        assert "samesite=lax" in cookie
        device = begun.cookies[DEVICE_COOKIE]
        office.client.cookies.clear()
        codes = [
            (await try_seat(office.caller(), office, Cookie=f"{DEVICE_COOKIE}={device}")).status_code for _ in range(5)
        ]
        assert codes[3:] == [429, 429]
        assert 429 not in codes[:3]
        forged = f"{DEVICE_COOKIE}={'0' * 32}.{device.partition('.')[2]}"
        assert (await try_seat(office.caller(), office, Cookie=forged)).status_code == 201


async def test_sessions_are_limited_by_network_and_reads_by_process(
    servers: TestServers, database_url: str, house: House
) -> None:
    settings = settings_like(servers, database_url, account_calls_per_minute_prefix=3, reads_per_minute_prefix=4)
    async with office_with(house, settings) as office:
        client, there = office.client, {"X-Forwarded-For": "203.0.113.5"}
        begun = []
        for _ in range(4):
            client.cookies.clear()
            begun.append((await client.post("/api/v1/session", headers=there)).status_code)
        assert begun == [204, 204, 204, 429]
        read = [(await client.get("/api/v1/events", headers=there)).status_code for _ in range(5)]
        assert read == [200] * 4 + [429]
        assert (await client.get("/api/v1/events")).status_code == 200


async def test_surge_leaves_each_person_few_requests(servers: TestServers, database_url: str, house: House) -> None:
    async with office_with(house, settings_like(servers, database_url, requests_per_minute_surge=3)) as office:
        buyer = office.caller()
        assert (await buyer.get("/bookings")).headers["ratelimit-policy"].startswith('"requests";q=100')
        await office.api.valkey.set("surge", 1)  # type: ignore[union-attr]
        codes = [(await buyer.get("/bookings")).status_code for _ in range(5)]
        assert codes[0] == 200
        assert codes[-1] == 429
        await office.api.valkey.delete("surge")  # type: ignore[union-attr]
        await office.caller().get("/bookings")
        assert (await office.caller().get("/bookings")).headers["ratelimit-policy"].startswith('"requests";q=100')


@pytest.mark.parametrize("network", ["", "203.0.113.7"])
async def test_without_valkey_nothing_is_unlimited(database_url: str, house: House, network: str) -> None:
    """By person, or, where each attempt is another person's, by network."""
    settings = Settings(
        database_url=database_url,
        valkey_url="valkey://127.0.0.1:1",
        booking_attempts_per_minute=4,
        booking_attempts_per_minute_prefix=4,
    )
    async with office_with(house, settings) as office:
        one = office.caller()
        headers = {"X-Forwarded-For": network} if network else {}
        people = [office.caller() for _ in range(7)] if network else [one] * 7
        codes = [(await try_seat(person, office, **headers)).status_code for person in people]
        assert codes[4:] == [429] * 3
        assert 429 not in codes[:4]


async def test_reports_cannot_starve_holds(office: BoxOffice) -> None:
    """The audit log is locked, so that its readers wait for ever and more of them come: a sale goes on beside them."""
    operator, buyer = office.caller("operator"), office.caller()
    async with office.house.database.cold.acquire() as beside, beside.transaction():
        await beside.execute("LOCK TABLE audit_log IN ACCESS EXCLUSIVE MODE")
        waiting = [asyncio.create_task(operator.get("/audit")) for _ in range(20)]
        while await beside.fetchval(WAITING) < REPORTS_MAX:
            assert not any(task.done() for task in waiting)
        for seat in ("S-2-1", "S-2-2"):
            booking = await office.hold(buyer, seat)
            paid = await buyer.post(f"/bookings/{booking['bookingId']}/confirm", {"paymentToken": "tok_ok"})
            assert paid.status_code == 200
        assert await beside.fetchval(WAITING) == REPORTS_MAX
    assert {(await task).status_code for task in waiting} == {200}
