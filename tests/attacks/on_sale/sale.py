"""An on-sale under virtual time: the real routes, gate, guard, desk, engine and cashier on simulated books.

What is simulated is PostgreSQL (`tests/simulation/books.py`), Valkey (`shared_memory.py`), the bank and the clock.
"""

import asyncio
import random
import uuid
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, NamedTuple

import msgspec
from tests.attacks.on_sale.shared_memory import SharedMemory
from tests.house import small_plan
from tests.simulation.bank import Bank
from tests.simulation.books import Books
from tests.simulation.database import Line, database_on
from tests.simulation.rows import EVENT_ID, OPENING, Row

from rowlock.bookings import BookingDesk, BookingViews, CodeDesk, Patience, Rates, SaleGate, TicketCap
from rowlock.bookings.routes import booking_lane, hold_lane
from rowlock.bots import Challenges, Contention, Guard, Traces, Watch
from rowlock.catalog import SaleFacts, SaleFactsShelf
from rowlock.identity import TokenSigner
from rowlock.identity.keys import KeyRing, opened
from rowlock.inventory import ChartShelf, ExactPictures, PickRules, SeatChooser, SeatEngine, SeatReplica
from rowlock.inventory.strategies import choose_strategy
from rowlock.kernel.problems import Problem
from rowlock.payments import Cashier, Charge, PaymentAsk, Providers
from rowlock.payments.routes import payment_lane
from rowlock.platform.http.addresses import Addresses
from rowlock.platform.http.calls import Call, SaleLane
from rowlock.platform.http.turnstile import Turnstile
from rowlock.platform.valkey.limiter import Limiter
from rowlock.platform.valkey.surge import Surge
from rowlock.pricing import PriceListShelf
from rowlock.seating.store import PlanShelf, ShelvedPlan

HOLD_SECONDS = 120
HOLDS_MAX = 3
SEATS_MAX = 6
TICKETS_MAX = 6
SEATS_PER_ROW = 20
SECRET = b"simulated secret of thirty-two b"
CALM_ATTEMPTS_PER_MINUTE = 60


class Defence(NamedTuple):
    """What stands between the bots and the seats: limits by person, device and network; scoring and its answers; the
    event's cap on tickets a person."""

    limits: bool
    guard: bool
    cap: bool


NOTHING = Defence(limits=False, guard=False, cap=False)
LIMITS = Defence(limits=True, guard=False, cap=False)
SCORING = Defence(limits=True, guard=True, cap=False)
CAPPED = Defence(limits=True, guard=False, cap=True)
EVERYTHING = Defence(limits=True, guard=True, cap=True)


class SaleBooks(Books):
    """The books of a house with the limit on one person's holds, and holds that are made shorter."""

    holds_max = HOLDS_MAX

    def __init__(self, clock: Callable[[], float], seat_count: int, hold_seconds: int) -> None:
        super().__init__(clock, seat_count, hold_seconds)
        self.claims: set[tuple[str, uuid.UUID]] = set()

    def _judge(self, booking_id: uuid.UUID, buyer: str, seat_nos: Any, taken: Any) -> str:  # noqa: ANN401
        now = self.now
        held = sum(
            one.buyer == buyer and one.status == "HOLD" and one.hold_expires_at > now for one in self.bookings.values()
        )
        if self.holds_max and held >= self.holds_max and booking_id not in self.bookings:
            return "too_many_holds"
        return super()._judge(booking_id, buyer, seat_nos, taken)

    def claim_tickets(self, booking_id: uuid.UUID, identities: list[str]) -> list[Row]:
        """As claim_tickets_v1."""
        seats = len(self.bookings[booking_id].seat_nos)
        others = [self._claimed(identity, but=booking_id) for identity in identities]
        fits = all(have + seats <= TICKETS_MAX for have in others)
        if fits:
            self.claims |= {(identity, booking_id) for identity in identities}
        return [Row.of(claim_tickets_v1=fits)]

    def _claimed(self, identity: str, but: uuid.UUID) -> int:
        owned = [self.bookings[booking_id] for whose, booking_id in self.claims if whose == identity]
        live = [one for one in owned if one.status in {"PAYMENT_PENDING", "CONFIRMED"} and one.id != but]
        return sum(len(one.seat_nos) for one in live)

    def tickets_of_buyer(self, buyer: str, _event_id: int, but: uuid.UUID) -> list[Row]:
        """What a buyer has, holds or is paying for."""
        live = [
            len(one.seat_nos)
            for one in self.bookings.values()
            if one.buyer == buyer
            and one.id != but
            and one.live
            and (one.status != "HOLD" or one.hold_expires_at > self.now)
        ]
        return [Row.of(seats=sum(live))]

    def shorten_holds(self, ids: list[uuid.UUID], seconds: list[int]) -> list[Row]:
        """As shorten_holds_v1."""
        for booking_id, by in zip(ids, seconds, strict=True):
            booking = self.bookings[booking_id]
            if booking.status == "HOLD" and booking.hold_seconds == HOLD_SECONDS:
                booking.hold_seconds = max(60, booking.hold_seconds - by)
                booking.hold_expires_at = booking.held_at + timedelta(seconds=booking.hold_seconds)
        return [Row.of(expires_at=self.bookings[booking_id].hold_expires_at) for booking_id in ids]


