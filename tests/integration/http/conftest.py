"""The whole api role on a fresh database, spoken to as a client speaks to it."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

import httpx
import pytest
from tests.conftest import TestServers
from tests.house import House
from uvicorn.server import ServerState

from rowlock.app import Api, open_api, serving
from rowlock.identity import HOUSE, Role
from rowlock.platform.http.handover import HandoverDoor
from rowlock.platform.http.lane_protocol import LaneProtocol
from rowlock.platform.secrets import new_key
from rowlock.settings import Settings

Json = dict[str, Any]
SECRET_KEYS = new_key()


class Caller:
    """One person's way to the API; every method answers the response as it came."""

    def __init__(self, client: httpx.AsyncClient, token: str | None) -> None:
        self.client = client
        self.headers = {} if token is None else {"Authorization": f"Bearer {token}"}

    async def get(self, path: str, **headers: str) -> httpx.Response:
        """GET below /api/v1."""
        return await self.client.get(f"/api/v1{path}", headers=self.headers | _names(headers))

    async def post(self, path: str, body: object = None, **headers: str) -> httpx.Response:
        """POST a JSON body below /api/v1."""
        return await self.client.post(f"/api/v1{path}", json=body, headers=self.headers | _names(headers))

    async def post_bytes(self, path: str, body: bytes, media_type: str = "application/json") -> httpx.Response:
        """POST bytes just as they are."""
        headers = self.headers | {"Content-Type": media_type}
        return await self.client.post(f"/api/v1{path}", content=body, headers=headers)

    async def send(self, method: str, path: str, body: object = None) -> httpx.Response:
        """Any method, on the whole path."""
        return await self.client.request(method, path, json=body, headers=self.headers)

    async def patch(self, path: str, body: object) -> httpx.Response:
        """PATCH with a JSON body."""
        return await self.client.patch(f"/api/v1{path}", json=body, headers=self.headers)

    async def delete(self, path: str) -> httpx.Response:
        """DELETE below /api/v1."""
        return await self.client.delete(f"/api/v1{path}", headers=self.headers)


class BoxOffice:
    """The running API with its house, and people who may call it."""

    def __init__(self, api: Api, house: House, client: httpx.AsyncClient) -> None:
        self.api = api
        self.house = house
        self.client = client
        self.event = str(house.event_id)
        self.public = Caller(client, None)

    def caller(self, role: Role = "buyer", subject: str | None = None, organiser_id: int = HOUSE) -> Caller:
        """Somebody new in that role, unless `subject` names them; staff work for the house unless told otherwise."""
        name = subject or f"{role}:{uuid.uuid4()}"
        return Caller(self.client, self.api.signer.issue(name, role, organiser_id=organiser_id))

    async def hold(self, caller: Caller, *seats: str, event: str | None = None) -> Json:
        """A booking of these seats, which must be free."""
        body = {"eventId": event or self.event, "seatIds": list(seats)}
        answer = await caller.post("/bookings/reserve", body)
        assert answer.status_code == 201, answer.text
        booking: Json = answer.json()
        return booking

    async def caught_up(self, event: str | None = None) -> None:
        """Return when the api's picture of the event is at the ledger's end: it may be 50 ms behind."""
        event_id = int(event or self.event)
        at = "SELECT seq FROM event_inventory WHERE event_id = $1"
        seq = await self.house.database.cold.fetchval(at, event_id)
        while (picture := await self.api.replica.picture(event_id)) is None or picture.seq < seq:
            pass

    async def statuses(self) -> dict[str, str]:
        """The status of every seat by its id, as the list format tells it."""
        await self.caught_up()
        rows = (await self.public.get(f"/events/{self.event}/seats?format=list")).json()
        return {row["id"]: row["status"] for row in rows}

    async def taken(self) -> set[str]:
        """The seats that are not available, read from the table."""
        states = await self.house.states()
        return {f"S-{seat // 10 + 1}-{seat % 10 + 1}" for seat, state in enumerate(states) if state}


def assert_problem(answer: httpx.Response, status: int, code: str) -> Json:
    """The answer is a whole problem document of that code; answers its members."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem: Json = answer.json()
    assert problem["code"] == code
    assert problem["status"] == status
    assert problem["type"].endswith(code)
    assert problem["title"]
    assert problem["detail"]
    assert problem["requestId"] == answer.headers["x-request-id"]
    return problem


def _names(headers: dict[str, str]) -> dict[str, str]:
    """`idempotency_key` as a keyword is the header `idempotency-key`."""
    return {name.replace("_", "-"): value for name, value in headers.items()}


def settings_for(servers: TestServers, database_url: str, *, requests: int = 0, attempts: int = 0) -> Settings:
    """Settings for the test's database; rates a minute, 0 is no limit."""
    return Settings(
        database_url=database_url,
        valkey_url=servers.valkey_url,
        requests_per_minute=requests,
        booking_attempts_per_minute=attempts,
        sign_ins_per_minute=attempts,
        sign_ins_per_network_per_minute=requests,
        secret_keys=SECRET_KEYS,
    )


@asynccontextmanager
async def served(api: Api, live_door: HandoverDoor | None = None) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the api on a real connection: the sale lane's short way is in it."""
    config, state = serving(api, live_door=live_door), ServerState()
    config.load()
    state.default_headers = config.encoded_headers  # as uvicorn's server does every second
    protocol = cast("type[LaneProtocol]", config.http_protocol_class)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: protocol(config, state, {}), config.host, 0)
    port = server.sockets[0].getsockname()[1]
    async with httpx.AsyncClient(base_url=f"http://{config.host}:{port}", verify=False) as client:  # no CA file is read
        yield client
    server.close()
    for connection in set(state.connections):
        connection.shutdown()
    await server.wait_closed()


@pytest.fixture
async def office(servers: TestServers, database_url: str, house: House) -> AsyncIterator[BoxOffice]:
    """The API without rate limits."""
    api = await open_api(settings_for(servers, database_url))
    async with served(api) as client:
        yield BoxOffice(api, house, client)
    await api.close()


@pytest.fixture
async def other_office(servers: TestServers, database_url: str, house: House) -> AsyncIterator[BoxOffice]:
    """The same API once more, as another process would run it."""
    api = await open_api(settings_for(servers, database_url))
    async with served(api) as client:
        yield BoxOffice(api, house, client)
    await api.close()


@pytest.fixture
async def strict_office(servers: TestServers, database_url: str, house: House) -> AsyncIterator[BoxOffice]:
    """The API with small rate limits: 5 requests and 3 booking attempts a minute."""
    api = await open_api(settings_for(servers, database_url, requests=5, attempts=3))
    async with served(api) as client:
        yield BoxOffice(api, house, client)
    await api.close()
