"""The api and a gateway in one process, a house with an event, and viewers of it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import httpx
import pytest
from tests.conftest import TestServers
from tests.house import House
from tests.integration.http.conftest import served, settings_for

from rowlock.app import Api, open_api
from rowlock.inventory import Hold, Release
from rowlock.live.client import Message, SeatMap, SeatStream, Way
from rowlock.live.role import stream_forever
from rowlock.platform.http.handover import HandoverDoor
from rowlock.settings import Settings


class LiveHouse:
    """A running installation of one api and, while it is open, one gateway."""

    def __init__(self, api: Api, house: House, client: httpx.AsyncClient, settings: Settings, post: Path) -> None:
        self.api = api
        self.house = house
        self.client = client
        self.settings = settings
        self.post = post
        self.heard: list[Message] = []
        self._gateway: asyncio.Task[None] | None = None
        self._stopping = asyncio.Event()

    @property
    def url(self) -> str:
        """Where everything is."""
        return str(self.client.base_url)

    @property
    def event(self) -> str:
        """The event's id on the wire."""
        return str(self.house.event_id)

    async def open_gateway(self, settings: Settings | None = None) -> None:
        """Start a gateway and wait until it takes connections."""
        self._stopping = asyncio.Event()
        self._gateway = asyncio.create_task(stream_forever(settings or self.settings, self._stopping, post=self.post))
        while not self.post.exists():
            assert not self._gateway.done(), self._gateway.exception()
            await asyncio.sleep(0)

    async def stop_gateway(self) -> None:
        """As SIGTERM does."""
        self._stopping.set()
        if self._gateway is not None:
            await self._gateway
        self._gateway = None

    async def kill_gateway(self) -> None:
        """As a crash does: nobody is told."""
        if self._gateway is not None:
            self._gateway.cancel()
            await asyncio.gather(self._gateway, return_exceptions=True)
        self._gateway = None

    def viewer(self, way: Way = "websocket", person: str | None = None) -> SeatStream:
        """Somebody who watches the event, with tickets of `person` if given; what the server says goes to `heard`."""

        async def ticket() -> str:
            token = self.api.signer.issue(str(person), "buyer")
            answer = await self.client.post("/api/v1/stream-tickets", headers={"Authorization": f"Bearer {token}"})
            return str(answer.json()["ticket"])

        return SeatStream(
            self.url,
            self.event,
            way=way,
            ticket=None if person is None else ticket,
            heard=self.heard.append,
            poll_seconds=0.05,
        )

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
