"""Real servers for the whole run, a fresh migrated database for every test that asks for one."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest
from tests.house import House
from valkey.asyncio import Valkey

from rowlock.platform.embedded import EmbeddedServers
from rowlock.platform.postgres import Database, open_database
from rowlock.platform.postgres.migrate import migrate
from rowlock.settings import HoldStrategyName, load_settings

TEMPLATE = "rowlock_template"
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


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestServers]:
    """DATABASE_URL and VALKEY_URL when both are set, else embedded servers for the run."""
    settings = load_settings()
    if settings.database_url is not None and settings.valkey_url is not None:
        yield TestServers(settings.database_url, settings.valkey_url)
        return
    data: Path = tmp_path_factory.mktemp("servers")
    with EmbeddedServers() as embedded:
        started = embedded.start(data)
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
    return TEMPLATE


@pytest.fixture
async def database_url(servers: TestServers, template: str) -> AsyncIterator[str]:
    """The URL of a fresh migrated database, dropped after the test."""
    name = f"rowlock_test_{next(_numbers)}"
    await _administer(
        servers, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)", f"CREATE DATABASE {name} TEMPLATE {template}"
    )
    yield servers.url_of(name)
    await _administer(servers, f"DROP DATABASE {name} WITH (FORCE)")


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
