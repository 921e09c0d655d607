"""Real servers for the whole run, a fresh migrated database for every test that asks for one."""

import asyncio
import gc
import itertools
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest
from hypothesis import settings as hypothesis_settings
from tests.house import House
from tests.standin import StandInProcess
from valkey.asyncio import Valkey

from rowlock.identity.keys import open_keys
from rowlock.platform.embedded import EmbeddedServers
from rowlock.platform.postgres import Database, open_database
from rowlock.platform.postgres.migrate import migrate
from rowlock.settings import HoldStrategyName, load_settings

WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")
"""Which of the processes that share the tests this is; their databases have names of their own."""
TEMPLATE = f"rowlock_template{WORKER}"
MEMORY = Path("/dev/shm")
MEMORY_BYTES_MIN = 4 * 1024**3
_numbers = itertools.count(1)


class TestServers:
    """Where the run's PostgreSQL and Valkey are."""

    __test__ = False

    def __init__(self, database_url: str, valkey_url: str) -> None:
        self.database_url = database_url
        self.valkey_url = valkey_url

    def url_of(self, database: str) -> str:
        """The URL of another database of the same server."""
        return urlunsplit(urlsplit(self.database_url)._replace(path=f"/{database}"))


def quick_folder() -> Path | None:
    """A folder in memory, if there is one with room: on a disk, making and dropping databases is most of the work."""
    roomy = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free >= MEMORY_BYTES_MIN
    return MEMORY if roomy else None


def pytest_configure() -> None:
    """Let tests that start servers of their own have their folders there, too.

    How long one example takes says how busy the machine is, nothing of the code; pytest's own limit ends what hangs.
    """
    hypothesis_settings.register_profile("no_deadline", deadline=None)
    hypothesis_settings.load_profile("no_deadline")
    folder = quick_folder()
    if folder is not None:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(folder))


TOGETHER = ("e2e", "faults", "attacks")
"""Folders whose tests share an installation or measure time: each stays in one process."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Say which tests must stay together when several processes share them."""
    for item in items:
        folder = item.path.relative_to(Path(__file__).parent).parts[0]
        if folder in TOGETHER:
            item.add_marker(pytest.mark.xdist_group(folder))


def pytest_collection_finish() -> None:
    """Spare every later collection what stays to the end: all tests and all that they import."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def servers() -> Iterator[TestServers]:
    """DATABASE_URL and VALKEY_URL when both are set, else embedded servers for the run."""
    settings = load_settings()
    if settings.database_url is not None and settings.valkey_url is not None:
        yield TestServers(settings.database_url, settings.valkey_url)
        return
    with (
        tempfile.TemporaryDirectory(prefix="rowlock-tests-", dir=quick_folder()) as data,
        EmbeddedServers() as embedded,
    ):
        started = embedded.start(Path(data))
        yield TestServers(started.database_url, started.valkey_url)


async def _administer(servers: TestServers, *statements: str) -> None:
    connection = await asyncpg.connect(servers.database_url)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


@pytest.fixture(scope="session")
async def template(servers: TestServers) -> str:
    """A migrated database that tests copy."""
    await _administer(servers, f"DROP DATABASE IF EXISTS {TEMPLATE} WITH (FORCE)", f"CREATE DATABASE {TEMPLATE}")
    await asyncio.to_thread(migrate, servers.url_of(TEMPLATE))
    migrated = await open_database(servers.url_of(TEMPLATE))
    await open_keys(migrated)  # making a key takes as long as many a test
    await migrated.close()
    return TEMPLATE


@asynccontextmanager
async def fresh_database(servers: TestServers, template: str) -> AsyncIterator[str]:
    """The URL of a fresh migrated database, dropped at the end."""
    name = f"rowlock_test{WORKER}_{next(_numbers)}"
    await _administer(
        servers, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)", f"CREATE DATABASE {name} TEMPLATE {template}"
    )
    yield servers.url_of(name)
    await _administer(servers, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
async def database_url(servers: TestServers, template: str) -> AsyncIterator[str]:
    """The URL of a fresh migrated database, dropped after the test."""
    async with fresh_database(servers, template) as url:
        yield url


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """Pools on a fresh migrated database."""
    opened = await open_database(database_url)
    yield opened
    await opened.close()


@pytest.fixture
async def valkey(servers: TestServers) -> AsyncIterator[Valkey]:
    """The run's Valkey, without what earlier tests left in it."""
    client = Valkey.from_url(servers.valkey_url)
    await client.flushdb()
    yield client
    await client.aclose()


@pytest.fixture
def strategy() -> HoldStrategyName:
    """How engines decide holds; a test that is to run on each takes it as a parameter."""
    return "row-lock"


@pytest.fixture
async def house(database: Database, valkey: Valkey, strategy: HoldStrategyName) -> House:
    """A small theatre with one event on sale, and the means to make more."""
    return await House.open(database, strategy=strategy, valkey=valkey)


@pytest.fixture(scope="session")
def standin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandInProcess]:
    """A running stand-in that nobody listens to."""
    running = StandInProcess(tmp_path_factory.mktemp("standin") / "journal").start()
    yield running
    running.stop()
