"""Messages become jobs at once and a stream in order, whether Valkey is there or not, and whoever else relays."""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
from tests.conftest import TestServers
from valkey.asyncio import Valkey

from rowlock.platform.outbox.relay import RELAY_LOCK, STREAM, Relay
from rowlock.platform.postgres import Database

ADD = (
    "INSERT INTO outbox (topic, key, payload) "
    "SELECT 'test.told', n::text, jsonb_build_object('n', n) FROM generate_series($1::int, $2::int) n"
)
LEFT = "SELECT (SELECT count(*) FROM outbox), (SELECT count(*) FROM outbox_unstreamed)"
JOBS = "SELECT task_name, args FROM procrastinate.procrastinate_jobs ORDER BY id"
AT_WORK = f"""
SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database
WHERE d.datname = current_database() AND l.locktype = 'advisory' AND l.objid = {RELAY_LOCK}
"""
WORK = {"test.told": ("write", "count")}


@pytest.fixture
async def stream(servers: TestServers) -> AsyncIterator[Valkey]:
    """Valkey with an empty stream."""
    client = Valkey.from_url(servers.valkey_url, decode_responses=True)
    await client.delete(STREAM)
    yield client
    await client.aclose()


@pytest.fixture
async def dead() -> AsyncIterator[Valkey]:
    """A Valkey that does not answer."""
    client = Valkey.from_url("valkey://127.0.0.1:1", socket_connect_timeout=0.2)
    yield client
    await client.aclose()


async def _told(stream: Valkey) -> list[int]:
    return [json.loads(fields["payload"])["n"] for _, fields in await stream.xrange(STREAM)]


async def _left(database: Database) -> tuple[int, int]:
    return tuple((await database.fetch(LEFT))[0])


async def _jobs(database: Database) -> list[tuple[str, list[int]]]:
    rows = await database.fetch(JOBS)
    return [(row["task_name"], [told["n"] for told in json.loads(row["args"])["messages"]]) for row in rows]


async def test_messages_are_told_in_order_put_down_as_jobs_and_forgotten(database: Database, stream: Valkey) -> None:
    await database.cold.execute(ADD, 1, 120)
    relay = Relay(database, stream, WORK)
    assert await relay.round() == 120
    assert await _told(stream) == list(range(1, 121))
    assert await _left(database) == (0, 0)
    first, rest = list(range(1, 101)), list(range(101, 121))
    assert await _jobs(database) == [("write", first), ("write", rest), ("count", first), ("count", rest)]
    assert await relay.round() == 0


async def test_without_valkey_jobs_go_on_and_the_stream_catches_up(
    database: Database, stream: Valkey, dead: Valkey
) -> None:
    relay = Relay(database, dead, WORK)
    for first in (1, 4):
        await database.cold.execute(ADD, first, first + 2)
        assert await relay.round() == 3
    assert await _left(database) == (0, 6)
    assert [told for task, told in await _jobs(database) if task == "write"] == [[1, 2, 3], [4, 5, 6]]
    await database.cold.execute(ADD, 7, 8)
    assert await Relay(database, stream, WORK).round() == 2
    assert await _told(stream) == [1, 2, 3, 4, 5, 6, 7, 8]
    assert await _left(database) == (0, 0)


async def test_what_waits_for_a_dead_valkey_is_bounded(database: Database, stream: Valkey, dead: Valkey) -> None:
    relay = Relay(database, dead, {}, kept_max=4)
    for first in (1, 6):
        await database.cold.execute(ADD, first, first + 4)
        await relay.round()
        assert await _left(database) == (0, 4)
    await Relay(database, stream, {}).round()
    assert await _told(stream) == [7, 8, 9, 10], "the newest, as the stream itself would have kept"


async def test_without_any_valkey_nothing_is_kept(database: Database) -> None:
    await database.cold.execute(ADD, 1, 5)
    assert await Relay(database, None, WORK).round() == 5
    assert await _left(database) == (0, 0)
    assert len(await _jobs(database)) == 2


async def test_two_relays_take_turns(database: Database, stream: Valkey) -> None:
    """One is caught with its messages on the way to Valkey; the other comes, finds it at work and goes."""
    await database.cold.execute(ADD, 1, 5)
    await stream.client_pause(60_000, all=False)
    slow = asyncio.create_task(Relay(database, stream, WORK).round())
    try:
        while not await database.cold.fetchval(AT_WORK):
            assert not slow.done()
        await database.cold.execute(ADD, 6, 9)
        async with asyncio.timeout(2):
            assert await Relay(database, None, WORK).round() == 0
    finally:
        await stream.client_unpause()
    assert await slow in {5, 9}
    await Relay(database, stream, WORK).round()
    assert await _told(stream) == list(range(1, 10))
    assert sorted(n for task, told in await _jobs(database) for n in told if task == "write") == list(range(1, 10))


async def test_a_relay_that_dies_before_its_end_leaves_everything_to_the_next(
    database: Database, stream: Valkey
) -> None:
    """It has told the stream, and not come to commit: jobs are put down once, the stream hears it twice."""
    await database.cold.execute(ADD, 1, 3)
    await stream.client_pause(60_000, all=False)
    dying = asyncio.create_task(Relay(database, stream, WORK).round())
    try:
        while not await database.cold.fetchval(AT_WORK):
            assert not dying.done()
        dying.cancel()
        await asyncio.wait({dying})
    finally:
        await stream.client_unpause()
    assert await Relay(database, stream, WORK).round() == 3
    assert sorted(set(await _told(stream))) == [1, 2, 3]
    assert [told for task, told in await _jobs(database) if task == "write"] == [[1, 2, 3]]
