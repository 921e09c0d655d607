"""Tells people that their holds end soon, and that they ended. PostgreSQL's clock decides when; ours only wakes us.

A person is looked at when one of theirs connects, when a hint says that their holds changed, and when a hold known from
the last look is due. Every look asks for the truth of all who are due, in one query.
"""

import asyncio
import heapq
import math
import time
import uuid
from collections.abc import Iterable
from enum import Enum
from typing import NamedTuple, Protocol

import asyncpg
import structlog

from rowlock.live.frames import WireMessage, wire
from rowlock.live.model import HoldClock, HoldExpired, HoldExpiring
from rowlock.platform.postgres import Database, DatabaseDown, load_queries

SQL = load_queries("rowlock.live")

WARNING_SECONDS = 30.0
PENDING_SECONDS = 2.0
"""A hold bound to a payment, or of a paused sale, does not end by time; it is looked at again so soon, for that may
pass."""
LOOK_SECONDS_MIN = 0.02
LOOK_SECONDS_AFTER_FAULT = 1.0
PEOPLE_PER_LOOK_MAX = 1_000

log = structlog.get_logger(__name__)


class Holder(Protocol):
    """A connection of somebody who may have holds."""

    person: str | None

    def tell(self, message: WireMessage) -> None:
        """Write a message to this one alone."""


class Told(Enum):
    """What a holder has heard about one hold."""

    NOTHING = 0
    EXPIRING = 1
    EXPIRED = 2


class HoldFact(NamedTuple):
    """A hold as PostgreSQL has it."""

    booking_id: uuid.UUID
    status: str
    seconds: float
    stopped: bool
    """The sale's clock stands, and so does the hold's."""
    late: bool = False
    """An outage is not added to it yet."""


class PersonalHolds:
    """One person's connections and what they have heard."""

    __slots__ = ("connections", "newcomers", "stopped", "told")

    def __init__(self) -> None:
        self.connections: set[Holder] = set()
        self.newcomers: set[Holder] = set()
        self.told: dict[uuid.UUID, Told] = {}
        self.stopped: set[uuid.UUID] = set()

    def take(self, facts: Iterable[HoldFact]) -> float | None:
        """Tell what has to be told; seconds until this person is to be looked at again, None when nothing is due."""
        told, due = {}, None
        for fact in facts:
            self._take_clock(fact)
            heard, again = self._take_one(fact)
            if fact.status != "EXPIRED":  # such a one is over, and has been told
                told[fact.booking_id] = heard
            if again is not None:
                due = again if due is None else min(due, again)
        self.told = told
        self.stopped &= told.keys()
        self.newcomers.clear()
        return due

    def _take_one(self, fact: HoldFact) -> tuple[Told, float | None]:
        before = self.told.get(fact.booking_id)
        if fact.stopped or fact.late or fact.status == "PAYMENT_PENDING":
            return before or Told.NOTHING, PENDING_SECONDS
        if fact.seconds > WARNING_SECONDS:
            return Told.NOTHING, fact.seconds - WARNING_SECONDS
        if fact.seconds > 0:
            message = wire(HoldExpiring(str(fact.booking_id), math.ceil(fact.seconds)))
            self._tell(self.newcomers if before is Told.EXPIRING else self.connections, message)
            return Told.EXPIRING, fact.seconds
        if before in (Told.NOTHING, Told.EXPIRING):
            self._tell(self.connections, wire(HoldExpired(str(fact.booking_id))))
        return Told.EXPIRED, None

    def _take_clock(self, fact: HoldFact) -> None:
        """Say that a hold's time stands still, or goes on: to all when it begins, else to those who just came."""
        stood = fact.booking_id in self.stopped
        if fact.status != "HOLD" or not (stood or fact.stopped):
            return
        (self.stopped.add if fact.stopped else self.stopped.discard)(fact.booking_id)
        message = wire(HoldClock(str(fact.booking_id), max(0, math.floor(fact.seconds)), fact.stopped))
        self._tell(self.newcomers if stood and fact.stopped else self.connections, message)

    def _tell(self, connections: Iterable[Holder], message: WireMessage) -> None:
        for connection in connections:
            connection.tell(message)


class HoldAlarms:
    """One heap of moments for all people who are connected."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._people: dict[str, PersonalHolds] = {}
        self._moments: list[tuple[float, str]] = []
        self._now: set[str] = set()
        self._wake = asyncio.Event()

    def connect(self, connection: Holder) -> None:
        """Somebody with a ticket watches; connections without a person are none of ours."""
        if connection.person is not None:
            person = self._people.setdefault(connection.person, PersonalHolds())
            person.connections.add(connection)
            person.newcomers.add(connection)
            self.hint([connection.person])

    def disconnect(self, connection: Holder) -> None:
        """He is gone."""
        person = self._people.get(connection.person or "")
        if person is not None:
            person.connections.discard(connection)
            person.newcomers.discard(connection)
            if not person.connections:
                del self._people[connection.person or ""]

    def hint(self, people: Iterable[str]) -> None:
        """The holds of these people may have changed."""
        concerned = self._people.keys() & people
        if concerned:
            self._now |= concerned
            self._wake.set()

    async def watch_forever(self) -> None:
        """Look and tell until cancelled."""
        while True:
            await self._until_due()
            due = self._take_due()
            try:
                await self._look(due)
                await asyncio.sleep(LOOK_SECONDS_MIN)
            except DatabaseDown as error:
                log.warning("holds_not_read", error=str(error))
                self._now.update(due)
                await asyncio.sleep(LOOK_SECONDS_AFTER_FAULT)

    async def _until_due(self) -> None:
        while not self._now and (not self._moments or self._moments[0][0] > time.monotonic()):
            pause = self._moments[0][0] - time.monotonic() if self._moments else None
            try:
                async with asyncio.timeout(pause):
                    await self._wake.wait()
            except TimeoutError:
                pass
            self._wake.clear()

    def _take_due(self) -> list[str]:
        now = time.monotonic()
        while self._moments and self._moments[0][0] <= now:
            self._now.add(heapq.heappop(self._moments)[1])
        due = [person for person in self._now if person in self._people][:PEOPLE_PER_LOOK_MAX]
        self._now &= self._people.keys()
        self._now.difference_update(due)
        return due

    async def _look(self, due: list[str]) -> None:
        known = [booking_id for person in due for booking_id in self._people[person].told]
        if not due:
            return
        facts: dict[str, list[HoldFact]] = {person: [] for person in due}
        for row in await self._database.fetch(SQL["holds_of"], due, known):
            facts[row["buyer"]].append(_fact(row))
        now = time.monotonic()
        for name, holds in facts.items():
            person = self._people.get(name)
            again = person.take(holds) if person is not None else None
            if again is not None:
                heapq.heappush(self._moments, (now + again, name))


def _fact(row: asyncpg.Record) -> HoldFact:
    return HoldFact(row["id"], row["status"], row["seconds"], row["stopped"], row["late"])
