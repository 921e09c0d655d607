"""`rowlock event waitlist`."""

import json
import uuid

from tests.house import House
from tests.integration.cli.test_verbs import CommandLine, rowlock

from rowlock.waitlist.store import SQL

__all__ = ["rowlock"]


async def test_an_operator_sees_who_waits(rowlock: CommandLine, house: House) -> None:
    event = str(house.event_id)
    assert "0 parties wait" in await rowlock.good("event", "waitlist", event)
    async with house.database.cold.acquire() as connection, connection.transaction():
        await connection.execute(SQL["open_list"], house.event_id)
        for number, size in enumerate((2, 2, 3)):
            wish: tuple[object, ...] = (size, True, 0, [], None, None, "en")
            await connection.execute(SQL["join"], uuid.uuid4(), house.event_id, f"buyer:{number}", *wish)
    assert "3 parties wait for 7 seats: 2 of 2, 1 of 3" in await rowlock.good("event", "waitlist", event)
    told = json.loads(await rowlock.good("event", "waitlist", event, "--json"))
    assert told["waiting"] == [{"partySize": 2, "parties": 2}, {"partySize": 3, "parties": 1}]
    assert "no event" in await rowlock.refusal("event", "waitlist", "999999")
