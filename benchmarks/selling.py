"""Selling through the engine in this process, without HTTP: what the seats themselves cost."""

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import NamedTuple

import msgspec
import psutil

from rowlock.app import open_api
from rowlock.inventory import Hold, HoldWord, SeatEngine
from rowlock.kernel.ids import new_booking_id
from rowlock.platform.embedded import EmbeddedServers
from rowlock.platform.embedded.folder import Servers
from rowlock.platform.postgres import Database
from rowlock.platform.postgres.migrate import migrate
from rowlock.settings import Settings

Wanted = tuple[int, tuple[int, ...]]
"""An event and seats of it."""


class Bench(NamedTuple):
    """Two servers of the benchmark's own."""

    servers: Servers
    folder: Path


class Sold(msgspec.Struct, frozen=True):
    """What a sale did. Processor times are those of a hold, in microseconds."""

    holds: int
    seconds: float
    engine_us: float
    postgres_us: float

    @property
    def per_second(self) -> float:
        """Holds a second."""
        return self.holds / self.seconds


@contextmanager
def servers() -> Iterator[Bench]:
    """PostgreSQL and Valkey on a folder that is gone afterwards, migrated."""
    with tempfile.TemporaryDirectory(prefix="rowlock-benchmark-") as parent, EmbeddedServers() as embedded:
        folder = Path(parent) / "data"
        started = embedded.start(folder)
        migrate(started.database_url)
        yield Bench(started, folder)


@asynccontextmanager
async def selling(url: str) -> AsyncIterator[tuple[Database, SeatEngine]]:
    """An engine as the api role has it."""
    api = await open_api(Settings(database_url=url, holds_per_user_max=0))
    try:
        yield api.database, api.engine
    finally:
        await api.close()


async def sell(engine: SeatEngine, wanted: Sequence[Wanted], clients: int, seconds: float, postgres_pid: int) -> Sold:
    """Let `clients` buyers hold what is wanted, one after the other, each seat once, for at most `seconds`."""
    queue = iter(wanted)
    until = time.perf_counter() + seconds

    async def buyer(number: int) -> int:
        holds = 0
        while time.perf_counter() < until and (next_wanted := next(queue, None)) is not None:
            event_id, seat_nos = next_wanted
            outcome = await engine.hold(Hold(new_booking_id(), event_id, f"buyer:{number}:{holds}", seat_nos))
            assert outcome.word is HoldWord.HELD, outcome
            holds += 1
        return holds

    started, own, database = time.perf_counter(), time.process_time(), postgres_seconds(postgres_pid)
    holds = sum(await asyncio.gather(*(buyer(number) for number in range(clients))))
    took = time.perf_counter() - started
    engine_us = (time.process_time() - own) / holds * 1e6
    return Sold(holds, took, engine_us, (postgres_seconds(postgres_pid) - database) / holds * 1e6)


def postgres_seconds(pid: int) -> float:
    """Processor time of a PostgreSQL server and its processes so far."""
    server = psutil.Process(pid)
    used = [process.cpu_times() for process in (server, *server.children(recursive=True))]
    return sum(times.user + times.system for times in used)
