"""The books of the simulation answer as PostgreSQL does: the same commands in the same order, the same outcomes."""

import random
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.house import House, small_plan
from tests.simulation.books import Books
from tests.simulation.database import Line, database_on
from tests.simulation.rows import OPENING

from rowlock.inventory import (
    BeginPayment,
    Block,
    Extend,
    Hold,
    HoldOutcome,
    HoldWord,
    Release,
    SettlePayment,
    Unblock,
    store,
)
from rowlock.inventory.sweeper import sweep
from rowlock.payments.store import SQL as PAYMENTS
from rowlock.platform.postgres import Database

SEATS = 20
STEPS = 120
HOLD_SECONDS = 300


class Twice:
    """Sends each command to PostgreSQL and to the books."""

    def __init__(self, house: House, dice: random.Random) -> None:
        line = Line(Books(lambda: 0.0, SEATS, HOLD_SECONDS), dice)
        line.healthy = True
        self._databases = (house.database, database_on(line))
        self._event_id = house.event_id
        self._dice = dice
        self._holds: list[Hold] = []
        self._payments: dict[uuid.UUID, uuid.UUID] = {}
        self._blocks: dict[uuid.UUID, tuple[int, ...]] = {}

    async def step(self) -> tuple[object, object]:
        """What both say to one random flush."""
        known = self._dice.sample(self._holds, min(len(self._holds), 3))
        acts = (
            self._hold, self._hold, self._extend, self._release, self._begin, self._settle, self._lapsed, self._sweep,
            self._pay_anew, self._settle, self._money_comes_late, self._payment_lapses,
            self._block, self._unblock, self._compare_and_set, self._compare_and_set,
        )  # fmt: skip
        act = self._dice.choice(acts)
        return await (act(known) if known else self._hold(known))

    async def pictures(self) -> tuple[object, object]:
        """How many ledger rows there are and what each seat is like."""
        rows = [await database.fetchrow(store.SQL["exact_picture"], self._event_id) for database in self._databases]
        first, second = [
            (row["seq"], list(row["states"]), list(row["held_nos"] or ())) for row in rows if row is not None
        ]
        return first, second

    async def _lapsed(self, _known: list[Hold]) -> tuple[object, object]:
        """Holds that were made so long ago that they are over."""
        commands = [self._new(range(SEATS)) for _ in range(self._dice.randint(1, 2))]
        self._holds = [*self._holds, *commands][-12:]
        told = []
        for database, now in zip(self._databases, (datetime.now(UTC), OPENING), strict=True):
            async with database.hot.acquire() as connection, connection.transaction():
                made_at = now - timedelta(seconds=HOLD_SECONDS + 1)
                outcomes = await store.hold_chosen_seats(connection, commands, 0, made_at)
                told.append([_told(outcome) for outcome in outcomes])
        return told[0], told[1]

    async def _sweep(self, _known: list[Hold]) -> tuple[object, object]:
        expired = [(await sweep(database))[0] for database in self._databases]
        return expired[0], expired[1]

    async def _compare_and_set(self, known: list[Hold]) -> tuple[object, object]:
        """Read seats, let somebody come between now and then, write."""
        commands = [self._new(range(SEATS)), self._new(range(SEATS))]
        between = [self._new(range(SEATS))] if self._dice.random() < 0.7 else []
        told: list[list[object]] = []
        for database in self._databases:
            judged = await store.judge_holds(database, [*known[:1], *commands], 0)
            told.append([(one.word, sorted(one.conflicts)) for one in judged])
            if between:
                told[-1].append(_told((await store.hold_seats(database, between, 0))[0]))
            if set(commands[0].seat_nos).isdisjoint(commands[1].seat_nos):
                versions = [version for one in judged[-2:] for version in one.versions]
                written = await store.hold_unchanged_seats(database, commands, 0, versions)
                told[-1] += [None if outcome is None else _told(outcome) for outcome in written]
        return told[0], told[1]

    async def _block(self, _known: list[Hold]) -> tuple[object, object]:
        block_id = self._dice.choice([*self._blocks, uuid.UUID(int=self._dice.getrandbits(128))][-2:])
        seat_nos = self._blocks.setdefault(block_id, tuple(self._dice.sample(range(SEATS), 2)))
        block = Block(block_id, self._event_id, "house", "for friends", "organiser:test", seat_nos)
        found = [(await store.block_seats(database, [block]))[0] for database in self._databases]
        first, second = [(one.word, sorted(one.conflicts)) for one in found]
        return first, second

    async def _unblock(self, _known: list[Hold]) -> tuple[object, object]:
        seat_nos = tuple(self._dice.sample(range(SEATS), 3))
        command = Unblock(
            uuid.UUID(int=self._dice.getrandbits(128)), self._event_id, "back", "organiser:test", seat_nos
        )
        return await self._both(store.unblock_seats, [command])

    async def _hold(self, known: list[Hold]) -> tuple[object, object]:
        """New holds, beside one that stands already and one of a seat that does not exist."""
        new = [self._new(range(SEATS)) for _ in range(self._dice.randint(1, 3))]
        commands = [*known[:1], *new, *([self._new([SEATS])] if self._dice.random() < 0.1 else [])]
        self._holds = [*self._holds, *new][-12:]
        found = [await store.hold_seats(database, commands, 0) for database in self._databases]
        told = [[_told(outcome) for outcome in outcomes] for outcomes in found]
        return told[0], told[1]

    async def _extend(self, known: list[Hold]) -> tuple[object, object]:
        key = self._dice.choice(["first", "second", "third"])
        return await self._both(store.extend_holds, [Extend(hold.booking_id, hold.buyer, key) for hold in known])

    async def _release(self, known: list[Hold]) -> tuple[object, object]:
        buyer = self._dice.choice([None, None, "somebody else"])
        return await self._both(store.release_bookings, [Release(one.booking_id, buyer or one.buyer) for one in known])

    async def _begin(self, known: list[Hold]) -> tuple[object, object]:
        for hold in known:
            self._payments.setdefault(hold.booking_id, uuid.uuid4())
        commands = [BeginPayment(one.booking_id, one.buyer, self._payments[one.booking_id]) for one in known]
        told = []
        for database in self._databases:
            begun = await store.begin_payments(database, commands)
            told.append([(one.word, one.payment and (one.payment.id, one.payment.phase)) for one in begun])
        return told[0], told[1]

    async def _settle(self, known: list[Hold]) -> tuple[object, object]:
        commands = [
            SettlePayment(one.booking_id, self._payments.get(one.booking_id, uuid.uuid4()), self._dice.random() < 0.4)
            for one in known
        ]
        return await self._both(store.settle_payments, commands)

    async def _pay_anew(self, known: list[Hold]) -> tuple[object, object]:
        """Another payment than the one before, if that one came to nothing."""
        self._payments[known[0].booking_id] = uuid.uuid4()
        return await self._begin(known[:1])

    async def _money_comes_late(self, known: list[Hold]) -> tuple[object, object]:
        """For a payment that was begun at some time, whatever became of its booking."""
        captured = self._dice.random() < 0.5
        found = await self._payments_of(known)
        if not found:
            return None, None
        return await self._ask("retake_booking", known[0].booking_id, found, captured, None)

    async def _payment_lapses(self, known: list[Hold]) -> tuple[object, object]:
        found = await self._payments_of(known)
        return await self._ask("lapse_payment", known[0].booking_id, found) if found else (None, None)

    async def _payments_of(self, known: list[Hold]) -> uuid.UUID | None:
        """The payment that was last thought of for the first of these, if it was begun."""
        payment_id = self._payments.get(known[0].booking_id)
        rows = await self._databases[0].fetch(PAYMENTS["find_payments"], [payment_id])
        return payment_id if rows else None

    async def _ask(self, query: str, *arguments: object) -> tuple[object, object]:
        first, second = [await database.fetch(PAYMENTS[query], *arguments) for database in self._databases]
        return first[0][0], second[0][0]

    async def _both(self, carry_out: Any, commands: list[Any]) -> tuple[object, object]:  # noqa: ANN401
        first, second = [await carry_out(database, commands) for database in self._databases]
        return first, second

    def _new(self, seats: range | list[int]) -> Hold:
        booking_id = uuid.UUID(int=self._dice.getrandbits(128))
        wanted = tuple(self._dice.sample(seats, min(len(seats), self._dice.randint(1, 3))))
        return Hold(booking_id, self._event_id, f"buyer:{booking_id}", wanted)


def _told(outcome: HoldOutcome) -> tuple[object, ...]:
    """What an outcome says; which seats are taken is only said of a hold that was refused for it."""
    conflicts = sorted(outcome.conflicts) if outcome.word is HoldWord.SEAT_UNAVAILABLE else []
    return outcome.word, outcome.seat_nos, conflicts


@pytest.mark.parametrize("seed", range(3))
async def test_the_books_answer_as_postgresql_does(database: Database, seed: int) -> None:
    twice = Twice(await House.open(database, small_plan(rows=1, seats_per_row=SEATS)), random.Random(seed))
    for number in range(STEPS):
        postgresql, books = await twice.step()
        assert postgresql == books, f"step {number}"
        postgresql, books = await twice.pictures()
        assert postgresql == books, f"after step {number}"
