"""A small house to test in: a plan of rows, events on it, and the words to act with."""

import random
import uuid
from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest
from valkey.asyncio import Valkey

from rowlock.catalog import SaleFactsShelf
from rowlock.identity import HOUSE, Person
from rowlock.inventory import (
    ChartShelf,
    ExactPictures,
    Hold,
    HoldOutcome,
    SeatChooser,
    SeatEngine,
    choose_strategy,
)
from rowlock.inventory.proof import Finding, verify_events
from rowlock.kernel.ids import new_booking_id
from rowlock.organiser import EventBody, Organiser, VenueBody
from rowlock.platform.postgres import Database
from rowlock.seating import Category, Row, Seat, SeatingPlan, Section
from rowlock.seating.store import PlanShelf
from rowlock.settings import HoldStrategyName

TIERS = ("VIP", "Regular")
PRICES = {"VIP": "95.00", "Regular": "49.50"}


def small_plan(rows: int = 5, seats_per_row: int = 10, name: str = "Small theatre") -> SeatingPlan:
    """One section "S" of rows "1", "2", ...; the first row is VIP. Seat number n has the id `S-<row>-<place>`."""
    section = Section(
        "S",
        "Stalls",
        tuple(
            Row(
                str(row + 1),
                tuple(
                    Seat(str(place + 1), 1.0 + place, 1.0 + row, TIERS[0 if row == 0 else 1])
                    for place in range(seats_per_row)
                ),
            )
            for row in range(rows)
        ),
    )
    return SeatingPlan(
        name, float(seats_per_row + 2), float(rows + 2), tuple(Category(tier) for tier in TIERS), (section,)
    )


STAFF = Person("organiser:test", "organiser", HOUSE)
OLD_HOLD = "SELECT outcome FROM hold_seats_v1($1, $2, $3, $4, $5, $6, 0, $7)"
STATUS = "SELECT status FROM bookings WHERE id = $1"
PAYMENTS = "SELECT id FROM payments LIMIT 1"
STATES = "SELECT state FROM seats WHERE event_id = $1 ORDER BY seat_no"

STRATEGIES: tuple[HoldStrategyName, ...] = get_args(HoldStrategyName)
every_strategy = pytest.mark.parametrize("strategy", STRATEGIES)


class House:
    """One database with an event of 50 seats."""

    def __init__(
        self,
        database: Database,
        organiser: Organiser,
        plan_id: str,
        *,
        strategy: HoldStrategyName,
        valkey: "Valkey | None",
    ) -> None:
        self.database = database
        self._strategy: HoldStrategyName = strategy
        self._valkey = valkey
        self.organiser = organiser
        self.plan_id = plan_id
        self.event_id = 0

    @classmethod
    async def open(
        cls,
        database: Database,
        plan: SeatingPlan | None = None,
        strategy: HoldStrategyName = "row-lock",
        valkey: "Valkey | None" = None,
    ) -> "House":
        """Store the plan and put an event on sale. The strategy is that of the engines to come."""
        organiser = Organiser(database, PlanShelf(database), hold_seconds=300)
        stored = await organiser.create_plan(plan or small_plan(), VenueBody(name="Test house"), STAFF)
        house = cls(database, organiser, stored.plan_id, strategy=strategy, valkey=valkey)
        house.event_id = await house.new_event()
        return house

    async def new_event(
        self,
        *,
        name: str = "Test night",
        on_sale_in: timedelta | None = None,
        starts_in: timedelta = timedelta(days=30),
        hold_seconds: int = 300,
    ) -> int:
        """Another event on the same plan."""
        now = datetime.now(UTC)
        body = EventBody(
            name=name,
            starts_at=(now + starts_in).isoformat(),
            timezone="Europe/Berlin",
            plan_id=self.plan_id,
            prices=dict(PRICES),
            performers=["The Testers"],
            on_sale_at=None if on_sale_in is None else (now + on_sale_in).isoformat(),
            hold_seconds=hold_seconds,
        )
        return await self.organiser.create_event(body, STAFF, None)

    def engine(self, holds_max: int = 0) -> SeatEngine:
        """A new engine, as another process would have one."""
        strategy = choose_strategy(self._strategy, self.database, self._valkey, holds_max)
        charts = ChartShelf(PlanShelf(self.database))
        pictures = ExactPictures(self.database, SaleFactsShelf(self.database), charts)
        return SeatEngine(
            self.database, strategy, SeatChooser(self.database, pictures, seats_max=10, holds_max=holds_max)
        )

    def hold_of(
        self, *seat_nos: int, buyer: str | None = None, event_id: int | None = None, booking_id: uuid.UUID | None = None
    ) -> Hold:
        """A hold of these seats, by somebody new unless `buyer` is given."""
        number = booking_id or new_booking_id()
        return Hold(number, self.event_id if event_id is None else event_id, buyer or f"buyer:{number}", seat_nos)

    async def hold(self, *seat_nos: int, buyer: str | None = None) -> tuple[Hold, HoldOutcome]:
        """Hold seats through an engine of its own."""
        command = self.hold_of(*seat_nos, buyer=buyer)
        return command, await self.engine().hold(command)

    async def states(self, event_id: int | None = None) -> list[int]:
        """The states of all seats, read from the table."""
        rows = await self.database.fetch(STATES, self.event_id if event_id is None else event_id)
        return [row["state"] for row in rows]

    async def status(self, hold: Hold) -> str:
        """The status of a hold's booking, read from the table."""
        row = await self.database.fetchrow(STATUS, hold.booking_id)
        assert row is not None
        return str(row["status"])

    async def old_hold(self, *seat_nos: int, ago: timedelta, buyer: str | None = None) -> Hold:
        """A hold that was made `ago`: the database is told that it is earlier than it is."""
        command = self.hold_of(*seat_nos, buyer=buyer)
        outcome = await self.database.hot.fetchval(
            OLD_HOLD,
            [command.booking_id],
            [command.event_id],
            [command.buyer],
            [1],
            [len(seat_nos)],
            list(seat_nos),
            datetime.now(UTC) - ago,
        )
        assert outcome == "held"
        return command

    @staticmethod
    def almost_lapsed() -> timedelta:
        """An age at which a hold of 300 s ends within the next few milliseconds, before or after a racing command."""
        return timedelta(seconds=300) - timedelta(milliseconds=random.uniform(0, 4))

    async def findings(self) -> list[Finding]:
        """What verify says of every event."""
        async with self.database.cold.acquire() as connection:
            return [finding async for finding in verify_events(connection, None)]

    async def broken(self) -> list[Finding]:
        """The invariants that do not hold; empty when all is well.

        Where no cashier was at work, an engine may have been told of payments that nobody wrote down: I3 is silent.
        """
        paid = await self.database.fetch(PAYMENTS)
        return [
            finding for finding in await self.findings() if not finding.holds and (paid or finding.invariant != "I3")
        ]
