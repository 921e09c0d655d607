"""Keeping plans: immutable numbered versions, and the ones this process used last ready to hand."""

import asyncio
import gzip
import hashlib
import zlib
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Callable
from itertools import accumulate
from operator import itemgetter

import msgspec

from rowlock.platform.postgres import Connection, Database, load_queries
from rowlock.seating.geometry import plan_as_columns, plan_as_list
from rowlock.seating.model import SeatingPlan
from rowlock.seating.place import SeatPlace

SQL = load_queries("rowlock.seating")

PLANS_KEPT_MAX = 32
"""Plans ready in one process; one of 56,000 seats takes some 30 MB."""


class StoredPlan(msgspec.Struct, frozen=True, rename="camel"):
    """What is told of a plan that was taken in."""

    plan_id: str
    name: str
    version: int
    seat_count: int
    sections: int
    rows: int
    categories: dict[str, int]


def plan_summary(plan: SeatingPlan, plan_id: int, version: int) -> StoredPlan:
    """Names and counts of a plan; `categories` maps a category to its seats."""
    categories = {category.name: 0 for category in plan.categories}
    for placed in plan.placed_seats():
        categories[placed.seat.category] += 1
    rows = sum(len(section.rows) for section in plan.sections)
    return StoredPlan(str(plan_id), plan.name, version, plan.capacity, len(plan.sections), rows, categories)


async def save_plan(
    connection: Connection, plan: SeatingPlan, venue_id: int | None, organiser_id: int
) -> tuple[StoredPlan, bool]:
    """Store a checked plan of an organiser as the next version of its name at its venue; and whether it is new.

    The very same plan is stored once.
    """
    document = msgspec.json.encode(plan)
    digest = hashlib.sha256(document).digest()
    known = await connection.fetchrow(SQL["plan_of_hash"], digest, venue_id, plan.name, organiser_id)
    if known is not None:
        return plan_summary(plan, known["id"], known["version"]), False
    names = [category.name for category in plan.categories]
    packed = await asyncio.to_thread(zlib.compress, document, 6)
    made = await connection.fetchrow(
        SQL["insert_plan"], venue_id, plan.name, plan.capacity, names, packed, digest, organiser_id
    )
    assert made is not None
    return plan_summary(plan, made["id"], made["version"]), True


class ShelvedPlan:
    """A plan with what selling from it needs: seat numbers by id, and the geometry's bytes."""

    def __init__(self, plan_id: int, organiser_id: int, version: int, plan: SeatingPlan) -> None:
        self.plan_id = plan_id
        self.organiser_id = organiser_id
        self.version = version
        self.plan = plan
        self.seat_ids = plan.seat_ids()
        self.seat_nos = {seat_id: seat_no for seat_no, seat_id in enumerate(self.seat_ids)}
        rows = [(section.name, row) for section in plan.sections for row in section.rows]
        self._rows = list(zip(accumulate((len(row.seats) for _, row in rows), initial=0), rows, strict=False))
        self._geometry: dict[tuple[bool, bool], bytes] = {}

    def place(self, seat_no: int) -> SeatPlace:
        """Where a seat is, as people say it."""
        first, (section, row) = self._rows[bisect_right(self._rows, seat_no, key=itemgetter(0)) - 1]
        return SeatPlace(section, row.label, row.seats[seat_no - first].number)

    def geometry(self, *, columns: bool, gzipped: bool) -> bytes:
        """The plan answer in list or column form, plain or gzip, made once each."""
        key = (columns, gzipped)
        if key not in self._geometry:
            if gzipped:
                self._geometry[key] = gzip.compress(self.geometry(columns=columns, gzipped=False), 6, mtime=0)
            else:
                make: Callable[[SeatingPlan, str, int], bytes] = plan_as_columns if columns else plan_as_list
                self._geometry[key] = make(self.plan, str(self.plan_id), self.version)
        return self._geometry[key]


class PlanShelf:
    """The plans this process used last."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._kept: OrderedDict[int, ShelvedPlan] = OrderedDict()
        self._loading: dict[int, asyncio.Task[ShelvedPlan | None]] = {}

    async def plan(self, plan_id: int) -> ShelvedPlan | None:
        """The plan of that id, None when there is none. Callers who come while it loads wait for the same load."""
        kept = self._kept.get(plan_id)
        if kept is not None:
            self._kept.move_to_end(plan_id)
            return kept
        task = self._loading.get(plan_id)
        if task is None:
            task = asyncio.create_task(self._load(plan_id))
            self._loading[plan_id] = task
            task.add_done_callback(lambda _task: self._loading.pop(plan_id, None))
        return await asyncio.shield(task)

    async def _load(self, plan_id: int) -> ShelvedPlan | None:
        row = await self._database.fetchrow(SQL["find_plan"], plan_id)
        if row is None:
            return None
        shelved = await asyncio.to_thread(
            _unpack, row["id"], row["organiser_id"], row["version"], bytes(row["document"])
        )
        self._kept[plan_id] = shelved
        if len(self._kept) > PLANS_KEPT_MAX:
            self._kept.popitem(last=False)
        return shelved


def _unpack(plan_id: int, organiser_id: int, version: int, document: bytes) -> ShelvedPlan:
    plan = msgspec.json.decode(zlib.decompress(document), type=SeatingPlan)
    return ShelvedPlan(plan_id, organiser_id, version, plan)