class CardBank(Bank):
    """The bank, telling cards apart: `tok_ok#card`."""

    async def authorise(self, ask: PaymentAsk) -> Charge:
        """The charge with its card."""
        kind, _, card = ask.token.partition("#")
        charge = await super().authorise(msgspec.structs.replace(ask, token=kind))
        return msgspec.structs.replace(charge, card=card or None)


class Reply(NamedTuple):
    """An answer as a client reads it."""

    status: int
    body: dict[str, Any]


async def _no_address(_subject: str) -> None:
    """Nobody here has proven a mail address."""


class Sale:
    """One event of `rows` times twenty seats, sold by one process behind this defence."""

    def __init__(self, dice: random.Random, rows: int, defence: Defence) -> None:
        loop = asyncio.get_running_loop()
        plan = ShelvedPlan(1, 1, 1, small_plan(rows=rows, seats_per_row=SEATS_PER_ROW))
        self.seat_ids = plan.seat_ids
        self.books = SaleBooks(loop.time, len(plan.seat_ids), HOLD_SECONDS)
        self.books.holds_max = HOLDS_MAX if defence.limits else 0
        line, bank = Line(self.books, dice), CardBank(dice)
        line.healthy = bank.healthy = True
        database, shared = database_on(line), SharedMemory(loop.time)
        limiter = Limiter(shared)
        self.signer = TokenSigner(KeyRing([opened("simulated", "HS256", SECRET)]))
        self.traces = Traces(SECRET, Addresses("10.0.0.1"))
        self.watch = Watch(shared, limiter, seats_max=SEATS_MAX, clock=self.now)
        contention = Contention(CALM_ATTEMPTS_PER_MINUTE, loop.time)
        challenges = Challenges(SECRET, cost=1)
        self.guard = Guard(self.traces, limiter, self.watch, challenges, contention) if defence.guard else None
        on = int(defence.limits)
        rates = Rates(
            requests=100 * on, requests_surge=0, attempts=10 * on, attempts_device=30 * on, attempts_prefix=300 * on
        )
        gate = SaleGate(self.signer, limiter, rates, Surge(loop.time), self.guard)
        facts, plans = _Facts(database), _Plans(database, plan)
        price_lists = PriceListShelf(database)
        charts, views = ChartShelf(plans), _Views(database, facts, plan, price_lists)
        chooser = SeatChooser(
            database, ExactPictures(database, facts, charts), seats_max=SEATS_MAX, holds_max=HOLDS_MAX
        )
        engine = SeatEngine(database, choose_strategy("row-lock", database, None, HOLDS_MAX), chooser)
        rules = _Rules(database)
        cap = TicketCap(database, rules, self.traces.hidden, _no_address) if defence.cap else None
        desk = BookingDesk(
            engine, views, charts, rules, _NoMemory(database),
            seats_per_booking_max=SEATS_MAX, holds_per_user_max=HOLDS_MAX, cap=cap,
        )  # fmt: skip
        turnstile = Turnstile(0)
        cashier = Cashier(database, engine, desk, views, Providers(bank), cap=cap)
        codes = CodeDesk(database, engine, desk, views, price_lists)
        self._lane = SaleLane(
            [
                *hold_lane(gate, desk, codes, turnstile),
                *booking_lane(gate, desk, views, cashier.walk_away),
                *payment_lane(gate, desk, cashier, turnstile),
            ]
        )

    def now(self) -> float:
        """Seconds since 1970 on the one clock of this world."""
        return OPENING.timestamp() + asyncio.get_running_loop().time()

    def free(self) -> list[int]:
        """The seats that a map shows as free now."""
        taken = {
            seat_no
            for one in self.books.bookings.values()
            if one.live and (one.status != "HOLD" or one.hold_expires_at > self.books.now)
            for seat_no in one.seat_nos
        }
        return [seat_no for seat_no in range(len(self.seat_ids)) if seat_no not in taken]

    async def post(self, path: str, headers: list[tuple[bytes, bytes]], peer: str, body: object) -> Reply:
        """A request on the real route, from this address."""
        found = self._lane.find("POST", f"/api/v1/bookings{path}")
        assert found is not None
        route, params = found
        try:
            answer = await route.answer(Call("POST", headers, params, msgspec.json.encode(body), peer=peer))
        except Problem as problem:
            return Reply(problem.kind.status, {"code": problem.code, **problem.extra})
        return Reply(answer.status, msgspec.json.decode(answer.body) if answer.body else {})

    def held_in_vain(self, people: str) -> float:
        """Minutes for which seats were held by others than people and then not paid for."""
        return sum(
            (one.hold_expires_at - one.held_at).total_seconds() / 60 * len(one.seat_nos)
            for one in self.books.bookings.values()
            if one.status != "CONFIRMED" and not one.buyer.startswith(people)
        )

    def sold_to(self) -> dict[str, int]:
        """Seats sold, by buyer."""
        sold: dict[str, int] = {}
        for one in self.books.bookings.values():
            if one.status == "CONFIRMED":
                sold[one.buyer] = sold.get(one.buyer, 0) + len(one.seat_nos)
        return sold


