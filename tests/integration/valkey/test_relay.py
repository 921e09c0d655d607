"""Outbox rows reach the Valkey stream, in order, and wait while there is no Valkey."""

import json

import pytest
from tests.conftest import TestServers
from valkey.asyncio import Valkey
from valkey.exceptions import ValkeyError

from rowlock.platform.outbox.relay import STREAM, relay
from rowlock.platform.postgres import Database

ADD = (
    "INSERT INTO outbox (topic, key, payload) "
    "SELECT 'test.told', n::text, jsonb_build_object('n', n) FROM generate_series(1, 5) n"
)
COUNT = "SELECT count(*) FROM outbox"


async def test_messages_are_delivered_in_order_and_forgotten(database: Database, servers: TestServers) -> None:
    valkey = Valkey.from_url(servers.valkey_url, decode_responses=True)
    await valkey.delete(STREAM)
    await database.cold.execute(ADD)
    assert await relay(database, valkey) == 5
    told = [fields for _, fields in await valkey.xrange(STREAM)]
    assert [json.loads(fields["payload"])["n"] for fields in told] == [1, 2, 3, 4, 5]
    assert await database.cold.fetchval(COUNT) == 0
    assert await relay(database, valkey) == 0
    await valkey.aclose()


async def test_without_valkey_messages_wait(database: Database) -> None:
    dead = Valkey.from_url("valkey://127.0.0.1:1", socket_connect_timeout=0.2)
    await database.cold.execute(ADD)
    with pytest.raises(ValkeyError):
        await relay(database, dead)
    assert await database.cold.fetchval(COUNT) == 5
    await dead.aclose()
