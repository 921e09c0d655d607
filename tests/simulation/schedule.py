"""One schedule: processes of the real Python on simulated books, buyers who try again, crashes, and a judgement."""

import asyncio
import random
import uuid
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from contextvars import ContextVar
from functools import partial
from typing import Any, TypeVar

from structlog.testing import capture_logs
from tests.history.calls import Call
from tests.history.checker import faults
from tests.history.register import Terms
from tests.house import small_plan
from tests.simulation.bank import Bank
from tests.simulation.books import Books
from tests.simulation.buyer import Buyer
from tests.simulation.database import Line, database_on
from tests.simulation.organiser import SeatKeeper
from tests.simulation.rows import EVENT_ID, OPENING
from tests.simulation.virtual_time import pass_time, run

from rowlock.bookings import BookingDesk, BookingViews, Patience
from rowlock.catalog import SaleFacts, SaleFactsShelf
from rowlock.inventory import ChoiceOutcome, Choose, NothingFits, PartyWish
from rowlock.inventory.chooser import SeatChooser
from rowlock.inventory.engine import SeatEngine
from rowlock.inventory.exact import ChartShelf, ExactPictures
from rowlock.inventory.replica import SeatReplica
from rowlock.inventory.rules import PickRules
from rowlock.inventory.strategies import choose_strategy
from rowlock.inventory.sweeper import sweep
from rowlock.kernel.problems import Problem
from rowlock.payments import Cashier, Providers
from rowlock.payments.provider import OutcomeUnknown
from rowlock.payments.reconciler import reconcile
from rowlock.payments.refund_runner import pay_refunds
from rowlock.platform.postgres import Database, DatabaseDown
from rowlock.pricing import PriceListShelf
from rowlock.seating.store import PlanShelf, ShelvedPlan
from rowlock.settings import HoldStrategyName

Answer = TypeVar("Answer")

HOLD_SECONDS = (2, 6)
"""Short enough to end while their buyers think, or long enough to be paid for."""
SEAT_COUNT = 6
PROCESSES = 2
BUYERS = 4
ACTS_PER_BUYER = 6
CRASHES_MAX = 3
ORPHAN_RULE_SHARE = 0.3
SALE_SECONDS = 20.0
LATE_NEWS_SECONDS = 1.0
BANK_AWAY_SHARE = 0.4
BANK_AWAY_SECONDS = (2.0, 12.0)
UNKNOWN_SECONDS_MAX = 2.2
QUIET_ROUNDS = 10
ROUND_SECONDS = 2.5
PLAN = ShelvedPlan(1, 1, 1, small_plan(rows=1, seats_per_row=SEAT_COUNT))
FACTS = SaleFacts(EVENT_ID, 1, 1, "EUR", ("VIP",))

_process: ContextVar["Process | None"] = ContextVar("process", default=None)


class Views(BookingViews):
    """The real views of a plan that is not in the database."""

    async def sale(self, event_id: int) -> tuple[SaleFacts, ShelvedPlan] | None:
        return (FACTS, PLAN) if event_id == EVENT_ID else None


class Facts(SaleFactsShelf):
    """The facts of the one event."""

    async def facts(self, event_id: int) -> SaleFacts | None:
        return FACTS if event_id == EVENT_ID else None


class Plans(PlanShelf):
    """The one plan."""

    async def plan(self, plan_id: int) -> ShelvedPlan | None:
        return PLAN if plan_id == PLAN.plan_id else None


class Rules(PickRules):
    """The event's rule about orphans, without a question to the database about it."""

    def __init__(self, database: Database, *, no_orphan_seats: bool) -> None:
        super().__init__(database)
        self._bound = no_orphan_seats

    async def no_orphan_seats(self, event_id: int) -> bool:  # noqa: ARG002  the real one asks
        return self._bound


class WatchedChooser(SeatChooser):
    """The real chooser; nobody may be told that there are too few seats while there are enough."""

    def __init__(self, database: Database, pictures: ExactPictures, schedule: "Schedule") -> None:
        super().__init__(database, pictures, seats_max=10, holds_max=0)
        self._schedule = schedule

    async def choose(self, commands: Sequence[Choose]) -> list[ChoiceOutcome]:
        outcomes = await super().choose(commands)
        for command, refused in zip(commands, outcomes, strict=True):
            if isinstance(refused, NothingFits) and isinstance(command.wish, PartyWish) and refused.ahead == 0:
                free = self._schedule.books.free_for[command.booking_id]
                if free >= command.wish.size and not command.wish.together:
                    self._schedule.surprises.append(f"{command} was refused while {free} seats were free")
        return outcomes


