"""One flush for all events of a process, and a way round an event that somebody else keeps locked."""

import asyncio

from tests.house import House

from rowlock.inventory import HoldWord
from rowlock.platform.postgres import Database

EVENT_LOCK = "SELECT 1 FROM event_inventory WHERE event_id = $1 FOR UPDATE"
WAITS = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


async def test_an_event_locked_elsewhere_holds_up_no_other(house: House, database: Database) -> None:
    engine = house.engine()
    others = [await house.new_event() for _ in range(8)]
    async with database.cold.acquire() as connection, connection.transaction():
        await connection.fetch(EVENT_LOCK, house.event_id)
        stuck = asyncio.create_task(engine.hold(house.hold_of(1)))
        while not await database.fetch(WAITS):
            continue
        holds = (house.hold_of(seat, event_id=event) for event in others for seat in range(5))
        outcomes = await asyncio.wait_for(asyncio.gather(*(engine.hold(hold) for hold in holds)), timeout=4)
        assert {outcome.word for outcome in outcomes} == {HoldWord.HELD}
        assert not stuck.done()
    assert (await stuck).word is HoldWord.HELD
    assert await house.broken() == []
