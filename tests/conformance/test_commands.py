"""Each command of the engine, its outcomes and their precedence, on a real database and by every strategy."""

import asyncio
from datetime import timedelta

from tests.house import House, every_strategy

from rowlock.inventory import (
    BeginPayment,
    BeginWord,
    Extend,
    ExtendWord,
    HoldWord,
    Release,
    ReleaseWord,
    SeatState,
    SettlePayment,
    SettleWord,
)
from rowlock.inventory.sweeper import sweep
from rowlock.kernel.ids import new_booking_id

pytestmark = every_strategy
LONG_AGO = timedelta(minutes=10)
MADE_EARLIER = "UPDATE bookings SET held_at = held_at - $1::interval, hold_expires_at = hold_expires_at - $1::interval"


async def test_a_hold_takes_all_its_seats_at_todays_prices(house: House) -> None:
    _, outcome = await house.hold(3, 4, 12)
    assert outcome.word is HoldWord.HELD
    assert outcome.seat_nos == (3, 4, 12)
    assert outcome.tier_nos == (0, 0, 1)
    assert outcome.prices == (9500, 9500, 4950)
    assert outcome.expires_at is not None
    assert outcome.held_at is not None
    assert outcome.expires_at - outcome.held_at == timedelta(seconds=300)
    states = await house.states()
    assert [seat for seat, state in enumerate(states) if state == SeatState.HELD] == [3, 4, 12]
    assert await house.broken() == []


async def test_a_hold_is_all_or_nothing_and_names_the_conflicts(house: House) -> None:
    await house.hold(5, 6)
    _, outcome = await house.hold(4, 5, 6, 7)
    assert outcome.word is HoldWord.SEAT_UNAVAILABLE
    assert outcome.conflicts == (5, 6)
    assert (await house.states())[4] == SeatState.AVAILABLE


async def test_the_same_booking_id_again_is_the_same_hold(house: House) -> None:
    command, first = await house.hold(1, 2)
    again = await house.engine().hold(command)
    assert again.word is HoldWord.REPLAYED
    assert again.booking_no == first.booking_no
    assert again.expires_at == first.expires_at
    assert sum(await house.states()) == 2


async def test_somebody_elses_booking_id_holds_nothing(house: House) -> None:
    command, _ = await house.hold(1, 2)
    thief = house.hold_of(8, buyer="buyer:thief", booking_id=command.booking_id)
    assert (await house.engine().hold(thief)).word is HoldWord.EVENT_NOT_FOUND
    assert sum(await house.states()) == 2


async def test_no_hold_before_the_sale_opens_after_it_ends_or_while_paused(house: House) -> None:
    engine = house.engine()
    early = await house.new_event(on_sale_in=timedelta(hours=1))
    outcome = await engine.hold(house.hold_of(1, event_id=early))
    assert outcome.word is HoldWord.NOT_ON_SALE
    assert outcome.on_sale_at is not None
    over = await house.new_event(starts_in=timedelta(seconds=-1))
    assert (await engine.hold(house.hold_of(1, event_id=over))).word is HoldWord.NOT_ON_SALE
    await house.database.cold.execute(
        "UPDATE event_inventory SET sale_paused = true WHERE event_id = $1", house.event_id
    )
    assert (await engine.hold(house.hold_of(1))).word is HoldWord.NOT_ON_SALE


async def test_unknown_events_and_seats_are_outcomes_not_faults(house: House) -> None:
    engine = house.engine()
    assert (await engine.hold(house.hold_of(1, event_id=9_999))).word is HoldWord.EVENT_NOT_FOUND
    assert (await engine.hold(house.hold_of(1, 4_000))).word is HoldWord.UNKNOWN_SEAT
    assert sum(await house.states()) == 0


async def test_a_buyer_has_at_most_so_many_holds_even_at_once(house: House) -> None:
    engine = house.engine(holds_max=3)
    holds = [house.hold_of(seat, buyer="buyer:one") for seat in range(8)]
    outcomes = await asyncio.gather(*(engine.hold(hold) for hold in holds))
    words = [outcome.word for outcome in outcomes]
    assert words == [HoldWord.HELD] * 3 + [HoldWord.TOO_MANY_HOLDS] * 5
    assert await engine.release(house.event_id, Release(holds[0].booking_id, "buyer:one")) is ReleaseWord.RELEASED
    assert (await engine.hold(house.hold_of(9, buyer="buyer:one"))).word is HoldWord.HELD


