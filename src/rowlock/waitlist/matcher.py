"""The worker's loop over waiting lists: seats that came back are held for the first party they fit, and offered to it.

What nobody on the list wants is for everybody. While a waiting room is on, the line comes before the list.
"""

import asyncio
import time
from collections.abc import Iterator, Sequence

import asyncpg
import structlog

from rowlock.inventory import (
    PARTY_MAX,
    Chart,
    Choose,
    HoldOutcome,
    HoldWord,
    NothingFits,
    PartyWish,
    Release,
    surely_nothing,
)
from rowlock.kernel import limits
from rowlock.platform.postgres import Database, DatabaseDown
from rowlock.platform.postgres.pool import TRANSIENT_ERRORS, rerun
from rowlock.waiting_room.watch import RoomWatch
from rowlock.waitlist.model import Waiting
from rowlock.waitlist.seats import Seats
from rowlock.waitlist.store import SQL

STEP_SECONDS = 0.5
SALE_STANDS = frozenset((-1,))
"""In the place of seats: nothing of the event can be held now."""
PLENTY_SECONDS = 5.0
"""So often a list is gone through while more seats are free than are looked at one by one."""

log = structlog.get_logger(__name__)


class _Memory:
    """What the worker remembers of a list between steps."""

    def __init__(self) -> None:
        self.wishes = -1
        self.looked_at = 0.0


