"""Waiting lists under everything at once: two workers, people who join, leave and give back, and others who want in."""

import asyncio
import random
import uuid

import asyncpg
from tests.house import House

from rowlock.catalog import SaleFactsShelf
from rowlock.inventory import ChartShelf, Hold, HoldWord, Release, SeatEngine, SeatReplica, surely_nothing
from rowlock.kernel.ids import new_booking_id
from rowlock.platform.postgres import Database
from rowlock.seating.store import PlanShelf
from rowlock.waiting_room.watch import RoomWatch
from rowlock.waitlist import Matcher, Seats
from rowlock.waitlist.model import PartyTerms, wishes_of
from rowlock.waitlist.store import SQL

SEATS = 50
ROUNDS = 12
ENTRIES = (
    "SELECT no, size, together, tier_nos, status, booking_id FROM waitlist_entries WHERE event_id = $1 ORDER BY no"
)
OFFERED = "SELECT id, buyer, seat_nos, tier_nos, status FROM bookings WHERE id = ANY ($1)"


class Crowd:
    """Everybody around one event."""

    def __init__(self, house: House, database: Database, dice: random.Random) -> None:
        self.house = house
        self.database = database
        self.dice = dice
        self.charts = ChartShelf(PlanShelf(database))
        self.facts = SaleFactsShelf(database)
        self.engine = house.engine()
        self.replicas = [SeatReplica(database) for _ in range(2)]
        self.workers = [self._worker(house.engine(), replica) for replica in self.replicas]
        self.held: list[Hold] = []

    def _worker(self, engine: SeatEngine, replica: SeatReplica) -> Matcher:
        seats = Seats(engine, replica, self.facts, self.charts)
        return Matcher(self.database, seats, RoomWatch(self.database), 600)

    async def sell_out(self) -> None:
        """Every seat is held by somebody."""
        for seat_no in range(SEATS):
            await self.take(seat_no)

    async def take(self, seat_no: int) -> None:
        """Somebody who does not ask the list tries for a seat, as if nothing were kept back."""
        hold = Hold(new_booking_id(), self.house.event_id, f"buyer:{uuid.uuid4()}", (seat_no,))
        if (await self.engine.hold(hold)).word is HoldWord.HELD:
            self.held.append(hold)

    async def join(self) -> None:
        """A party joins."""
        size, tiers = self.dice.choice((1, 1, 2, 3)), self.dice.choice(([], [], [0], [1]))
        values = size, self.dice.random() < 0.7, 0, tiers, None, None, "en"
        async with self.database.cold.acquire() as connection, connection.transaction():
            await connection.execute(SQL["open_list"], self.house.event_id)
            name = f"buyer:{uuid.uuid4()}"
            await connection.execute(SQL["join"], uuid.uuid4(), self.house.event_id, name, *values)

    async def give_back(self) -> None:
        """Seats come back: of somebody, or an offer that is not wanted."""
        offers = [row for row in await self.entries() if row["status"] == "offered"]
        if offers and self.dice.random() < 0.3:
            (booking,) = await self.database.fetch(OFFERED, [self.dice.choice(offers)["booking_id"]])
            await self.engine.release(self.house.event_id, Release(booking["id"], booking["buyer"]))
        elif self.held:
            hold = self.held.pop(self.dice.randrange(len(self.held)))
            await self.engine.release(hold.event_id, Release(hold.booking_id, hold.buyer))

    async def leave(self) -> None:
        """Somebody leaves the list just now."""
        rows = [row for row in await self.entries() if row["status"] == "waiting"]
        if rows:
            no = self.dice.choice(rows)["no"]
            (row,) = await self.database.fetch("SELECT id FROM waitlist_entries WHERE no = $1", no)
            await self.database.cold.execute(SQL["leave"], row["id"])

    async def entries(self) -> list[asyncpg.Record]:
        """The list."""
        return await self.database.fetch(ENTRIES, self.house.event_id)

    async def quiet(self) -> None:
        """Until the workers find nothing more to do."""
        before = None
        while before != (before := [tuple(row.values()) for row in await self.entries()]):
            for worker, replica in zip(self.workers, self.replicas, strict=True):
                await self._caught_up(replica)
                await worker.step()

    async def _caught_up(self, replica: SeatReplica) -> None:
        """What a worker sees may be a moment old: until it is not."""
        end = "SELECT seq FROM event_inventory WHERE event_id = $1"
        seq: int = (await self.database.fetch(end, self.house.event_id))[0]["seq"]
        while (picture := await replica.picture(self.house.event_id)) is None or picture.seq < seq:
            await self.database.ping()


async def _check(crowd: Crowd) -> None:
    entries = await crowd.entries()
    offers = {row["booking_id"]: row for row in entries if row["status"] == "offered"}
    held: set[int] = set()
    for booking in await crowd.database.fetch(OFFERED, list(offers)):
        entry = offers[booking["id"]]
        assert booking["status"] == "HOLD"
        assert len(booking["seat_nos"]) == entry["size"]
        assert held.isdisjoint(booking["seat_nos"])
        held.update(booking["seat_nos"])
        assert not entry["tier_nos"] or set(booking["tier_nos"]) <= set(entry["tier_nos"])
        if entry["together"]:
            first = min(booking["seat_nos"])
            assert sorted(booking["seat_nos"]) == list(range(first, first + entry["size"]))
            assert first // 10 == max(booking["seat_nos"]) // 10
    facts = await crowd.facts.facts(crowd.house.event_id)
    assert facts is not None
    chart = await crowd.charts.chart(facts.plan_id)
    assert chart is not None
    free = [seat_no for seat_no, state in enumerate(await crowd.house.states()) if state == 0]
    for row in entries:
        if row["status"] == "waiting":
            terms = PartyTerms(row["size"], row["together"], 0, tuple(row["tier_nos"]), None)
            assert all(surely_nothing(chart, free, wish) for wish in wishes_of(terms)), "there are seats"


async def test_whatever_happens_at_once_offers_are_right_and_nobody_waits_for_free_seats(
    house: House, database: Database
) -> None:
    crowd = Crowd(house, database, random.Random(20_261))
    await crowd.sell_out()
    for _ in range(6):
        await crowd.join()
    for _ in range(ROUNDS):
        acts = [crowd.dice.choice((crowd.join, crowd.give_back, crowd.give_back, crowd.leave))() for _ in range(6)]
        sneaks = [crowd.take(crowd.dice.randrange(SEATS)) for _ in range(3)]
        await asyncio.gather(*acts, *sneaks, *(worker.step() for worker in crowd.workers))
        await crowd.quiet()
        await _check(crowd)
    assert sum(row["status"] == "offered" for row in await crowd.entries()) > 3
    assert await house.broken() == []


async def test_two_workers_offer_to_the_first_of_many_alike(house: House, database: Database) -> None:
    crowd = Crowd(house, database, random.Random(1))
    await crowd.sell_out()
    for place in range(9):
        values: tuple[object, ...] = (1, True, 0, [], None, None, "en")
        async with database.cold.acquire() as connection, connection.transaction():
            await connection.execute(SQL["open_list"], house.event_id)
            await connection.execute(SQL["join"], uuid.uuid4(), house.event_id, f"buyer:{place}", *values)
    for count in range(1, 9):
        await crowd.give_back()
        await asyncio.gather(*(worker.step() for worker in crowd.workers))
        await crowd.quiet()
        statuses = [row["status"] for row in await crowd.entries()]
        assert sum(status == "offered" for status in statuses) <= count
        first_waiting = statuses.index("waiting")
        assert "offered" not in statuses[first_waiting:]
