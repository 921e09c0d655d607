"""Seats kept from sale: block, kill and release, by every strategy's engine, in the ledger and in the proof."""

import asyncio
from datetime import timedelta

import pytest
from tests.house import House, every_strategy

from rowlock.inventory import Block, BlockKind, BlockWord, HoldWord, SeatReplica, SeatState, Unblock, UnblockWord
from rowlock.inventory.ledger import read_changes
from rowlock.inventory.store import seat_blocks
from rowlock.kernel.ids import new_booking_id

pytestmark = every_strategy
LEDGER = "SELECT changes FROM seat_ledger WHERE event_id = $1 ORDER BY seq"
TAMPERED = (
    "UPDATE seat_blocks SET reason = 'another'",
    "UPDATE seat_blocks SET blocked_by = 'another'",
    "UPDATE seat_blocks SET kind = 'kill'",
    "DELETE FROM seat_blocks WHERE seat_no = 3",
)


def block_of(house: House, *seat_nos: int, kind: BlockKind = "house", event_id: int | None = None) -> Block:
    """A block of these seats for guests."""
    number = house.event_id if event_id is None else event_id
    return Block(new_booking_id(), number, kind, 'Guests of "the band"', "organiser:one", seat_nos)


def release_of(house: House, *seat_nos: int) -> Unblock:
    """Their return."""
    return Unblock(new_booking_id(), house.event_id, "They do not come", "organiser:two", seat_nos)


async def test_blocked_seats_are_not_sold_until_they_are_released(house: House) -> None:
    engine = house.engine()
    assert (await engine.block(block_of(house, 3, 4))).word is BlockWord.BLOCKED
    refused = await engine.hold(house.hold_of(4, 5))
    assert (refused.word, refused.conflicts) == (HoldWord.SEAT_UNAVAILABLE, (4,))
    assert await engine.unblock(release_of(house, 4)) is UnblockWord.UNBLOCKED
    assert (await engine.hold(house.hold_of(4, 5))).word is HoldWord.HELD
    states = await house.states()
    assert [states[seat] for seat in (3, 4, 5)] == [SeatState.BLOCKED, SeatState.HELD, SeatState.HELD]
    assert await house.broken() == []


async def test_only_free_seats_are_blocked_all_or_none(house: House) -> None:
    engine = house.engine()
    await house.hold(2)
    await engine.block(block_of(house, 7))
    outcome = await engine.block(block_of(house, 1, 2, 7))
    assert (outcome.word, outcome.at, outcome.conflicts) == (BlockWord.SEAT_UNAVAILABLE, None, (2, 7))
    assert (await engine.block(block_of(house, 4_000))).word is BlockWord.UNKNOWN_SEAT
    assert (await engine.block(block_of(house, 1, event_id=9_999))).word is BlockWord.EVENT_NOT_FOUND
    assert (await house.states())[1] == SeatState.AVAILABLE


async def test_a_hold_whose_time_has_passed_is_not_in_the_way(house: House) -> None:
    old = await house.old_hold(1, 2, ago=timedelta(minutes=10))
    assert (await house.engine().block(block_of(house, 2))).word is BlockWord.BLOCKED
    assert await house.status(old) == "EXPIRED"
    assert await house.broken() == []


async def test_repeating_either_changes_nothing(house: House) -> None:
    engine = house.engine()
    block, release = block_of(house, 1, 2), release_of(house, 1, 2)
    first, again = await engine.block(block), await engine.block(block)
    assert (again.word, again.at) == (BlockWord.REPLAYED, first.at)
    assert await engine.unblock(release) is UnblockWord.UNBLOCKED
    await engine.hold(house.hold_of(1))
    assert await engine.unblock(release) is UnblockWord.UNBLOCKED
    assert (await house.states())[1] == SeatState.HELD
    assert len(await house.database.fetch(LEDGER, house.event_id)) == 3
    assert await engine.unblock(Unblock(new_booking_id(), 9_999, "x", "y", (1,))) is UnblockWord.EVENT_NOT_FOUND


async def test_the_ledger_and_the_list_say_who_and_why(house: House) -> None:
    engine = house.engine()
    block, kill, release = block_of(house, 3, 4), block_of(house, 9, kind="kill"), release_of(house, 4, 9)
    await engine.block(block)
    await engine.block(kill)
    await engine.unblock(release)
    [standing] = await seat_blocks(house.database, house.event_id)
    assert (standing.block_id, standing.kind, standing.by) == (block.block_id, "house", "organiser:one")
    assert (standing.reason, standing.seat_nos) == ('Guests of "the band"', [3])
    told = [read_changes(row["changes"])[0] for row in await house.database.fetch(LEDGER, house.event_id)]
    assert [(step.kind, step.seat_nos, step.detail, step.by) for step in told] == [
        ("block", (3, 4), 'Guests of "the band"', "organiser:one"),
        ("kill", (9,), 'Guests of "the band"', "organiser:one"),
        ("unblock", (4, 9), "They do not come", "organiser:two"),
    ]
    picture = await SeatReplica(house.database).changes_since(house.event_id, 0)
    assert picture is not None
    assert picture[1] == {3: SeatState.BLOCKED, 4: SeatState.AVAILABLE, 9: SeatState.AVAILABLE}


async def test_blocks_and_holds_race_for_the_same_seats(house: House) -> None:
    engines = [house.engine() for _ in range(4)]
    for seat in range(50):
        block, hold = block_of(house, seat), house.hold_of(seat)
        blocked, held = await asyncio.gather(engines[seat % 4].block(block), engines[(seat + 1) % 4].hold(hold))
        assert (blocked.word is BlockWord.BLOCKED) != (held.word is HoldWord.HELD)
    assert await house.broken() == []


@pytest.mark.parametrize("statement", TAMPERED)
async def test_the_proof_sees_a_forged_block(house: House, statement: str) -> None:
    await house.engine().block(block_of(house, 3, 4))
    assert await house.broken() == []
    await house.database.cold.execute(statement)
    assert [finding.invariant for finding in await house.broken()] == ["I6"]
