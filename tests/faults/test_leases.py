"""The lease strategy while its Valkey dies, stalls, is emptied or comes back with old leases: no wrong sale ever."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from tests.faults.own_valkey import OwnValkey
from tests.house import House, small_plan
from valkey.asyncio import Valkey

from rowlock.inventory import HoldWord, Release, ReleaseWord
from rowlock.platform.postgres import Database

SEATS = 100


@pytest.fixture
def server(tmp_path: Path) -> Iterator[OwnValkey]:
    with OwnValkey(tmp_path) as running:
        yield running


@pytest.fixture
async def client(server: OwnValkey) -> AsyncIterator[Valkey]:
    opened = server.client()
    yield opened
    await opened.aclose()


@pytest.fixture
async def leasing(database: Database, client: Valkey) -> House:
    """A house that sells by leases."""
    return await House.open(database, small_plan(rows=SEATS // 10), "lease", client)


async def sell_out(house: House, at_half: Callable[[], Awaitable[object]]) -> None:
    """Four processes want every seat of the house; something happens when half of the seats are sold."""
    engines = [house.engine() for _ in range(4)]
    held = 0
    for seat in range(SEATS):
        if seat == SEATS // 2:
            await at_half()
        outcomes = await asyncio.gather(*(engine.hold(house.hold_of(seat)) for engine in engines))
        assert {outcome.word for outcome in outcomes} == {HoldWord.HELD, HoldWord.SEAT_UNAVAILABLE}
        held += sum(outcome.word is HoldWord.HELD for outcome in outcomes)
    assert held == SEATS
    assert await house.broken() == []


async def test_a_killed_valkey_is_done_without(leasing: House, server: OwnValkey) -> None:
    async def kill() -> None:
        server.kill()

    await sell_out(leasing, kill)


async def test_an_emptied_valkey_sells_nothing_twice(leasing: House, client: Valkey) -> None:
    engine = leasing.engine()

    async def empty() -> None:
        assert await client.dbsize() > 0
        await client.flushall()
        await client.script_flush()
        outcome = await engine.hold(leasing.hold_of(0))
        assert outcome.word is HoldWord.SEAT_UNAVAILABLE
        assert outcome.conflicts == (0,)

    await sell_out(leasing, empty)


async def test_a_stalled_valkey_is_waited_for_once(leasing: House, server: OwnValkey) -> None:
    """Each of the four processes waits for one call of 0.5 s and then does without, ping or no ping."""
    started = 0.0

    async def stall() -> None:
        nonlocal started
        server.stall()
        started = time.monotonic()

    await sell_out(leasing, stall)
    assert time.monotonic() - started < 5.0
    server.go_on()


async def test_a_valkey_that_is_back_is_used_again(leasing: House, server: OwnValkey, client: Valkey) -> None:
    engine = leasing.engine()
    server.kill()
    assert (await engine.hold(leasing.hold_of(1))).word is HoldWord.HELD
    server.start()
    after = server.client()
    async with asyncio.timeout(20):
        while await after.dbsize() == 0:
            hold = leasing.hold_of(2)
            assert (await engine.hold(hold)).word is HoldWord.HELD
            if await after.dbsize() == 0:
                assert await engine.release(leasing.event_id, Release(hold.booking_id, hold.buyer))
    await after.aclose()
    assert await leasing.broken() == []


async def test_leases_of_an_older_day_refuse_nobody(leasing: House, server: OwnValkey, client: Valkey) -> None:
    """Valkey comes back as it was before a release: its lease names a booking that has the seat no more."""
    engine = leasing.engine()
    old = leasing.hold_of(7)
    assert (await engine.hold(old)).word is HoldWord.HELD
    await client.save()
    assert await engine.release(leasing.event_id, Release(old.booking_id, old.buyer)) is ReleaseWord.RELEASED
    server.kill()
    server.start()
    after = server.client()
    assert await after.get(f"lease:{{{leasing.event_id}}}:7") == str(old.booking_id).encode()
    await after.aclose()
    engine = leasing.engine()
    assert (await engine.hold(leasing.hold_of(7))).word is HoldWord.HELD
    assert (await engine.hold(leasing.hold_of(7))).word is HoldWord.SEAT_UNAVAILABLE
    assert await leasing.broken() == []