class Process:
    """The real slices as one process wires them; `crash` ends all that runs in it, wherever it is."""

    def __init__(self, line: Line, bank: Bank, schedule: "Schedule", strategy: HoldStrategyName) -> None:
        self.database: Database = database_on(line)
        facts, plans = Facts(self.database), Plans(self.database)
        charts = ChartShelf(plans)
        chooser = WatchedChooser(self.database, ExactPictures(self.database, facts, charts), schedule)
        self.engine = SeatEngine(self.database, choose_strategy(strategy, self.database, None, 0), chooser)
        views = Views(self.database, facts, plans, PriceListShelf(self.database), Patience(UNKNOWN_SECONDS_MAX))
        self.desk = BookingDesk(
            self.engine,
            views,
            charts,
            Rules(self.database, no_orphan_seats=schedule.books.no_orphan_seats),
            SeatReplica(self.database),
            seats_per_booking_max=10,
            holds_per_user_max=0,
        )
        self.providers = Providers(bank)
        self.cashier = Cashier(self.database, self.engine, self.desk, views, self.providers)
        self.tasks: set[asyncio.Task[Any]] = set()

    def spawn(self, work: Callable[["Process"], Awaitable[Answer]]) -> "asyncio.Task[Answer]":
        """Begin something in this process."""

        async def working() -> Answer:
            return await work(self)

        before = _process.set(self)
        try:
            return asyncio.get_running_loop().create_task(working())
        finally:
            _process.reset(before)

    def crash(self) -> None:
        """kill -9."""
        for task in list(self.tasks):
            task.cancel()


