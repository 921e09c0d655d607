"""The last use of a code goes to one booking, even where two events are sold at once."""

import asyncio
import uuid
from collections import Counter
from datetime import timedelta
from importlib import resources

import pytest
from tests.house import House

from rowlock.inventory import CodeWord, HoldWithCode
from rowlock.platform.postgres import Database

CODE = """
INSERT INTO codes (id, organiser_id, code, kind, percent, uses_max)
SELECT $1, organiser_id, 'LAST', 'percent', 10, 1 FROM events WHERE id = $2
"""
REPRICED = "SELECT reprice_hold_v1($1, $2, $3, 4950, '{4455}', '{0}', '{0}', 0)"
WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'transactionid'"
GUARD = "FOR UPDATE OF c;  -- guard: one after the other"


async def two_for_the_last(house: House) -> tuple[str, str]:
    """Two holds of two events ask for the last use; the second asks while the first is not committed yet."""
    code = uuid.uuid4()
    await house.database.cold.execute(CODE, code, house.event_id)
    one = house.hold_of(15)
    two = house.hold_of(15, event_id=await house.new_event())
    for hold in (one, two):
        assert (await house.engine().hold(hold)).stands
    async with house.database.cold.acquire() as connection:
        async with connection.transaction():
            first = await connection.fetchval(REPRICED, one.booking_id, one.buyer, code)
            second = asyncio.create_task(house.database.hot.fetchval(REPRICED, two.booking_id, two.buyer, code))
            while not second.done() and await house.database.cold.fetchval(WAITING) == 0:
                continue
        return str(first), str(await second)


async def test_without_its_guard_a_code_is_used_once_too_often(house: House, database: Database) -> None:
    path = resources.files("rowlock.inventory") / "sql" / "functions" / "52_judge_code_v1.sql"
    text = path.read_text("utf-8")
    assert text.count(GUARD) == 1
    await database.cold.execute(text.replace(GUARD, ";"))
    assert await two_for_the_last(house) == ("repriced", "repriced")


async def test_the_last_use_is_given_once(house: House) -> None:
    assert await two_for_the_last(house) == ("repriced", "not_valid")
    assert await house.broken() == []


@pytest.mark.parametrize("uses_max", [1, 7])
async def test_a_rush_for_a_code_stays_within_its_uses(house: House, uses_max: int) -> None:
    code = uuid.uuid4()
    await house.database.cold.execute(CODE.replace(", 1 FROM", f", {uses_max} FROM"), code, house.event_id)
    holds = [house.hold_of(seat_no) for seat_no in range(10, 40)]
    assert all([(await house.engine().hold(hold)).stands for hold in holds])
    words = await asyncio.gather(
        *(house.database.hot.fetchval(REPRICED, hold.booking_id, hold.buyer, code) for hold in holds)
    )
    assert sorted(words) == ["not_valid"] * (30 - uses_max) + ["repriced"] * uses_max
    assert await house.broken() == []


ACCESS = """
INSERT INTO codes (id, organiser_id, code, kind, opens_at, uses_max)
SELECT $1, organiser_id, $2, 'access', '2020-01-01Z', $3 FROM events WHERE id = $4
"""


async def test_a_presale_rush_through_many_processes_stays_within_its_uses(house: House) -> None:
    """Two codes, one of them scarce, in flushes of four engines over two events."""
    scarce, plenty = uuid.uuid4(), uuid.uuid4()
    await house.database.cold.execute(ACCESS, scarce, "SCARCE", 5, house.event_id)
    await house.database.cold.execute(ACCESS, plenty, "PLENTY", None, house.event_id)
    later = timedelta(days=1)
    events = [await house.new_event(on_sale_in=later), await house.new_event(on_sale_in=later)]
    engines = [house.engine() for _ in range(4)]
    holds = [house.hold_of(n // 2, event_id=events[n % 2]) for n in range(80)]
    codes = [scarce if n % 4 < 2 else plenty for n in range(80)]
    outcomes = await asyncio.gather(
        *(engines[n % 4].hold_with_code(HoldWithCode(hold, codes[n], 0)) for n, hold in enumerate(holds))
    )
    words = Counter(str(outcome if isinstance(outcome, CodeWord) else outcome.word) for outcome in outcomes)
    assert words == {"held": 45, "not_valid": 35}
    assert await house.broken() == []
