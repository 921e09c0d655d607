"""An api of our own, and a hold of two seats."""

from collections.abc import AsyncIterator

import pytest
from tests.conftest import TestServers
from tests.house import House
from tests.integration.payments.till import BUYER, Till

from rowlock.app import open_api
from rowlock.platform.postgres import Database
from rowlock.settings import Settings


@pytest.fixture
async def till(house: House, database: Database, servers: TestServers) -> AsyncIterator[Till]:
    api = await open_api(Settings(database_url=database.url, valkey_url=servers.valkey_url))
    pick = await api.desk.pick(str(house.event_id), ["S-2-1", "S-2-2"])
    booking = await api.desk.reserve(BUYER, pick, None)
    yield Till(api, house, booking)
    await api.close()