class Schedule:
    """Everything that happens is drawn from the seed."""

    def __init__(self, seed: int) -> None:
        self._dice = random.Random(seed)
        self._bank = Bank(self._dice)
        self._lines: list[Line] = []
        self._processes: list[Process] = []
        self.calls: list[Call] = []
        self.surprises: list[str] = []

    async def happen(self) -> list[str]:
        """Run it; what is wrong afterwards."""
        loop = asyncio.get_running_loop()
        loop.set_task_factory(_note_process)
        hold_seconds = self._dice.choice(HOLD_SECONDS)
        self.books = Books(loop.time, SEAT_COUNT, hold_seconds)
        self.books.no_orphan_seats = self._dice.random() < ORPHAN_RULE_SHARE
        self._processes = [self._new_process() for _ in range(PROCESSES)]
        buyers = [Buyer(f"buyer:{number}", self, self._dice, SEAT_COUNT) for number in range(BUYERS)]
        keeper = SeatKeeper(self, self._dice, PLAN.seat_ids)
        works = (self._crashes(), self._late_news(), self._worker(), self._bank_away(), keeper.work())
        disturbers = [asyncio.ensure_future(work) for work in works]
        await asyncio.gather(*(buyer.shop(ACTS_PER_BUYER) for buyer in buyers))
        for disturber in disturbers:
            disturber.cancel()
        await asyncio.gather(*disturbers, return_exceptions=True)
        await self._calm_down()
        for buyer in buyers:
            await buyer.look_at_everything()
        return self._judge(hold_seconds)

    def process(self) -> Process:
        """The process that the next request meets."""
        return self._dice.choice(self._processes)

    def now(self) -> float:
        """Seconds since 1970 on the one clock of this world."""
        return OPENING.timestamp() + asyncio.get_running_loop().time()

    def _new_process(self) -> Process:
        self._lines.append(Line(self.books, self._dice))
        strategy: HoldStrategyName = self._dice.choice(["row-lock", "optimistic"])
        return Process(self._lines[-1], self._bank, self, strategy)

    async def _crashes(self) -> None:
        for _ in range(self._dice.randint(0, CRASHES_MAX)):
            await pass_time(self._dice.uniform(0, SALE_SECONDS / CRASHES_MAX))
            place = self._dice.randrange(PROCESSES)
            self._processes[place].crash()
            self._processes[place] = self._new_process()

    async def _late_news(self) -> None:
        """The bank, or a page left open, tells of payments again and again."""
        while True:
            await pass_time(self._dice.expovariate(1 / LATE_NEWS_SECONDS))
            if self.books.payments:
                payment_id = self._dice.choice(list(self.books.payments))
                self.process().spawn(partial(_learn, payment_id))

    async def _bank_away(self) -> None:
        """In some sales nothing is heard of the bank for a while, longer than seats may be bound or not so long."""
        if self._dice.random() < BANK_AWAY_SHARE:
            await pass_time(self._dice.uniform(0, SALE_SECONDS / 10))
            self._bank.away = True
            await pass_time(self._dice.uniform(*BANK_AWAY_SECONDS))
            self._bank.away = False

    async def _worker(self) -> None:
        while True:
            await pass_time(ROUND_SECONDS)
            await asyncio.wait({self.process().spawn(_work)})

    async def _calm_down(self) -> None:
        """Nothing breaks any more; the worker comes round until every payment has its end."""
        self._bank.healthy, self._bank.away = True, False
        self._processes = [self._new_process() for _ in range(PROCESSES)]
        for line in self._lines:
            line.healthy = True
        for _ in range(QUIET_ROUNDS):
            await pass_time(ROUND_SECONDS)
            await self._processes[0].spawn(_work)

    def _judge(self, hold_seconds: float) -> list[str]:
        return [
            *self.surprises,
            *self._unsettled(),
            *faults(self.calls, Terms(hold_seconds, unknown_seconds=UNKNOWN_SECONDS_MAX)),
        ]

    def _unsettled(self) -> list[str]:
        """Bookings and charges that do not pay for each other."""
        found = []
        for booking in self.books.bookings.values():
            payment = self.books.payments.get(booking.payment_id) if booking.payment_id is not None else None
            if booking.status == "PAYMENT_PENDING":
                found.append(f"{booking.id} still waits for a payment: {payment}")
            if booking.status == "CONFIRMED" and (payment is None or payment.phase != "captured"):
                found.append(f"{booking.id} is confirmed, its payment is {payment}")
            charged = self._bank.amounts.get(str(booking.payment_id))
            if booking.status == "CONFIRMED" and charged != booking.total:
                found.append(f"{booking.id} costs {booking.total}, the bank took {charged}")
        paid = {str(booking.payment_id) for booking in self.books.bookings.values() if booking.status == "CONFIRMED"}
        taken = {key for key, state in self._bank.charges.items() if state == "captured"}
        back = Counter[str]()
        for charge, amount in self._bank.refunds.values():
            back[charge] += amount
        found.extend(f"{key} was paid back and its seats kept" for key in sorted(paid & back.keys()))
        found.extend(f"charge {key} was taken for nothing" for key in sorted(taken - paid - back.keys()))
        found.extend(f"{key} was sold for nothing" for key in sorted(paid - taken))
        found.extend(
            f"of charge {key} {back[key]} went back, not {self._bank.amounts[key]}"
            for key in sorted(back) if key not in taken or back[key] != self._bank.amounts[key]
        )  # fmt: skip
        promised = {key for key, state in self._bank.charges.items() if state == "authorised"}
        found.extend(f"charge {key} is neither taken nor let go of" for key in sorted(promised))
        return found


def play(seed: int, *, tell: bool = False) -> list[str]:
    """What is wrong with the schedule of this seed: nothing, in a sound system. With `tell`, every call first."""
    state = random.getstate()
    random.seed(seed)  # the pauses of `rerun`
    schedule = Schedule(seed)
    try:
        with capture_logs():
            wrong = run(schedule.happen())
    finally:
        random.setstate(state)
    return [*map(str, schedule.calls), *wrong] if tell else wrong


async def _work(process: Process) -> None:
    """One round of the worker's loops."""
    await _quietly(reconcile(process.database, process.cashier))
    await _quietly(pay_refunds(process.database, process.providers))
    await _quietly(sweep(process.database))


async def _learn(payment_id: uuid.UUID, process: Process) -> None:
    await _quietly(process.cashier.learn(payment_id))


async def _quietly(work: Awaitable[object]) -> None:
    """What a loop of the worker, or the page that asked, lives through: the next round tries again."""
    try:
        await work
    except (DatabaseDown, OutcomeUnknown, Problem):
        return


def _note_process(
    loop: asyncio.AbstractEventLoop,
    work: Any,  # noqa: ANN401
    **options: Any,  # noqa: ANN401
) -> "asyncio.Task[Any]":
    """Tasks belong to the process in which they were begun."""
    task = asyncio.Task(work, loop=loop, **options)
    process = _process.get()
    if process is not None:
        process.tasks.add(task)
        task.add_done_callback(process.tasks.discard)
    return task