async def test_a_lapsed_hold_counts_neither_against_its_seats_nor_its_buyer(house: House) -> None:
    old = await house.old_hold(1, 2, 3, ago=LONG_AGO, buyer="buyer:slow")
    engine = house.engine(holds_max=1)
    assert (await engine.hold(house.hold_of(2, buyer="buyer:quick"))).word is HoldWord.HELD
    assert (await engine.hold(house.hold_of(7, buyer="buyer:slow"))).word is HoldWord.HELD
    row = await house.database.fetchrow("SELECT status FROM bookings WHERE id = $1", old.booking_id)
    assert row is not None
    assert row["status"] == "EXPIRED"
    assert [(await house.states())[seat] for seat in (1, 2, 3)] == [0, 1, 0]
    assert await house.broken() == []


async def test_in_one_flush_the_first_comer_wins_and_a_loser_blocks_nobody(house: House) -> None:
    """The second loses seat 1 to the first; the third wants only what the second did not get."""
    engine = house.engine()
    wanted = [(0, 1), (1, 2), (2, 3), (3, 4), (5,)]
    outcomes = await asyncio.gather(*(engine.hold(house.hold_of(*seats)) for seats in wanted))
    words = [outcome.word is HoldWord.HELD for outcome in outcomes]
    assert words == [True, False, True, False, True]
    assert 1 in outcomes[1].conflicts
    assert set(outcomes[1].conflicts) <= {1, 2}  # seat 2 was the third's by the time the second was refused, or was not
    assert await house.broken() == []


async def test_extensions_end_at_two_and_at_twice_the_hold(house: House) -> None:
    hold = await house.old_hold(1, ago=timedelta(seconds=200), buyer="b")
    engine = house.engine()

    async def extend(key: str) -> ExtendWord:
        return await engine.extend(house.event_id, Extend(hold.booking_id, "b", key))

    assert await extend("k1") is ExtendWord.EXTENDED
    assert await extend("k1") is ExtendWord.REPLAYED
    row = await house.database.fetchrow("SELECT * FROM bookings WHERE id = $1", hold.booking_id)
    assert row is not None
    assert row["hold_expires_at"] - row["held_at"] > timedelta(seconds=499)
    assert await extend("k2") is ExtendWord.EXTENDED
    assert await extend("k3") is ExtendWord.NO_MORE_EXTENSIONS
    row = await house.database.fetchrow("SELECT * FROM bookings WHERE id = $1", hold.booking_id)
    assert row is not None
    assert row["hold_expires_at"] - row["held_at"] <= timedelta(seconds=600)
    assert await house.broken() == []


async def test_a_late_extension_goes_no_further_than_twice_the_hold(house: House) -> None:
    hold = await house.old_hold(1, ago=timedelta(seconds=250), buyer="b")
    engine = house.engine()
    assert await engine.extend(house.event_id, Extend(hold.booking_id, "b", "k1")) is ExtendWord.EXTENDED
    await house.database.cold.execute(MADE_EARLIER, timedelta(seconds=200))
    assert await engine.extend(house.event_id, Extend(hold.booking_id, "b", "k2")) is ExtendWord.EXTENDED
    row = await house.database.fetchrow("SELECT * FROM bookings WHERE id = $1", hold.booking_id)
    assert row is not None
    assert row["hold_expires_at"] - row["held_at"] == timedelta(seconds=600)


async def test_extend_and_release_need_the_owner_and_a_living_hold(house: House) -> None:
    engine = house.engine()
    hold, _ = await house.hold(1, buyer="owner")
    assert await engine.extend(house.event_id, Extend(hold.booking_id, "thief", "k")) is ExtendWord.NOT_FOUND
    assert await engine.release(house.event_id, Release(hold.booking_id, "thief")) is ReleaseWord.NOT_FOUND
    assert await engine.release(house.event_id, Release(new_booking_id(), "owner")) is ReleaseWord.NOT_FOUND
    old = await house.old_hold(2, ago=LONG_AGO, buyer="owner")
    assert await engine.extend(house.event_id, Extend(old.booking_id, "owner", "k")) is ExtendWord.HOLD_EXPIRED
    assert await engine.release(house.event_id, Release(hold.booking_id, "owner")) is ReleaseWord.RELEASED
    assert await engine.release(house.event_id, Release(hold.booking_id, "owner")) is ReleaseWord.ALREADY_RELEASED
    assert await engine.extend(house.event_id, Extend(hold.booking_id, "owner", "k")) is ExtendWord.BOOKING_CLOSED
    assert await house.broken() == []


