"""The api and a gateway in one process, a house with an event, and viewers of it."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import httpx
import pytest
from tests.conftest import TestServers
from tests.house import House
from tests.integration.http.conftest import served, settings_for
from tests.unit.live.test_asyncapi import validator_of
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Data, Subprotocol

from rowlock.app import Api, open_api
from rowlock.identity import Person
from rowlock.inventory import Hold, Release
from rowlock.live.client import Message, SeatMap, SeatStream, Way
from rowlock.live.gateway import Gateway
from rowlock.live.role import LiveRole, open_live
from rowlock.live.viewers import StreamViewer
from rowlock.platform.http.handover import HandoverDoor
from rowlock.settings import Settings

WAIT_SECONDS_MAX = 20.0
"""Far longer than a viewer is ever behind, so that a fault is not waited for any longer."""


class HeedfulConnection(ClientConnection):
    """A WebSocket that takes no message which the served AsyncAPI document does not describe."""

    async def recv(self, decode: bool | None = None) -> Data:  # type: ignore[override]
        """The next message."""
        data = await super().recv(decode)
        check_described(json.loads(data))
        return data


def check_described(message: Message) -> None:
    """Raise ValidationError unless the document knows such a message."""
    validator_of(message["type"]).validate(message)


class LiveHouse:
    """A running installation of one api and, while it is open, one gateway."""

    def __init__(self, api: Api, house: House, client: httpx.AsyncClient, settings: Settings, post: Path) -> None:
        self.api = api
        self.house = house
        self.client = client
        self.settings = settings
        self.post = post
        self.heard: list[Message] = []
        self.role: LiveRole | None = None
        self.port = 0
        self._serving: asyncio.Task[None] | None = None
        self._stopping = asyncio.Event()

    @property
    def url(self) -> str:
        """Where everything is."""
        return str(self.client.base_url)

    @property
    def event(self) -> str:
        """The event's id on the wire."""
        return str(self.house.event_id)

    @property
    def gateway(self) -> Gateway:
        """The open gateway."""
        assert self.role is not None
        return self.role.gateway

    async def open_gateway(self, settings: Settings | None = None) -> None:
        """Start a gateway, on a port of its own as well, and wait until it takes connections."""
        self._stopping = asyncio.Event()
        listener = socket.create_server(("127.0.0.1", 0))
        self.port = listener.getsockname()[1]
        self.role = await open_live(settings or self.settings)
        self._serving = asyncio.create_task(self.role.serve(self._stopping, listener=listener, post=self.post))
        while not (self.post.exists() and self.role.hears):
            assert not self._serving.done(), self._serving.exception()
            await asyncio.sleep(0)

    async def stop_gateway(self) -> None:
        """As SIGTERM does."""
        self._stopping.set()
        if self._serving is not None:
            await self._serving
        await self.kill_gateway()

    async def kill_gateway(self) -> None:
        """As a crash does: nobody is told."""
        if self._serving is not None and self.role is not None:
            self._serving.cancel()
            await asyncio.gather(self._serving, return_exceptions=True)
            for viewer in self.gateway.viewers:
                viewer.abort()
            await self.gateway_is_empty()
            await self.role.close()
        self._serving = None

    async def gateway_is_empty(self) -> None:
        """Return when no viewer is left."""
        while self.gateway.viewers:  # noqa: ASYNC110  the gateway has no reason to tell
            await asyncio.sleep(0)

    @property
    def gateway_hears(self) -> bool:
        """Whether hints reach the gateway."""
        return self.role is not None and self.role.hears

    async def until_gateway_hears(self) -> None:
        """Return when they do."""
        while not self.gateway_hears:  # noqa: ASYNC110  as above
            await asyncio.sleep(0)

    async def bare_stream(self, receive_bytes: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter, StreamViewer]:
        """A WebSocket after its handshake, which takes in no more than so much; and the gateway's end of it."""
        before = self.gateway.viewers
        end = socket.socket()
        end.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        end.connect(("127.0.0.1", self.port))
        reader, writer = await asyncio.open_connection(sock=end, limit=receive_bytes)
        lines = (
            f"GET /api/v1/events/{self.event}/stream HTTP/1.1", "Host: x", "Connection: Upgrade", "Upgrade: websocket",
            "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==", "", "",
        )  # fmt: skip
        writer.write("\r\n".join(lines).encode())
        assert b" 101 " in await reader.readuntil(b"\r\n\r\n")
        (viewer,) = self.gateway.viewers - before
        return reader, writer, viewer

    def viewer(self, way: Way = "websocket", person: str | None = None) -> SeatStream:
        """Somebody who watches the event, with tickets of `person` if given; what the server says goes to `heard`."""

        async def ticket() -> str:
            return await self.ticket(str(person))

        return SeatStream(
            self.url,
            self.event,
            way=way,
            ticket=None if person is None else ticket,
            heard=self.heard.append,
            poll_seconds=0.05,
        )

    async def ticket(self, person: str | Person) -> str:
        """A stream ticket of that person; a name is a buyer's."""
        token = self.api.signer.issue_for(Person(person, "buyer") if isinstance(person, str) else person)
        answer = await self.client.post("/api/v1/stream-tickets", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["ticket"])

    @asynccontextmanager
    async def socket(
        self, person: str | Person | None = None, port: int | None = None, **headers: str
    ) -> "AsyncIterator[tuple[ClientConnection, Message]]":
        """A bare WebSocket, with the hello that it began with; through the api unless a gateway's port is given."""
        query = "" if person is None else f"?ticket={await self.ticket(person)}"
        async with connect(
            f"ws://127.0.0.1:{port or self.client.base_url.port}/api/v1/events/{self.event}/stream{query}",
            subprotocols=[Subprotocol("rowlock.v1")], compression=None, ping_interval=None, additional_headers=headers,
            create_connection=HeedfulConnection,
        ) as connection:  # fmt: skip
            yield connection, json.loads(await connection.recv())

    async def hold(self, *seat_nos: int, buyer: str | None = None) -> Hold:
        """Hold seats through the api's engine."""
        command = self.house.hold_of(*seat_nos, buyer=buyer)
        assert (await self.api.engine.hold(command)).stands
        return command

    async def release(self, hold: Hold) -> None:
        """Give them back."""
        await self.api.engine.release(hold.event_id, Release(hold.booking_id, hold.buyer))

    async def seq(self) -> int:
        """The end of the event's ledger."""
        at = "SELECT seq FROM event_inventory WHERE event_id = $1"
        return int(await self.house.database.cold.fetchval(at, self.house.event_id))

    async def current(self, viewer: SeatStream) -> SeatMap:
        """The viewer's map once it is at the ledger's end; it must then equal the seats."""
        seq = await self.seq()
        async with asyncio.timeout(WAIT_SECONDS_MAX):
            seen = await viewer.until(lambda seats: seats.seq >= seq)
        assert list(seen.states) == await self.house.states()
        return seen

    def words(self) -> list[str]:
        """The types of the messages heard."""
        return [message["type"] for message in self.heard]


@asynccontextmanager
async def live_house(settings: Settings, house: House, post: Path) -> AsyncIterator[LiveHouse]:
    """An api that passes streams on to `post`, with no gateway there yet."""
    async with AsyncExitStack() as stack:
        api = await open_api(settings)
        stack.push_async_callback(api.close)
        door = HandoverDoor([post])
        stack.callback(door.close)
        client = await stack.enter_async_context(served(api, door))
        place = LiveHouse(api, house, client, settings, post)
        stack.push_async_callback(place.kill_gateway)
        yield place


@pytest.fixture
async def place(
    servers: TestServers, database_url: str, house: House, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[LiveHouse]:
    """An installation with its gateway open."""
    post = tmp_path_factory.mktemp("post") / "live"
    async with live_house(settings_for(servers, database_url), house, post) as place:
        await place.open_gateway()
        yield place
        for message in place.heard:
            check_described(message)
