"""The sweeper sleeps until the next hold ends, not for a fixed time."""

import asyncio
from datetime import timedelta

from tests.house import House

from rowlock.inventory.sweeper import sweep_forever


async def test_it_wakes_when_the_next_hold_ends(house: House) -> None:
    """Two holds end 150 ms apart; the sweeper tells of each within the second the requirements allow."""
    await house.old_hold(1, ago=timedelta(seconds=300) - timedelta(milliseconds=150))
    await house.old_hold(2, ago=timedelta(seconds=300) - timedelta(milliseconds=300))
    stopping, told = asyncio.Event(), []
    clock = asyncio.get_running_loop().time
    started = clock()

    async def on_expired(expired: int, events: list[int]) -> None:
        assert events == [house.event_id]
        told.extend([clock() - started] * expired)
        if len(told) == 2:
            stopping.set()

    await asyncio.wait_for(sweep_forever(house.database, stopping, on_expired), timeout=10)
    assert told[1] < 1.3
    assert sum(await house.states()) == 0
    assert await house.broken() == []
