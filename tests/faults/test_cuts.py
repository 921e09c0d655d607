"""The connection to PostgreSQL ends between COMMIT and answer: what was done is done once, and the buyer learns it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit, urlunsplit

import httpx
import pytest
from tests.conftest import TestServers
from tests.faults.installation import api_process
from tests.faults.proxy import Proxy, Way, proxy_to
from tests.faults.shopper import line_to
from tests.house import House

from rowlock.identity import open_signer
from rowlock.platform.postgres import Database

LOCK_THE_SALE = "SELECT 1 FROM event_inventory FOR UPDATE"
WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted"
LEDGER = "SELECT changes FROM seat_ledger ORDER BY seq"
KEY = {"Idempotency-Key": "the-one-key"}
AT_ONCE_SECONDS = 1.0
READY_SECONDS = 20.0


@asynccontextmanager
async def broken_after_commit(database: Database, proxy: Proxy, answers: Way) -> AsyncIterator[None]:
    """Of what the block starts, the step that locks the sale is carried out, and its answer goes no further."""
    before = len(await database.fetch(LEDGER))
    async with database.cold.acquire() as beside, beside.transaction():
        await beside.execute(LOCK_THE_SALE)
        yield
        async with asyncio.timeout(READY_SECONDS):
            while not await beside.fetchval(WAITING):
                continue
        proxy.let(answers=answers)
    async with asyncio.timeout(READY_SECONDS):
        await proxy.bytes_lost.wait()
        while len(await database.fetch(LEDGER)) == before:  # the first answer that was lost may have been to a look
            continue


@asynccontextmanager
async def way_to(database_url: str) -> AsyncIterator[tuple[Proxy, str]]:
    """A proxy before PostgreSQL, and the URL of the same database through it."""
    parts = urlsplit(database_url)
    assert parts.port is not None
    async with proxy_to("127.0.0.1", parts.port) as proxy:
        netloc = parts.netloc.rsplit(":", 1)[0]
        yield proxy, urlunsplit(parts._replace(netloc=f"{netloc}:{proxy.port}"))


async def ready(line: httpx.AsyncClient) -> None:
    """Wait until the api answers; its socket listens from the start."""
    answer = await line.get("/events", timeout=READY_SECONDS)
    assert answer.status_code == 200


async def steps(database: Database) -> list[str]:
    """What the ledger tells, kind by kind."""
    rows = await database.fetch(LEDGER)
    return [row["changes"].split('"')[1] for row in rows]


DONE_ONCE = {
    "reserve": ["hold"],
    "extend": ["hold", "extend"],
    "release": ["hold", "release"],
    "confirm": ["hold", "pay", "confirm"],
}


@pytest.mark.parametrize("verb", DONE_ONCE)
async def test_a_lost_answer_of_postgresql_is_asked_for_again(
    servers: TestServers, database_url: str, database: Database, house: House, verb: str
) -> None:
    token = (await open_signer(database)).issue("buyer:cut-off", "buyer")
    seats = {"eventId": str(house.event_id), "seatIds": ["S-1-1", "S-1-2"]}
    async with way_to(database_url) as (proxy, url):
        with api_process(url, servers.valkey_url) as (api, _):
            async with line_to(api, token) as line:
                await ready(line)
                path, body = "/bookings/reserve", {**seats}
                if verb != "reserve":
                    held = await line.post(path, json=body)
                    path, body = f"/bookings/{held.json()['bookingId']}/{verb}", {"paymentToken": "tok_ok"}
                async with broken_after_commit(database, proxy, Way.CUT):
                    asked = asyncio.create_task(line.post(path, json=body, headers=KEY))
                proxy.let()
                assert (await asked).is_success
    assert await steps(database) == DONE_ONCE[verb]
    assert await house.broken() == []


async def test_a_retry_after_a_kill_between_commit_and_answer_finds_the_one_booking_at_once(
    servers: TestServers, database_url: str, database: Database, house: House
) -> None:
    token = (await open_signer(database)).issue("buyer:who-tries-again", "buyer")
    body = {"eventId": str(house.event_id), "seatIds": ["S-1-1", "S-1-2"]}
    async with way_to(database_url) as (proxy, url):
        with (
            api_process(url, servers.valkey_url) as (first, process),
            api_process(database_url, servers.valkey_url) as (second, _),
        ):
            async with line_to(first, token) as line, line_to(second, token) as other_line:
                await asyncio.gather(ready(line), ready(other_line))
                async with broken_after_commit(database, proxy, Way.STALL):
                    asked = asyncio.create_task(line.post("/bookings/reserve", json=body, headers=KEY))
                booked = await database.fetch("SELECT id FROM bookings")
                in_use = await other_line.post("/bookings/reserve", json=body, headers=KEY)
                assert in_use.json()["code"] == "key_in_use"
                process.kill()
                with pytest.raises(httpx.TransportError):
                    await asked
                async with asyncio.timeout(AT_ONCE_SECONDS):
                    again = await other_line.post("/bookings/reserve", json=body, headers=KEY)
                    while again.status_code == 409:  # the database is about to notice that the process is gone
                        again = await other_line.post("/bookings/reserve", json=body, headers=KEY)
    assert again.status_code == 201
    assert [again.json()["bookingId"]] == [str(row["id"]) for row in booked]
    assert await steps(database) == ["hold"]
    assert await house.broken() == []
