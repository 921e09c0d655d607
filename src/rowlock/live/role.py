"""Composition of the live role: what a gateway process is made of and how it ends."""

import asyncio
import contextlib
import resource
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import structlog
from valkey.asyncio import Valkey

from rowlock.identity import open_signer
from rowlock.live.admission import Admission, StreamLimits
from rowlock.live.follower import LedgerFollower
from rowlock.live.gateway import Gateway
from rowlock.platform.http.handover import HandoverPost
from rowlock.platform.postgres import open_database
from rowlock.platform.valkey.hints import follow_hints
from rowlock.settings import Settings

BACKLOG = 4096
COLD_CONNECTIONS = 4

log = structlog.get_logger(__name__)


async def stream_forever(
    settings: Settings, stopping: asyncio.Event, *, listener: socket.socket | None = None, post: Path | None = None
) -> None:
    """Serve seat streams until `stopping` is set: on a listening socket, on connections passed on to `post`, or both.

    A part that fails takes the role down, to be started again.
    """
    assert settings.database_url is not None
    _allow_many_files()
    database = await open_database(settings.database_url, hot=1, cold=COLD_CONNECTIONS)
    valkey = Valkey.from_url(settings.valkey_url, socket_connect_timeout=0.5) if settings.valkey_url else None
    follower = LedgerFollower(database)
    gateway = Gateway(follower, _admission(settings), await open_signer(database))
    try:
        async with asyncio.TaskGroup() as parts:
            running = [
                parts.create_task(follower.follow_forever()),
                parts.create_task(gateway.heartbeat.beat_forever()),
            ]
            if valkey is not None:
                hints = follow_hints(valkey, lambda events, _people: follower.hint(events), follower.hearing)
                running.append(parts.create_task(hints))
            async with _open_doors(gateway, listener, post):
                log.info("gateway_open")
                await stopping.wait()
            await gateway.send_away()
            for part in running:
                part.cancel()
    finally:
        await database.close()
        if valkey is not None:
            await valkey.aclose()


@contextlib.asynccontextmanager
async def _open_doors(gateway: Gateway, listener: socket.socket | None, post: Path | None) -> AsyncIterator[None]:
    """Let connections in for the time of the block."""
    with contextlib.ExitStack() as doors:
        if listener is not None:
            loop = asyncio.get_running_loop()
            server = await loop.create_server(gateway.reception, sock=listener, backlog=BACKLOG)
            doors.callback(server.close)
        if post is not None:
            receiving = HandoverPost(post, gateway.take_over)
            receiving.open()
            doors.callback(receiving.close)
        yield


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