class Matcher:
    """Offers seats. Several at once do no harm: an offer to a party has one name, under which it is held once."""

    def __init__(self, database: Database, seats: Seats, rooms: RoomWatch, offer_seconds: int) -> None:
        self._database = database
        self._seats = seats
        self._rooms = rooms
        self._offer_seconds = offer_seconds
        self._memories: dict[int, _Memory] = {}

    async def run_forever(self, stopping: asyncio.Event) -> None:
        """Steps until `stopping` is set; a database that is away is asked again at the next one."""
        while not stopping.is_set():
            try:
                await self.step()
            except (DatabaseDown, *TRANSIENT_ERRORS) as error:
                log.warning("waitlists_not_worked_on", error=str(error))
            try:
                await asyncio.wait_for(stopping.wait(), STEP_SECONDS)
            except TimeoutError:
                continue

    async def step(self) -> None:
        """Look after every list once."""
        at_work = await self._database.fetch(SQL["lists_at_work"])
        self._memories = {row["event_id"]: self._memories.get(row["event_id"], _Memory()) for row in at_work}
        for row in at_work:
            await self._look_after(row)

    async def _look_after(self, row: asyncpg.Record) -> None:
        event_id: int = row["event_id"]
        await self._write("settle_offers", event_id)
        if row["over"]:
            await self._write("close_list", event_id)
        free = await self._free(event_id)
        if row["over"] or not row["waiting"] or not self._line_is_through(event_id):
            await self._set_for_all(row, None)
        elif free is None:
            await self._with_plenty(row)
        else:
            await self._with_few(row, free)

    def _line_is_through(self, event_id: int) -> bool:
        """Whether nobody stands in a line for the event who may still be called."""
        room = self._rooms.room(event_id)
        if room is None or self._rooms.phase(room) == "ended":
            return True
        behind = room.joined if room.closed_behind is None else min(room.joined, room.closed_behind)
        lets_in = room.calls or room.mode == "passthrough"
        return self._rooms.phase(room) == "active" and lets_in and room.served >= behind

    async def _with_plenty(self, row: asyncpg.Record) -> None:
        """So many seats are free that nobody takes any from those who wait for many side by side."""
        await self._set_for_all(row, None)
        memory, now = self._memories[row["event_id"]], time.monotonic()
        if now - memory.looked_at >= PLENTY_SECONDS:
            memory.looked_at = now
            await self._offer_all(row["event_id"], None)

    async def _with_few(self, row: asyncpg.Record, free: frozenset[int]) -> None:
        """Offer what is new, or old to new wishes; what is left then is for everybody."""
        memory = self._memories[row["event_id"]]
        if row["for_all"] is not None and memory.wishes == row["wishes"] and free <= frozenset(row["for_all"]):
            await self._set_for_all(row, free)  # what was taken is for the list, should it come back
            return
        offered = await self._offer_all(row["event_id"], free)
        if offered is not None:
            memory.wishes = row["wishes"]
            await self._set_for_all(row, free - offered)

    async def _free(self, event_id: int) -> frozenset[int] | None:
        """The free seats, None for more than are looked at one by one."""
        picture = await self._seats.replica.picture(event_id)
        assert picture is not None
        return picture.free_seats(limits.MAYBE_FREE_SEATS_MAX)

    async def _set_for_all(self, row: asyncpg.Record, seats: frozenset[int] | None) -> None:
        told = None if seats is None else sorted(seats)
        if told != row["for_all"]:
            await self._write("set_for_all", row["event_id"], told)

    async def _write(self, name: str, *told: object) -> None:
        await rerun(lambda: self._database.cold.execute(SQL[name], *told))

    async def _offer_all(self, event_id: int, free: frozenset[int] | None) -> frozenset[int] | None:
        """Go through the list, first come first; the seats that were offered, None while nothing can be held."""
        facts = await self._seats.facts.facts(event_id)
        chart = None if facts is None else await self._seats.charts.chart(facts.plan_id)
        assert chart is not None
        search = _Search(chart, free)
        after = 0
        while parties := await self._waiting(event_id, search.seats_left, after):
            for party in parties:
                for wish in search.worth_trying(party.wishes()):
                    found = await self._offer(event_id, party, wish)
                    if found is SALE_STANDS:
                        return None
                    search.note(wish, found)
                    if found is not None:
                        break
            after = parties[-1].no
        return search.taken

    async def _waiting(self, event_id: int, most: int, after: int) -> list[Waiting]:
        rows = await self._database.fetch(SQL["waiting"], event_id, most, after)
        return [Waiting(**(dict(row) | {"tier_nos": tuple(row["tier_nos"])})) for row in rows]

    async def _offer(self, event_id: int, party: Waiting, wish: PartyWish) -> frozenset[int] | None:
        """Hold seats for the party and make them an offer: which, none if it is not to be had by this party now, None
        when nothing fits the wish, `SALE_STANDS`."""
        booking_id = party.offer_id()
        outcome = await self._seats.engine.choose(Choose(booking_id, event_id, party.subject, wish))
        if isinstance(outcome, NothingFits):
            return None
        assert isinstance(outcome, HoldOutcome)
        if outcome.word in {HoldWord.SALE_PAUSED, HoldWord.NOT_ON_SALE}:
            return SALE_STANDS
        if not outcome.stands:
            return frozenset()
        word: str = await rerun(
            lambda: self._database.cold.fetchval(SQL["offer"], party.id, booking_id, self._offer_seconds)
        )
        if word == "gone":  # the party left meanwhile
            await self._seats.engine.release(event_id, Release(booking_id, party.subject))
            return frozenset()
        log.info("seats_offered", eventId=event_id, entry=str(party.id), seats=len(outcome.seat_nos), outcome=word)
        return frozenset(outcome.seat_nos)


class _Search:
    """One pass through a list: what is left of the free seats (None: more than are counted), and what nothing fits."""

    def __init__(self, chart: Chart, free: frozenset[int] | None) -> None:
        self.taken: frozenset[int] = frozenset()
        self._chart = chart
        self._left = None if free is None else sorted(free)
        self._hopeless: set[PartyWish] = set()

    @property
    def seats_left(self) -> int:
        """More than these no party can get."""
        return PARTY_MAX if self._left is None else len(self._left)

    def worth_trying(self, wishes: Sequence[PartyWish]) -> Iterator[PartyWish]:
        """Those that something may fit, as things stand when each is asked for."""
        for wish in wishes:
            if wish in self._hopeless:
                continue
            if self._left is not None and surely_nothing(self._chart, self._left, wish) is not None:
                self._hopeless.add(wish)
                continue
            yield wish

    def note(self, wish: PartyWish, found: frozenset[int] | None) -> None:
        """What came of a wish: seats, or that nothing fits it. Fewer seats never fit more wishes."""
        if found is None:
            self._hopeless.add(wish)
        elif found and self._left is not None:
            self.taken |= found
            self._left = [seat_no for seat_no in self._left if seat_no not in found]
