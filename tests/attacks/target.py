"""What is attacked when no test runs: servers of its own, a house with events, the API on a real port."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.conftest import TestServers, quick_folder
from tests.house import House
from tests.integration.http.conftest import BoxOffice, served, settings_for

from rowlock.app import open_api
from rowlock.platform.embedded import EmbeddedServers
from rowlock.platform.postgres import open_database
from rowlock.platform.postgres.migrate import migrate
from rowlock.seating import Category, Row, Seat, SeatingPlan, Section


def plan_of_the_examples() -> SeatingPlan:
    """A plan with the seats that the API's document names in its examples, and the tiers of its prices."""
    rows = tuple(
        Row(label, tuple(Seat(str(number), float(number), 1.0 + depth, tier) for number in range(1, 41)))
        for depth, (label, tier) in enumerate((("E", "VIP"), ("F", "Regular"), ("G", "Regular")))
    )
    return SeatingPlan("Examples", 42.0, 5.0, (Category("VIP"), Category("Regular")), (Section("102", "102", rows),))


@asynccontextmanager
async def target() -> AsyncIterator[BoxOffice]:
    """The API without rate limits, so that nothing but its checks stands in an attack's way."""
    with (
        tempfile.TemporaryDirectory(prefix="rowlock-attacks-", dir=quick_folder()) as data,
        EmbeddedServers() as embedded,
    ):
        started = embedded.start(Path(data))
        await asyncio.to_thread(migrate, started.database_url)
        database = await open_database(started.database_url)
        servers = TestServers(started.database_url, started.valkey_url)
        api = await open_api(settings_for(servers, started.database_url))
        async with served(api) as client:
            yield BoxOffice(api, await House.open(database, plan_of_the_examples()), client)
        await api.close()
        await database.close()
