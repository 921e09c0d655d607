"""Seats that a code opened go back to their block when the hold ends, whoever finds it first, never to the public."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from tests.house import House, every_strategy
from valkey.asyncio import Valkey

from rowlock.inventory import Block, Choose, HoldOutcome, HoldWord, NothingFits, PartyWish, SeatState
from rowlock.inventory.sweeper import sweep
from rowlock.platform.postgres import Database
from rowlock.settings import HoldStrategyName

CODE = """
INSERT INTO codes (id, organiser_id, event_id, code, kind, block_id)
SELECT $1, organiser_id, id, 'BAND', 'access', $2 FROM events WHERE id = $3
"""
HELD = "SELECT outcome FROM hold_with_code_v1($1, $2, 'buyer:band', $3, $4, 0, $5)"
ROW = tuple(range(10, 20))


async def lapsed_code_hold(house: House, *seats: int) -> None:
    """A row is blocked; somebody with a code held some of it ten minutes ago and let the hold lapse."""
    code, block = uuid.uuid4(), uuid.uuid4()
    await house.engine().block(Block(block, house.event_id, "house", "For the band", "organiser:ann", ROW))
    await house.database.cold.execute(CODE, code, block, house.event_id)
    past = datetime.now(UTC) - timedelta(minutes=10)
    word = await house.database.hot.fetchval(HELD, uuid.uuid4(), house.event_id, list(seats), code, past)
    assert word == "held"


@every_strategy
async def test_a_public_hold_finds_them_blocked(database: Database, valkey: Valkey, strategy: HoldStrategyName) -> None:
    house = await House.open(database, strategy=strategy, valkey=valkey)
    await lapsed_code_hold(house, 12, 13)
    _, outcome = await house.hold(12, 25)
    assert (outcome.word, outcome.conflicts) == (HoldWord.SEAT_UNAVAILABLE, (12,))
    assert (await house.states())[10:20] == [SeatState.BLOCKED] * 10
    assert await house.broken() == []


async def test_the_sweeper_blocks_them_again(house: House) -> None:
    await lapsed_code_hold(house, 10, 19)
    await sweep(house.database)
    assert (await house.states())[10:20] == [SeatState.BLOCKED] * 10
    assert await house.broken() == []


@pytest.mark.parametrize("size", [2, 9])
async def test_nobody_is_given_them_as_the_best_seats(house: House, size: int) -> None:
    """All other seats are sold, so that the lapsed ones would be the best there are."""
    await lapsed_code_hold(house, *ROW[:9])
    others = [seat_no for seat_no in range(50) if seat_no not in ROW]
    kept, sold = others[:1], others[1:]
    for start in range(0, len(sold), 10):
        assert (await house.hold(*sold[start : start + 10]))[1].stands
    wish = PartyWish(size=size, tier_no=None, section_no=None, accessible=0, total_max=None, together=False)
    outcome = await house.engine().choose(Choose(uuid.uuid4(), house.event_id, "buyer:public", wish))
    assert isinstance(outcome, NothingFits)
    alone = await house.engine().choose(
        Choose(uuid.uuid4(), house.event_id, "buyer:alone", PartyWish(1, None, None, 0, None, together=False))
    )
    assert isinstance(alone, HoldOutcome)
    assert list(alone.seat_nos) == kept
    assert (await house.states())[10:20] == [SeatState.BLOCKED] * 10
    assert await house.broken() == []
