"""The nearest equivalent in the place of seats that were gone: an offer that ends soon, accepted or dropped."""

import asyncio
import uuid
from datetime import UTC, datetime, timedelta

from tests.house import House, every_strategy

from rowlock.inventory import Accept, AcceptWord, Choose, Extend, HoldOutcome, HoldWord, Release, SeatState, SeatWish
from rowlock.inventory.sweeper import sweep
from rowlock.kernel.ids import new_booking_id
from rowlock.kernel.limits import SUBSTITUTE_SECONDS

ACCEPT_AT = "SELECT outcome FROM accept_substitutes_v1($1, $2, $3)"
END = "SELECT hold_expires_at FROM bookings WHERE id = $1"


def nearest(house: House, *seat_nos: int) -> Choose:
    booking_id = new_booking_id()
    return Choose(booking_id, house.event_id, f"buyer:{booking_id}", SeatWish(seat_nos, nearest=True))


async def offered(house: House, *seat_nos: int) -> tuple[Choose, HoldOutcome]:
    """An offer in the place of these seats, of which some must be taken."""
    command = nearest(house, *seat_nos)
    outcome = await house.engine().choose(command)
    assert isinstance(outcome, HoldOutcome)
    assert outcome.word is HoldWord.HELD
    assert outcome.instead_of == seat_nos
    return command, outcome


def lasts(outcome: HoldOutcome) -> float:
    assert outcome.expires_at is not None
    assert outcome.held_at is not None
    return (outcome.expires_at - outcome.held_at).total_seconds()


async def end_of(house: House, booking_id: uuid.UUID) -> datetime:
    end: datetime = await house.database.cold.fetchval(END, booking_id)
    return end


async def test_the_pair_beside_is_kept_for_a_minute(house: House) -> None:
    await house.hold(14)
    command, outcome = await offered(house, 14, 15)
    assert outcome.seat_nos == (15, 16)
    assert lasts(outcome) == SUBSTITUTE_SECONDS
    assert await end_of(house, command.booking_id) == outcome.expires_at
    assert await house.broken() == []


async def test_the_same_tier_is_kept_even_when_another_is_nearer(house: House) -> None:
    """Row 1 is VIP and full; the seats right behind it are not the same."""
    await house.hold(*range(10))
    outcome = await house.engine().choose(nearest(house, 4, 5))
    assert isinstance(outcome, HoldOutcome)
    assert outcome.word is HoldWord.SEAT_UNAVAILABLE
    assert outcome.conflicts == (4, 5)
    assert (await house.states())[10:] == [0] * 40


async def test_groups_stay_together_and_untouched_ones_stay_where_they_are(house: House) -> None:
    await house.hold(*range(10, 20))
    _, outcome = await offered(house, 14, 15, 32)
    assert outcome.seat_nos == (24, 25, 32)


async def test_free_seats_are_simply_held(house: House) -> None:
    outcome = await house.engine().choose(nearest(house, 14, 15))
    assert isinstance(outcome, HoldOutcome)
    assert (outcome.seat_nos, outcome.instead_of, lasts(outcome)) == ((14, 15), (), 300)


async def test_an_event_that_offers_nothing_refuses(house: House) -> None:
    await house.database.cold.execute("UPDATE event_inventory SET offer_nearest = false")
    await house.hold(14)
    outcome = await house.engine().choose(nearest(house, 14))
    assert isinstance(outcome, HoldOutcome)
    assert outcome.word is HoldWord.SEAT_UNAVAILABLE


async def test_an_offer_ends_by_itself_and_counts_as_a_hold_until_then(house: House) -> None:
    await house.hold(14)
    command, _ = await offered(house, 14)
    taken = [seat for seat, state in enumerate(await house.states()) if state == SeatState.HELD]
    assert len(taken) == 2
    await house.database.cold.execute(
        "SELECT expire_holds_v1(100, clock_timestamp() + make_interval(secs => $1))", SUBSTITUTE_SECONDS + 1.0
    )
    assert sum(await house.states()) == 1
    word = await house.engine().accept(house.event_id, Accept(command.booking_id, command.buyer))
    assert word is AcceptWord.HOLD_EXPIRED


@every_strategy
async def test_accepting_gives_the_full_time_from_then_and_only_once(house: House) -> None:
    await house.hold(14)
    command, outcome = await offered(house, 14, 15)
    assert outcome.held_at is not None
    late = outcome.held_at + timedelta(seconds=SUBSTITUTE_SECONDS - 1)
    words = [
        await house.database.hot.fetchval(
            ACCEPT_AT, [command.booking_id], [command.buyer], late + timedelta(seconds=wait)
        )
        for wait in (0, 10)
    ]
    assert words == ["accepted", "replayed"]
    assert await end_of(house, command.booking_id) == late + timedelta(seconds=300)
    assert await house.broken() == []
    assert await house.engine().accept(house.event_id, Accept(command.booking_id, "stranger")) is AcceptWord.NOT_FOUND
    held, _ = await house.hold(40)
    assert await house.engine().accept(house.event_id, Accept(held.booking_id, held.buyer)) is AcceptWord.NOT_OFFERED


async def test_an_accepted_offer_is_a_hold_like_any_other(house: House) -> None:
    await house.hold(14)
    command, _ = await offered(house, 14)
    engine = house.engine()
    assert await engine.accept(house.event_id, Accept(command.booking_id, command.buyer)) is AcceptWord.ACCEPTED
    assert await engine.extend(house.event_id, Extend(command.booking_id, command.buyer, "k")) == "extended"
    assert (await end_of(house, command.booking_id)) > datetime.now(UTC) + timedelta(seconds=290)
    assert await engine.release(house.event_id, Release(command.booking_id, command.buyer)) == "released"
    word = await engine.accept(house.event_id, Accept(command.booking_id, command.buyer))
    assert word is AcceptWord.BOOKING_CLOSED
    assert await house.broken() == []


async def test_a_repeat_of_the_command_finds_the_offer(house: House) -> None:
    await house.hold(14)
    command, _ = await offered(house, 14)
    again = await house.engine().choose(command)
    assert isinstance(again, HoldOutcome)
    assert again.word is HoldWord.REPLAYED


@every_strategy
async def test_a_crowd_after_one_pair_is_seated_around_it(house: House) -> None:
    engines = [house.engine() for _ in range(4)]
    outcomes = await asyncio.gather(*(engines[turn % 4].choose(nearest(house, 24, 25)) for turn in range(25)))
    held = [outcome for outcome in outcomes if isinstance(outcome, HoldOutcome) and outcome.word is HoldWord.HELD]
    assert len(held) == 20
    assert sorted(seat for outcome in held for seat in outcome.seat_nos) == list(range(10, 50))
    assert sum(not outcome.instead_of for outcome in held) == 1
    assert await house.broken() == []
    await sweep(house.database)
