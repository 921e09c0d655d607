"""Choosing seats on a real database: from the ledger's exact picture, in one step with the hold."""

import asyncio
import random
from datetime import timedelta

import pytest
from tests.house import House, every_strategy

from rowlock.inventory import (
    BeginPayment,
    ChoiceOutcome,
    Choose,
    HoldOutcome,
    HoldWord,
    Lack,
    NothingFits,
    PartyWish,
    Release,
    SeatEngine,
    SettlePayment,
)
from rowlock.inventory.sweeper import sweep
from rowlock.kernel import limits
from rowlock.kernel.ids import new_booking_id


def wish(house: House, size: int, *, buyer: str | None = None, event_id: int | None = None) -> Choose:
    number = new_booking_id()
    return Choose(number, event_id or house.event_id, buyer or f"buyer:{number}", PartyWish(size))


def seats_of(outcome: ChoiceOutcome) -> tuple[int, ...]:
    assert isinstance(outcome, HoldOutcome), outcome
    assert outcome.word is HoldWord.HELD
    return outcome.seat_nos


async def test_a_party_gets_the_middle_of_the_best_row_and_it_is_held(house: House) -> None:
    engine = house.engine()
    assert seats_of(await engine.choose(wish(house, 4))) == (3, 4, 5, 6)
    assert (await house.states())[:10] == [0, 0, 0, 1, 1, 1, 1, 0, 0, 0]
    assert await house.broken() == []


async def test_the_same_command_again_is_a_replay_and_not_for_strangers(house: House) -> None:
    engine = house.engine()
    command = wish(house, 2)
    first = await engine.choose(command)
    again, stranger = await asyncio.gather(
        engine.choose(command), engine.choose(Choose(command.booking_id, house.event_id, "somebody", command.wish))
    )
    assert isinstance(first, HoldOutcome)
    assert isinstance(again, HoldOutcome)
    assert isinstance(stranger, HoldOutcome)
    assert again.word is HoldWord.REPLAYED
    assert stranger.word is HoldWord.EVENT_NOT_FOUND
    assert sum(await house.states()) == 2


@every_strategy
async def test_everything_that_happens_elsewhere_is_seen(house: House) -> None:
    """Holds, releases, payments and expiry by other processes, each met by a picture that was made before."""
    engine, elsewhere = house.engine(), house.engine()
    assert seats_of(await engine.choose(wish(house, 10))) == tuple(range(10))
    held = house.hold_of(*range(10, 20))
    await elsewhere.hold(held)
    assert seats_of(await engine.choose(wish(house, 10))) == tuple(range(20, 30))
    await elsewhere.release(house.event_id, Release(held.booking_id, held.buyer))
    assert seats_of(await engine.choose(wish(house, 10))) == tuple(range(10, 20))
    paid, payment = house.hold_of(*range(30, 40)), new_booking_id()
    await elsewhere.hold(paid)
    await elsewhere.begin_payment(house.event_id, BeginPayment(paid.booking_id, paid.buyer, payment))
    await elsewhere.settle_payment(house.event_id, SettlePayment(paid.booking_id, payment, paid=True))
    assert seats_of(await engine.choose(wish(house, 10))) == tuple(range(40, 50))
    refused = await engine.choose(wish(house, 1))
    assert isinstance(refused, NothingFits)
    assert (refused.lack, refused.free) == (Lack.SOLD_OUT, 0)


async def test_a_lapsed_hold_is_free_before_anybody_swept_it(house: House) -> None:
    early, late = house.engine(), house.engine()
    for row in range(4):
        assert len(seats_of(await early.choose(wish(house, 10)))) == 10, row
    await house.old_hold(*range(40, 50), ago=timedelta(minutes=10))
    assert seats_of(await early.choose(wish(house, 5))) == (42, 43, 44, 45, 46)
    assert seats_of(await late.choose(wish(house, 2))) == (40, 41)
    assert await house.broken() == []


async def test_commands_of_one_flush_are_served_in_order_of_arrival(house: House) -> None:
    engine = house.engine()
    outcomes = await asyncio.gather(*(engine.choose(wish(house, 10)) for _ in range(7)))
    assert [seats_of(outcome)[0] for outcome in outcomes[:5]] == [0, 10, 20, 30, 40]
    assert all(isinstance(outcome, NothingFits) for outcome in outcomes[5:])


