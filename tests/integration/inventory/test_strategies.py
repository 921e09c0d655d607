"""What only one strategy does: versions that are compared, leases that are kept in step."""

import asyncio
from collections.abc import Sequence

import pytest
from tests.house import House
from valkey.asyncio import Valkey

from rowlock.inventory import BeginPayment, Extend, Hold, HoldWord, Release, ReleaseWord, SettlePayment, store
from rowlock.inventory.strategies.optimistic import Optimistic
from rowlock.kernel.ids import new_booking_id
from rowlock.kernel.limits import HOLD_SECONDS_MIN
from rowlock.platform.postgres import Database

EVENT_LOCK = "SELECT 1 FROM event_inventory WHERE event_id = $1 FOR UPDATE"


class TestOptimistic:
    """Reading without a lock, and what a version is for."""

    async def test_a_seat_that_changed_is_not_written_even_if_it_is_free_again(self, house: House) -> None:
        late = house.hold_of(1, 2)
        [seen] = await store.judge_holds(house.database, [late], 0)
        assert seen.word is HoldWord.HELD
        early, _ = await house.hold(2)
        await house.engine().release(house.event_id, Release(early.booking_id, early.buyer))
        assert await store.hold_unchanged_seats(house.database, [late], 0, seen.versions) == [None]
        [again] = await store.judge_holds(house.database, [late], 0)
        assert (again.versions[0], again.versions[1]) == (seen.versions[0], seen.versions[1] + 2)
        [outcome] = await store.hold_unchanged_seats(house.database, [late], 0, again.versions)
        assert outcome is not None
        assert outcome.word is HoldWord.HELD
        assert await house.broken() == []

    async def test_one_lost_race_takes_no_seat_from_the_others_of_its_flush(self, house: House) -> None:
        commands = [house.hold_of(seat, seat + 1) for seat in (0, 2, 4)]
        judged = await store.judge_holds(house.database, commands, 0)
        await house.hold(2)
        versions = [version for judgement in judged for version in judgement.versions]
        outcomes = await store.hold_unchanged_seats(house.database, commands, 0, versions)
        assert [None if one is None else one.word for one in outcomes] == [HoldWord.HELD, None, HoldWord.HELD]
        assert await house.broken() == []

    async def test_every_step_of_a_booking_moves_the_versions_of_its_seats(self, house: House) -> None:
        engine, event = house.engine(), house.event_id
        hold, _ = await house.hold(5, buyer="b")
        first, second = new_booking_id(), new_booking_id()
        versions = [await version_of(house, 5)]
        for step in (
            engine.extend(event, Extend(hold.booking_id, "b", "k")),
            engine.begin_payment(event, BeginPayment(hold.booking_id, "b", first)),
            engine.settle_payment(event, SettlePayment(hold.booking_id, first, paid=False)),
            engine.begin_payment(event, BeginPayment(hold.booking_id, "b", second)),
            engine.settle_payment(event, SettlePayment(hold.booking_id, second, paid=True)),
        ):
            await step
            versions.append(await version_of(house, 5))
        assert versions == list(range(1, 7))

    async def test_who_is_refused_never_waits_for_the_events_lock(self, house: House, database: Database) -> None:
        await house.hold(1)
        strategy = Optimistic(database, holds_max=0)
        async with database.cold.acquire() as connection, connection.transaction():
            await connection.fetch(EVENT_LOCK, house.event_id)
            [refused] = await asyncio.wait_for(strategy.hold([house.hold_of(0, 1)]), timeout=5)
            assert (refused.word, refused.conflicts) == (HoldWord.SEAT_UNAVAILABLE, (1,))
            granted = asyncio.create_task(strategy.hold([house.hold_of(0)]))
            done, _ = await asyncio.wait([granted], timeout=0.2)
            assert not done
        assert [outcome.word for outcome in await granted] == [HoldWord.HELD]


