"""Exact pictures: what the ledger says of every seat of an event, the holds' ends included, for choosing from.

A picture is only as fresh as the ledger rows it was given. Whoever chooses from it holds the event's lock and brings it
up to the lock's moment first; what is then written is written conditionally all the same.
"""

import asyncio
import heapq
from collections import OrderedDict
from collections.abc import Iterable, Sequence

from rowlock.catalog import SaleFactsShelf
from rowlock.inventory.choice import Chart, FreeSeats
from rowlock.inventory.ledger import STATE_AFTER, Change
from rowlock.inventory.model import SeatState
from rowlock.inventory.store import SQL
from rowlock.platform.postgres import Database
from rowlock.seating.store import PlanShelf

EVENTS_KEPT_MAX = 64
CHARTS_KEPT_MAX = 32
"""Pictures and charts of one process; for 56,000 seats a chart takes 6 MB, a picture 3 MB, 10 MB when all are held."""


class ExactPicture:
    """Every seat of an event at one position of its ledger. A hold whose end has passed is free."""

    def __init__(self, chart: Chart, epoch: int, seq: int, states: Sequence[int]) -> None:
        self.epoch = epoch
        self.seq = seq
        self.seats = FreeSeats(chart, (state == SeatState.AVAILABLE for state in states))
        self._ends: dict[int, int] = {}
        self._due: list[tuple[int, tuple[int, ...]]] = []

    def hold_until(self, seat_nos: tuple[int, ...], end_us: int | None) -> None:
        """These seats are held until a moment (microseconds since 1970), or for as long as a payment binds them."""
        self.seats.take(seat_nos)
        if end_us is None:
            self._forget_ends(seat_nos)
            return
        for seat_no in seat_nos:
            self._ends[seat_no] = end_us
        heapq.heappush(self._due, (end_us, seat_nos))

    def follow(self, seq: int, rows: Iterable[Iterable[Change]]) -> None:
        """Take the steps of the ledger rows up to `seq`."""
        for row in rows:
            for change in row:
                state = STATE_AFTER[change.kind]
                if state is SeatState.HELD:
                    self.hold_until(change.seat_nos, change.expires_us)
                    continue
                self._forget_ends(change.seat_nos)
                if state is SeatState.AVAILABLE:
                    self.seats.give(change.seat_nos)
                else:
                    self.seats.take(change.seat_nos)
        self.seq = seq

    def lapse(self, now_us: int) -> None:
        """Free the seats of holds whose end has passed."""
        while self._due and self._due[0][0] <= now_us:
            end_us, seat_nos = heapq.heappop(self._due)
            lapsed = [seat_no for seat_no in seat_nos if self._ends.get(seat_no) == end_us]
            self._forget_ends(lapsed)
            self.seats.give(lapsed)

    def _forget_ends(self, seat_nos: Iterable[int]) -> None:
        for seat_no in seat_nos:
            self._ends.pop(seat_no, None)


class ChartShelf:
    """The charts of the plans this process chose seats on last."""

    def __init__(self, plans: PlanShelf) -> None:
        self._plans = plans
        self._kept: OrderedDict[int, Chart] = OrderedDict()

    async def chart(self, plan_id: int) -> Chart | None:
        """The plan's chart, None when there is no such plan."""
        chart = self._kept.get(plan_id)
        if chart is None:
            plan = await self._plans.plan(plan_id)
            if plan is None:
                return None
            chart = await asyncio.to_thread(Chart, plan.plan)
            self._kept[plan_id] = chart
            if len(self._kept) > CHARTS_KEPT_MAX:
                self._kept.popitem(last=False)
        self._kept.move_to_end(plan_id)
        return chart


class ExactPictures:
    """The pictures of the events this process chose seats of last."""

    def __init__(self, database: Database, facts: SaleFactsShelf, charts: ChartShelf) -> None:
        self._database = database
        self._facts = facts
        self._charts = charts
        self._pictures: OrderedDict[int, ExactPicture] = OrderedDict()

    async def picture(self, event_id: int) -> ExactPicture | None:
        """The event's picture, of whatever age; None when there is no such event."""
        known = self._pictures.get(event_id)
        if known is None:
            known = await self._load(event_id)
            if known is None:
                return None
            self._pictures[event_id] = known
            if len(self._pictures) > EVENTS_KEPT_MAX:
                self._pictures.popitem(last=False)
        self._pictures.move_to_end(event_id)
        return known

    def forget(self, event_id: int) -> None:
        """Read this event's seats anew next time."""
        self._pictures.pop(event_id, None)

    async def _load(self, event_id: int) -> ExactPicture | None:
        facts = await self._facts.facts(event_id)
        chart = await self._charts.chart(facts.plan_id) if facts is not None else None
        row = await self._database.fetchrow(SQL["exact_picture"], event_id)
        if chart is None or row is None:
            return None
        picture = await asyncio.to_thread(ExactPicture, chart, row["epoch"], row["seq"], row["states"])
        for seat_no, end_us in zip(row["held_nos"] or (), row["held_ends"] or (), strict=True):
            picture.hold_until((seat_no,), end_us)
        return picture