async def test_many_events_in_one_flush(house: House) -> None:
    engine = house.engine()
    events = [house.event_id, *[await house.new_event(name=f"Night {night}") for night in range(8)], 999_999]
    outcomes = await asyncio.gather(*(engine.choose(wish(house, 10, event_id=event)) for event in events))
    assert [seats_of(outcome) for outcome in outcomes[:-1]] == [tuple(range(10))] * 9
    assert isinstance(outcomes[-1], HoldOutcome)
    assert outcomes[-1].word is HoldWord.EVENT_NOT_FOUND


async def test_a_buyer_with_too_many_holds_takes_nothing_from_those_behind(house: House) -> None:
    engine = house.engine(holds_max=1)
    assert seats_of(await engine.choose(wish(house, 10, buyer="keen")))
    outcomes = await asyncio.gather(
        engine.choose(wish(house, 10, buyer="keen")), *(engine.choose(wish(house, 10)) for _ in range(4))
    )
    assert isinstance(outcomes[0], HoldOutcome)
    assert outcomes[0].word is HoldWord.TOO_MANY_HOLDS
    assert [seats_of(outcome)[0] for outcome in outcomes[1:]] == [10, 20, 30, 40]


async def test_a_sale_that_is_closed_or_not_open_yet_is_told(house: House) -> None:
    engine = house.engine()
    later = await house.new_event(name="Later", on_sale_in=timedelta(hours=1))
    over = await house.new_event(name="Over", starts_in=timedelta(hours=-1))
    outcomes = [await engine.choose(wish(house, 1, event_id=event)) for event in (later, over)]
    words = [(one.word, one.on_sale_at is not None) for one in outcomes if isinstance(one, HoldOutcome)]
    assert words == [(HoldWord.NOT_ON_SALE, True), (HoldWord.NOT_ON_SALE, False)]


async def test_a_picture_far_behind_is_read_anew(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "CHOICE_ROWS_MAX", 3)
    engine, elsewhere = house.engine(), house.engine()
    assert seats_of(await engine.choose(wish(house, 1)))
    for seat_no in range(10, 20):
        await elsewhere.hold(house.hold_of(seat_no))
    assert seats_of(await engine.choose(wish(house, 10))) == tuple(range(20, 30))


async def test_a_picture_that_is_wrong_decides_nothing(house: House) -> None:
    """The write is conditional: a picture that missed a step is found out, thrown away, and the choice made again."""
    engine = house.engine()
    assert seats_of(await engine.choose(wish(house, 10))) == tuple(range(10))
    await house.database.cold.execute(
        "UPDATE seats SET state = 3 WHERE event_id = $1 AND seat_no BETWEEN 10 AND 12", house.event_id
    )
    assert seats_of(await engine.choose(wish(house, 10))) == tuple(range(20, 30))
    assert seats_of(await engine.choose(wish(house, 2))) == (13, 14)


@pytest.mark.parametrize("seed", range(3))
async def test_the_picture_equals_the_seats_after_any_mixture(house: House, seed: int) -> None:
    """Two engines choose while everything else goes on; at the end each picture is the seat table."""
    dice = random.Random(seed)
    engines: list[SeatEngine] = [house.engine(), house.engine()]
    held: list[tuple[Choose, HoldOutcome]] = []
    for _ in range(60):
        step = dice.choice(("choose", "choose", "release", "lapse", "sweep", "pay"))
        if step == "choose":
            command = wish(house, dice.randint(1, 4))
            outcome = await dice.choice(engines).choose(command)
            if isinstance(outcome, HoldOutcome):
                held.append((command, outcome))
        elif step == "sweep":
            await sweep(house.database)
        elif step == "lapse":
            free = [seat_no for seat_no, state in enumerate(await house.states()) if state == 0]
            if free:
                await house.old_hold(dice.choice(free), ago=timedelta(minutes=10))
        elif held:
            command, _ = held.pop(dice.randrange(len(held)))
            if step == "release":
                await engines[0].release(house.event_id, Release(command.booking_id, command.buyer))
            else:
                payment = BeginPayment(command.booking_id, command.buyer, new_booking_id())
                await engines[0].begin_payment(house.event_id, payment)
    await sweep(house.database)
    free = [seat_no for seat_no, state in enumerate(await house.states()) if state == 0]
    if free:
        rest = [seats_of(await engines[number % 2].choose(wish(house, 1))) for number in range(len(free))]
        assert sorted(seat_no for seats in rest for seat_no in seats) == free
    for engine in engines:
        assert isinstance(await engine.choose(wish(house, 1)), NothingFits)
    assert await house.broken() == []