@pytest.mark.parametrize("strategy", ["lease"])
class TestLease:
    """One key a seat, in step with its booking."""

    async def test_a_hold_leases_its_seats_until_its_end(self, house: House, valkey: Valkey) -> None:
        hold, _ = await house.hold(3, 4)
        assert await leased(house, valkey, 3, 4, 5) == [str(hold.booking_id), str(hold.booking_id), None]
        life = await valkey.pttl(_key(house, 3))
        assert 290_000 < life <= 300_000

    async def test_a_refused_hold_gives_back_what_it_claimed(self, house: House, valkey: Valkey) -> None:
        taken, _ = await house.hold(3)
        await valkey.flushdb()
        engine = house.engine()
        assert (await engine.hold(house.hold_of(2, 3))).word is HoldWord.SEAT_UNAVAILABLE
        assert await leased(house, valkey, 2, 3) == [None, None]
        await engine.extend(house.event_id, Extend(taken.booking_id, taken.buyer, "k"))
        assert await leased(house, valkey, 3) == [str(taken.booking_id)]

    async def test_leases_end_with_what_they_stand_for(self, house: House, valkey: Valkey) -> None:
        engine, event = house.engine(), house.event_id
        released, paid = house.hold_of(1), house.hold_of(2)
        await asyncio.gather(engine.hold(released), engine.hold(paid))
        assert await leased(house, valkey, 1, 2) == [str(released.booking_id), str(paid.booking_id)]
        word = await engine.release(event, Release(released.booking_id, released.buyer))
        assert word is ReleaseWord.RELEASED
        payment = new_booking_id()
        await engine.begin_payment(event, BeginPayment(paid.booking_id, paid.buyer, payment))
        assert await leased(house, valkey, 1, 2) == [None, str(paid.booking_id)]
        await engine.settle_payment(event, SettlePayment(paid.booking_id, payment, paid=True))
        assert await leased(house, valkey, 2) == [None]

    async def test_a_strangers_lease_is_neither_taken_nor_given_back(self, house: House, valkey: Valkey) -> None:
        """A lease that nobody stands behind slows a buyer down and refuses nobody."""
        await valkey.set(_key(house, 1), "somebody", px=HOLD_SECONDS_MIN * 1000)
        hold, outcome = await house.hold(1, 2)
        assert outcome.word is HoldWord.HELD
        assert await leased(house, valkey, 1, 2) == ["somebody", str(hold.booking_id)]
        await house.engine().release(house.event_id, Release(hold.booking_id, hold.buyer))
        assert await leased(house, valkey, 1, 2) == ["somebody", None]

    async def test_who_comes_late_never_waits_for_the_events_lock(self, house: House, database: Database) -> None:
        await house.hold(1)
        engine = house.engine()
        async with database.cold.acquire() as connection, connection.transaction():
            await connection.fetch(EVENT_LOCK, house.event_id)
            refused = await asyncio.wait_for(engine.hold(house.hold_of(0, 1)), timeout=5)
        assert (refused.word, refused.conflicts) == (HoldWord.SEAT_UNAVAILABLE, (1,))

    async def test_one_flush_claims_seats_of_many_events(self, house: House, valkey: Valkey) -> None:
        """Events of one lane: each has its own call, and keys of its own slot."""
        engine = house.engine()
        events = [house.event_id] + [await house.new_event() for _ in range(8)]
        holds = [house.hold_of(seat, event_id=event) for event in events for seat in range(3)]
        outcomes = await asyncio.gather(*(engine.hold(hold) for hold in holds))
        assert {outcome.word for outcome in outcomes} == {HoldWord.HELD}
        assert await valkey.dbsize() == len(holds)
        assert await valkey.get(f"lease:{{{events[-1]}}}:2") == str(holds[-1].booking_id).encode()


def _key(house: House, seat_no: int) -> str:
    return f"lease:{{{house.event_id}}}:{seat_no}"


async def leased(house: House, valkey: Valkey, *seat_nos: int) -> Sequence[str | None]:
    """The bookings that lease these seats."""
    owners = await valkey.mget([_key(house, seat_no) for seat_no in seat_nos])
    return [None if owner is None else owner.decode() for owner in owners]


async def version_of(house: House, seat_no: int) -> int:
    """How often a seat has changed."""
    [judged] = await store.judge_holds(house.database, [Hold(new_booking_id(), house.event_id, "b", (seat_no,))], 0)
    return judged.versions[0]
