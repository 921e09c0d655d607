"""Crowds of parties choose from one event through several engines at once, as if by several processes."""

import asyncio
import random
import time
from datetime import UTC, datetime
from importlib import resources

import asyncpg
import pytest
from benchmarks.refusal_judge import Refusal, RefusalJudge
from tests.house import OLD_HOLD, House, small_plan

from rowlock.inventory import ChoiceOutcome, Choose, HoldOutcome, HoldWord, NothingFits, PartyWish
from rowlock.inventory.store import SQL
from rowlock.kernel import limits
from rowlock.kernel.ids import new_booking_id
from rowlock.platform.postgres import Database

ENGINES = 4
PARTIES = 200
RACES_MAX = 10
ONE_PICTURE = "WHERE event_id = ANY (p_events) ORDER BY event_id FOR UPDATE;  -- guard: one picture"
WAITS = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
LEDGER = "SELECT seq, changes FROM seat_ledger WHERE event_id = $1 ORDER BY seq"


async def sell_out(house: House, dice: random.Random) -> list[tuple[PartyWish, ChoiceOutcome | BaseException]]:
    """Parties of 1 to 10 come all at once, those that were refused are told so; what became of each."""
    engines = [house.engine() for _ in range(ENGINES)]

    async def party(number: int) -> tuple[PartyWish, ChoiceOutcome | BaseException]:
        wish = PartyWish(dice.randint(1, 10), together=dice.random() < 0.5)
        booking_id = new_booking_id()
        command = Choose(booking_id, house.event_id, f"buyer:{booking_id}", wish)
        try:
            return wish, await engines[number % ENGINES].choose(command)
        except RuntimeError as error:
            return wish, error

    return await asyncio.gather(*(party(number) for number in range(PARTIES)))


async def false_refusals(house: House, answers: list[tuple[PartyWish, ChoiceOutcome | BaseException]]) -> list[Refusal]:
    """The refusals that the ledger proves wrong."""
    refusals = [
        Refusal(outcome.seq, outcome.ahead, wish.size, wish.together)
        for wish, outcome in answers
        if isinstance(outcome, NothingFits)
    ]
    rows = await house.database.fetch(LEDGER, house.event_id)
    return RefusalJudge(small_plan(rows=16, seats_per_row=50)).false_refusals(map(tuple, rows), refusals)


@pytest.mark.parametrize("seed", range(4))
async def test_until_it_is_sold_out_nobody_is_refused_while_there_are_seats(database: Database, seed: int) -> None:
    house = await House.open(database, small_plan(rows=16, seats_per_row=50))
    house.event_id = await house.new_event(hold_seconds=3600)
    answers = await sell_out(house, random.Random(seed))
    held = [outcome for _, outcome in answers if isinstance(outcome, HoldOutcome)]
    refused = [(wish, outcome) for wish, outcome in answers if isinstance(outcome, NothingFits)]
    assert len(held) + len(refused) == PARTIES
    assert all(outcome.stands for outcome in held)
    assert refused, "the house must sell out, or nothing is shown"
    seats = [seat_no for outcome in held for seat_no in outcome.seat_nos]
    assert len(seats) == len(set(seats)) == sum(await house.states())
    assert await false_refusals(house, answers) == []
    assert await house.broken() == []


async def test_without_the_lock_choices_are_made_from_stale_pictures(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bug itself: whoever looks without the lock chooses seats that are gone by the time they are written."""
    monkeypatch.setattr(limits, "CHOICE_ATTEMPTS_MAX", 1)
    house = await House.open(database, small_plan(rows=16, seats_per_row=50))
    path = resources.files("rowlock.inventory") / "sql" / "functions" / "34_begin_choice_v1.sql"
    text = path.read_text("utf-8")
    assert text.count(ONE_PICTURE) == 1
    await house.database.cold.execute(text.replace(ONE_PICTURE, "WHERE event_id = ANY (p_events);"))
    for chance in range(RACES_MAX):  # it takes two who look at once
        house.event_id = await house.new_event(hold_seconds=3600)
        answers = await sell_out(house, random.Random(chance))
        if any(isinstance(outcome, RuntimeError) for _, outcome in answers):
            break
    else:
        pytest.fail("nobody ever chose from a stale picture")
    seats = [seat_no for _, outcome in answers if isinstance(outcome, HoldOutcome) for seat_no in outcome.seat_nos]
    assert len(seats) == len(set(seats)), "even then the write keeps a seat single"


async def test_a_choice_sees_what_was_sold_while_it_waited_for_the_event(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One try has to do: what is chosen under the lock is never gone by the time it is written."""
    monkeypatch.setattr(limits, "CHOICE_ATTEMPTS_MAX", 1)
    front_row, booking_id = list(range(10)), new_booking_id()
    sold = ([booking_id], [house.event_id], ["first"], [1], [10], front_row, datetime.now(UTC))
    async with house.database.cold.acquire() as connection, connection.transaction():
        assert await connection.fetchval(OLD_HOLD, *sold) == "held"
        second = asyncio.create_task(house.engine().choose(Choose(new_booking_id(), house.event_id, "b", PartyWish(2))))
        while not await house.database.fetch(WAITS):
            continue
    outcome = await second
    assert isinstance(outcome, HoldOutcome)
    assert outcome.word is HoldWord.HELD
    assert not set(outcome.seat_nos) & set(front_row)


async def test_a_process_that_stops_in_the_middle_keeps_the_event_for_two_seconds(house: House) -> None:
    """It has locked the event to choose, and is never heard of again."""
    stopped = await asyncpg.connect(house.database.url)
    transaction = stopped.transaction()
    await transaction.start()
    arguments = ([new_booking_id()], [house.event_id], ["stopped"], 0, [house.event_id], [0], [0], 0)
    assert await stopped.fetchval(SQL["begin_choice"], *arguments)
    began = time.monotonic()
    outcome = await house.engine().hold(house.hold_of(0))
    assert outcome.word is HoldWord.HELD
    assert time.monotonic() - began < 4.5, "less than another caller waits for a lock at all"
    await stopped.close()


async def test_the_judge_knows_a_false_refusal(house: House) -> None:
    """A judge that finds nothing must be able to find something."""
    engine = house.engine()
    for _ in range(4):
        booking_id = new_booking_id()
        await engine.choose(Choose(booking_id, house.event_id, str(booking_id), PartyWish(10)))
    rows = [tuple(row) for row in await house.database.fetch(LEDGER, house.event_id)]
    refusals = [Refusal(4, 0, 10, True), Refusal(4, 0, 11, False), Refusal(3, 1, 10, True), Refusal(3, 0, 20, False)]
    judged = RefusalJudge(small_plan()).false_refusals(rows, refusals)
    assert judged == [Refusal(3, 0, 20, False), Refusal(3, 1, 10, True), Refusal(4, 0, 10, True)]
