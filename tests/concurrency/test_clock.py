"""The database's clock decides, read when the event is ours and not when the wait for it began."""

import asyncio
from datetime import timedelta

from tests.house import House

from rowlock.inventory import HoldWord
from rowlock.platform.postgres import Database

EVENT_LOCK = "SELECT 1 FROM event_inventory WHERE event_id = $1 FOR UPDATE"
WAITS = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
UNTIL_ITS_END = "SELECT pg_sleep_until(hold_expires_at) FROM bookings WHERE id = $1"
LAPSED = "SELECT hold_expires_at <= clock_timestamp() FROM bookings WHERE id = $1"


async def test_a_hold_that_lapses_while_another_waits_for_the_event_is_over(house: House, database: Database) -> None:
    first = await house.old_hold(1, ago=timedelta(seconds=298.5))
    async with database.cold.acquire() as connection, connection.transaction():
        await connection.fetch(EVENT_LOCK, house.event_id)
        second = asyncio.create_task(house.engine().hold(house.hold_of(1)))
        while not await database.fetch(WAITS):
            continue
        assert await connection.fetchval(LAPSED, first.booking_id) is False, "the wait has to begin before the end"
        await connection.execute(UNTIL_ITS_END, first.booking_id)
    assert (await second).word is HoldWord.HELD
    assert await house.status(first) == "EXPIRED"