FACTS = SaleFacts(EVENT_ID, 1, 1, "EUR", ("VIP", "Regular"))


class _Facts(SaleFactsShelf):
    async def facts(self, event_id: int) -> SaleFacts | None:
        return FACTS if event_id == EVENT_ID else None


class _Plans(PlanShelf):
    def __init__(self, database: Any, plan: ShelvedPlan) -> None:  # noqa: ANN401
        super().__init__(database)
        self._plan = plan

    async def plan(self, plan_id: int) -> ShelvedPlan | None:
        return self._plan if plan_id == self._plan.plan_id else None


class _Views(BookingViews):
    def __init__(
        self,
        database: Any,  # noqa: ANN401
        facts: SaleFactsShelf,
        plan: ShelvedPlan,
        price_lists: PriceListShelf,
    ) -> None:
        super().__init__(database, facts, _Plans(database, plan), price_lists, Patience())
        self._only = plan

    async def sale(self, event_id: int) -> tuple[SaleFacts, ShelvedPlan] | None:
        return (FACTS, self._only) if event_id == EVENT_ID else None


class _NoMemory(SeatReplica):
    """Refuses nothing from memory: every attempt comes to the gate and to the books."""

    def surely_taken(self, event_id: int, seat_nos: Sequence[int]) -> list[int]:  # noqa: ARG002  the real one looks
        return []

    def clock_stopped(self, event_id: int) -> bool:  # noqa: ARG002
        return False

    def hint(self) -> None:
        """There is nothing to read."""

    def freed(self, event_id: int) -> None:
        """Nor to forget."""


class _Rules(PickRules):
    async def no_orphan_seats(self, event_id: int) -> bool:  # noqa: ARG002  the real one asks
        return False

    async def tickets_per_person_max(self, event_id: int) -> int | None:  # noqa: ARG002
        return TICKETS_MAX
