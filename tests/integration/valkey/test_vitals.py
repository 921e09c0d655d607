"""What api processes tell of themselves and what the pace makes of it, through a real Valkey."""

from collections.abc import AsyncIterator
from typing import Any, cast

import pytest
from valkey.asyncio import Valkey

from rowlock.platform.telemetry import metrics
from rowlock.waiting_room.vitals import FORGOTTEN_SECONDS, KEY, SILENT_SECONDS, Vitals, VitalsReader, VitalsTeller


class Clock:
    """A clock that is set."""

    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
async def quiet_valkey(valkey: Valkey) -> AsyncIterator[Valkey]:
    """A Valkey in which nobody has told anything."""
    await valkey.delete(KEY)
    yield valkey
    await valkey.delete(KEY)


def some_calls(count: int, seconds: float) -> None:
    """So many calls of each kind, each taking this long."""
    for _ in range(count):
        metrics.SECONDS.labels("/api/v1/bookings/reserve").observe(seconds)
        metrics.SECONDS.labels("/api/v1/bookings/{booking_id}/confirm").observe(2 * seconds)
        metrics.PROVIDER_SECONDS.labels("mock", "capture", "ok").observe(3 * seconds)


async def test_means_are_of_what_came_since_the_last_look(quiet_valkey: Valkey) -> None:
    teller, reader = VitalsTeller(quiet_valkey, "one"), VitalsReader(quiet_valkey)
    some_calls(5, 9.0)
    await teller.tell()
    assert await reader.look() == Vitals(1)
    some_calls(4, 0.25)
    await teller.tell()
    assert tuple(await reader.look()) == pytest.approx((1, 250, 500, 750))
    await teller.tell()
    assert await reader.look() == Vitals(1)


async def test_a_process_that_fell_silent_is_not_counted_and_one_begun_anew_is(quiet_valkey: Valkey) -> None:
    clock = Clock()
    one, other = VitalsTeller(quiet_valkey, "one"), VitalsTeller(quiet_valkey, "other")
    reader = VitalsReader(quiet_valkey, clock)
    await one.tell()
    await other.tell()
    assert (await reader.look()).reports == 2
    clock.seconds += SILENT_SECONDS
    await one.tell()
    assert (await reader.look()).reports == 1
    clock.seconds += SILENT_SECONDS
    assert (await reader.look()).reports == 0
    clock.seconds += FORGOTTEN_SECONDS
    await one.tell()
    assert (await reader.look()).reports == 1
    assert await cast("Any", quiet_valkey).hkeys(KEY) == [b"one"]


async def test_without_valkey_nobody_reports() -> None:
    dead = Valkey.from_url("valkey://127.0.0.1:1", socket_connect_timeout=0.2)
    for valkey in (dead, None):
        await VitalsTeller(valkey, "one").tell()
        assert await VitalsReader(valkey).look() == Vitals(0)
    await dead.aclose()


async def test_what_is_not_understood_is_nobodys_word(quiet_valkey: Valkey) -> None:
    await cast("Any", quiet_valkey).hset(KEY, "one", "{}")
    assert await VitalsReader(quiet_valkey).look() == Vitals(0)