async def test_payment_binds_settles_and_names_its_own_payment(house: House) -> None:
    engine = house.engine()
    hold, _ = await house.hold(1, 2, buyer="b")
    payment, other = new_booking_id(), new_booking_id()

    async def begin(payment_id: object) -> BeginWord:
        begun = await engine.begin_payment(house.event_id, BeginPayment(hold.booking_id, "b", payment_id))  # type: ignore[arg-type]
        return begun.word

    async def settle(payment_id: object, *, paid: bool) -> SettleWord:
        return await engine.settle_payment(house.event_id, SettlePayment(hold.booking_id, payment_id, paid))  # type: ignore[arg-type]

    assert await begin(payment) is BeginWord.BEGUN
    assert await begin(payment) is BeginWord.REPLAYED
    assert await begin(other) is BeginWord.ALREADY_BEGUN
    assert await engine.release(house.event_id, Release(hold.booking_id, "b")) is ReleaseWord.PAYMENT_PENDING
    assert await settle(other, paid=True) is SettleWord.LATE
    assert await settle(payment, paid=False) is SettleWord.RESUMED
    assert await begin(other) is BeginWord.BEGUN
    assert await begin(payment) is BeginWord.ENDED
    assert await settle(payment, paid=True) is SettleWord.LATE
    assert await settle(other, paid=True) is SettleWord.CONFIRMED
    assert await settle(other, paid=True) is SettleWord.ALREADY_CONFIRMED
    assert await settle(other, paid=False) is SettleWord.NOT_PENDING
    assert [(await house.states())[seat] for seat in (1, 2)] == [SeatState.BOOKED] * 2
    assert await house.broken() == []


async def test_a_bound_hold_neither_expires_nor_lets_others_in(house: House) -> None:
    engine = house.engine()
    hold = await house.old_hold(1, ago=timedelta(seconds=299), buyer="b")
    payment = new_booking_id()
    assert (
        await engine.begin_payment(house.event_id, BeginPayment(hold.booking_id, "b", payment))
    ).word is BeginWord.BEGUN
    an_hour = "interval '1 hour'"
    await house.database.cold.execute(
        f"UPDATE bookings SET held_at = held_at - {an_hour}, hold_expires_at = hold_expires_at - {an_hour}"
    )
    assert (await sweep(house.database))[0] == 0
    assert (await house.hold(1))[1].word is HoldWord.SEAT_UNAVAILABLE
    assert (
        await engine.settle_payment(house.event_id, SettlePayment(hold.booking_id, payment, paid=False))
        is SettleWord.RESUMED
    )
    assert (await sweep(house.database))[0] == 1
    assert sum(await house.states()) == 0


async def test_no_payment_begins_on_a_lapsed_hold(house: House) -> None:
    hold = await house.old_hold(1, ago=LONG_AGO, buyer="b")
    begun = await house.engine().begin_payment(house.event_id, BeginPayment(hold.booking_id, "b", new_booking_id()))
    assert begun.word is BeginWord.HOLD_EXPIRED


async def test_the_sweeper_frees_what_lapsed_and_knows_when_to_wake(house: House) -> None:
    second = await house.new_event()
    await house.old_hold(1, 2, ago=LONG_AGO)
    await house.old_hold(3, ago=timedelta(seconds=100))
    await house.engine().hold(house.hold_of(4, event_id=second))
    expired, events, next_in_seconds = await sweep(house.database)
    assert (expired, events) == (1, [house.event_id])
    assert next_in_seconds is not None
    assert 150 < next_in_seconds <= 200
    assert [(await house.states())[seat] for seat in (1, 2, 3)] == [0, 0, 1]
    assert await house.broken() == []


async def test_one_flush_serves_many_events_and_locks_them_all(house: House) -> None:
    """Three events in one lane's flush, each with its own ledger row."""
    engine = house.engine()
    events = [house.event_id] + [await house.new_event() for _ in range(8)]
    outcomes = await asyncio.gather(
        *(engine.hold(house.hold_of(seat, event_id=event)) for event in events for seat in range(10))
    )
    assert all(outcome.word is HoldWord.HELD for outcome in outcomes)
    assert await house.broken() == []
    rows = await house.database.fetch("SELECT count(*) AS rows FROM seat_ledger")
    assert rows[0]["rows"] < 90
