"""Composition of the live role: what a gateway process is made of and how it ends."""

import asyncio
import contextlib
import resource
import socket
from collections.abc import AsyncIterator, Iterable
from pathlib import Path

import structlog
from valkey.asyncio import Valkey

from rowlock.bots.store import open_secret
from rowlock.identity import KeyKeeper, open_keeper
from rowlock.live import choosing
from rowlock.live.admission import Admission, StreamLimits
from rowlock.live.choosing import ChoosingBoard
from rowlock.live.entrance import Entrance
from rowlock.live.follower import LedgerFollower
from rowlock.live.gateway import Gateway
from rowlock.live.holds import HoldAlarms
from rowlock.live.lines import LineTeller
from rowlock.platform.http.handover import HandoverPost
from rowlock.platform.postgres import Database, open_database
from rowlock.platform.secrets import SecretBox
from rowlock.platform.tasks import end
from rowlock.platform.valkey import hints
from rowlock.platform.valkey.channels import hear
from rowlock.settings import Settings
from rowlock.waiting_room import Doorman
from rowlock.waiting_room.shopping import ShoppingSessions
from rowlock.waiting_room.signing import QueueSeals
from rowlock.waiting_room.watch import RoomWatch

BACKLOG = 4096
COLD_CONNECTIONS = 4

log = structlog.get_logger(__name__)


class LiveRole:
    """Everything a gateway process is made of, once its database is open."""

    def __init__(
        self, settings: Settings, database: Database, valkey: "Valkey | None", keeper: KeyKeeper, seals: QueueSeals
    ) -> None:
        self._database = database
        self._keeper = keeper
        self._valkey = valkey
        self._follower = LedgerFollower(database)
        self._holds = HoldAlarms(database)
        self._board = ChoosingBoard(valkey, self._follower, settings.seats_per_booking_max)
        self._rooms = RoomWatch(database)
        self._lines = LineTeller(self._rooms)
        entrance = Entrance(Doorman(self._rooms, seals, ShoppingSessions(database)), seals)
        self.gateway = Gateway(
            self._follower,
            _admission(settings),
            keeper.signer,
            holds=self._holds,
            board=self._board,
            lines=self._lines,
            entrance=entrance,
        )
        self._lines.on_opened = self.gateway.close_seats
        self._follower.on_clock_turned = self.gateway.clock_turned
        keeper.revocations.on_revoked = self.gateway.ended

    @property
    def hears(self) -> bool:
        """Whether hints arrive as they should: always so where there is no Valkey to bring any."""
        return self._follower.hears or self._valkey is None

    async def serve(
        self, stopping: asyncio.Event, *, listener: socket.socket | None = None, post: Path | None = None
    ) -> None:
        """Serve until `stopping` is set: on a listening socket, on connections passed on to `post`, or both.

        A part that fails takes the role down, to be started again.
        """
        parts = [
            self._follower.follow_forever(),
            self._holds.watch_forever(),
            self._board.publish_forever(),
            self._board.tell_forever(),
            self._lines.tell_forever(),
            self.gateway.heartbeat.beat_forever(),
        ]
        if self._valkey is not None:
            takers = {hints.CHANNEL: hints.hint_taker(self._take_hint), choosing.CHANNEL: self._board.take}
            parts.append(hear(self._valkey, takers, self._follower.hearing))
        await self._rooms.start()
        async with asyncio.TaskGroup() as group:
            running = [group.create_task(part) for part in parts]
            async with self._open_doors(listener, post):
                log.info("gateway_open")
                await stopping.wait()
            await self.gateway.send_away()
            await end(*running)

    async def close(self) -> None:
        """Close what was opened."""
        await self._rooms.close()
        await self._keeper.close()
        await self._database.close()
        if self._valkey is not None:
            await self._valkey.aclose()

    def _take_hint(self, events: Iterable[int], people: Iterable[str]) -> None:
        self._follower.hint(events)
        self._holds.hint(people)

    @contextlib.asynccontextmanager
    async def _open_doors(self, listener: socket.socket | None, post: Path | None) -> AsyncIterator[None]:
        """Let connections in for the time of the block."""
        with contextlib.ExitStack() as doors:
            if listener is not None:
                loop = asyncio.get_running_loop()
                server = await loop.create_server(self.gateway.reception, sock=listener, backlog=BACKLOG)
                doors.callback(server.close)
            if post is not None:
                receiving = HandoverPost(post, self.gateway.take_over)
                receiving.open()
                doors.callback(receiving.close)
            yield


async def open_live(settings: Settings) -> LiveRole:
    """Open the database and Valkey and wire the parts; DatabaseDown when PostgreSQL does not answer."""
    assert settings.database_url is not None
    _allow_many_files()
    database = await open_database(settings.database_url, hot=1, cold=COLD_CONNECTIONS)
    valkey = Valkey.from_url(settings.valkey_url, socket_connect_timeout=0.5) if settings.valkey_url else None
    box = SecretBox.of(settings.secret_keys)
    seals = QueueSeals(await open_secret(database, box))
    return LiveRole(settings, database, valkey, await open_keeper(database, box), seals)


def _admission(settings: Settings) -> Admission:
    streams = StreamLimits(
        settings.stream_connections_max,
        settings.stream_connections_per_address_max,
        settings.stream_connections_per_person_max,
    )
    return Admission(streams, [*settings.stream_origins.split(","), settings.public_url])


def _allow_many_files() -> None:
    """A viewer is an open file; take as many as the machine lets one process have."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
