"""The worker's loop: calls people, keeps the register, gives numbers, ends sessions. Several workers do no harm.

Each step locks the room, reads the database's clock and says how far the line is to be served by now; whoever comes
second finds it done.
"""

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime

import msgspec
import structlog

from rowlock.inventory import SeatState, watch_clock
from rowlock.kernel.clock import epoch_us, moment_of_us
from rowlock.platform.postgres import Connection, Database, DatabaseDown
from rowlock.platform.postgres.pool import TRANSIENT_ERRORS
from rowlock.waiting_room.line import REGISTERED_AT_ONCE, Line, LineAway, LineState
from rowlock.waiting_room.model import Room
from rowlock.waiting_room.numbering import NUMBERS_AHEAD, give_numbers, note
from rowlock.waiting_room.outlook import LATELY_SECONDS, Lookout, ShoppingCounts, Sight, Verdict
from rowlock.waiting_room.record_book import enter, note_count
from rowlock.waiting_room.sales import SaleSights
from rowlock.waiting_room.serving import Bounds, Serving, people_below, serve
from rowlock.waiting_room.signing import PERSON_BYTES
from rowlock.waiting_room.store import SQL, room_of_row
from rowlock.waiting_room.vitals import Vitals, VitalsReader

STEP_SECONDS = 0.2
FIGURES_SECONDS = 1.0
"""How often sessions are counted, and those ended whose time is over."""
NOTE_SECONDS = 1.0
"""People are registered after a second, or once there are as many as are written at once."""
RECORD_SECONDS = 10.0
"""How often the public record says how many have joined and were called."""
MENDING_SECONDS = 0.15
"""So much of a step goes to lines that were lost; nobody waits longer to be called because another line is long."""
REGISTER_CHUNKS_AT_ONCE = 4

log = structlog.get_logger(__name__)

Draw = Callable[[Connection, Room, int], Awaitable[None]]
"""Draws the ranks of everybody whose number is below, in the transaction that has the room locked."""


class _Memory:
    """What the keeper remembers of one line between steps."""

    def __init__(self) -> None:
        self.noted_at = self.counted_at = -NOTE_SECONDS
        self.recorded_at = -RECORD_SECONDS
        self.counts = ShoppingCounts()
        self.lookout = Lookout()
        self.calm_since = time.monotonic()
        self.called: deque[tuple[datetime, int]] = deque()  # when, and how many people had been called
        self.mending = -1  # the number where the line began again that is being put back, and from where on it is to be
        self.put_back_to = 0

    def called_at(self, now: datetime, room: Room) -> None:
        """Remember how many were called by now, for as long as somebody called may take to come."""
        self.called.append((now, people_below(room.served, room.holes)))
        while (now - self.called[0][0]).total_seconds() > room.turn_seconds:
            self.called.popleft()

    def calm_for(self, room: Room) -> float:
        """For how many seconds a room that load has opened has had nobody waiting."""
        if room.switched_by != "load" or room.served < room.joined:
            self.calm_since = time.monotonic()
        return time.monotonic() - self.calm_since

    def coming(self, called: int) -> int:
        """How many were called in the last `turn_seconds` and have not come."""
        before = self.called[0][1] if self.called else called
        return max(0, called - before - self.counts.came_lately)


class LineKeeper:
    """Keeps all lines going. A room that load has opened is closed when nobody has waited for `calm_seconds`."""

    def __init__(
        self,
        database: Database,
        line: Line,
        sales: SaleSights,
        vitals: VitalsReader,
        draw: Draw | None = None,
        *,
        calm_seconds: float = 60.0,
    ) -> None:
        self._database = database
        self._line = line
        self._sales = sales
        self._vitals = vitals
        self._draw = draw
        self._calm_seconds = calm_seconds
        self._looked_at, self._told = -FIGURES_SECONDS, Vitals(0)
        self._mends_until = 0.0
        self._memories: dict[str, _Memory] = {}  # by the line's name

    async def run_forever(self, stopping: asyncio.Event) -> None:
        """Steps until `stopping` is set; a database that is away is asked again at the next one."""
        while not stopping.is_set():
            begun = time.monotonic()
            try:
                await self.step()
            except (DatabaseDown, *TRANSIENT_ERRORS) as error:
                log.warning("lines_not_kept", error=str(error))
            try:
                await asyncio.wait_for(stopping.wait(), max(0.0, begun + STEP_SECONDS - time.monotonic()))
            except TimeoutError:
                continue

    async def step(self) -> None:
        """One step of every line."""
        if time.monotonic() - self._looked_at >= FIGURES_SECONDS:
            self._looked_at, self._told = time.monotonic(), await self._vitals.look()
        self._mends_until = time.monotonic() + MENDING_SECONDS
        rows = [row for row in await self._database.fetch(SQL["rooms"], []) if row["event_id"] is not None]
        await self._drop(row["line"] for row in rows)
        for row in rows:
            room = room_of_row(row)
            memory = self._memories.setdefault(room.line, _Memory())
            if row["ended_at"] is None:
                closing = room.ordering == "draw" and room.drawn is None and row["now"] >= room.opens_at
                known = await self._keep_register(room, memory, all_of_them=closing)
                joined = room.joined if known is None else known
                await self._look_out(room, memory, joined)  # first: nobody is called to what is sold already
                await self._move(room, memory, joined)

    async def _keep_register(self, room: Room, memory: _Memory, *, all_of_them: bool) -> int | None:
        """Write down who joined; answers the line's next number, None while Valkey does not answer."""
        try:
            state = await self._line.look(room.line)
            if state is None or not state.whole:
                return await self._mend_line(room, memory, state)
            if state.ceiling - state.next_no < NUMBERS_AHEAD // 2:
                await give_numbers(self._database, self._line, room.event_id)
            next_no = state.next_no
            while self._is_due(state, memory, all_of_them=all_of_them):
                await self._note(room, state)
                memory.noted_at = time.monotonic()
                state = await self._line.look(room.line)
                if state is None or state.registered >= next_no:
                    break
        except LineAway:
            return None
        return next_no

    def _is_due(self, state: LineState, memory: _Memory, *, all_of_them: bool) -> bool:
        waited = time.monotonic() - memory.noted_at
        return bool(state.people) and (
            all_of_them or waited >= NOTE_SECONDS or len(state.people) >= REGISTERED_AT_ONCE * PERSON_BYTES
        )

    async def _note(self, room: Room, state: LineState) -> None:
        async with self._database.cold.acquire() as connection, connection.transaction():
            row = await connection.fetchrow(SQL["lock_room"], room.event_id)
            if row is None or row["round"] != room.round:
                return
            await note(connection, room_of_row(row), state)
        await self._line.registered(room.line, state.registered, state.people)

    async def _mend_line(self, room: Room, memory: _Memory, state: LineState | None) -> int | None:
        """Valkey has no such line, or has begun it anew: who is in the register gets their places back, as many as this
        step has time for. Answers the next number of a line that is whole again."""
        if state is None:
            await give_numbers(self._database, self._line, room.event_id)
            state = await self._line.look(room.line)
            if state is None:
                return None
        if memory.mending != state.registered:
            await self._note(room, state._replace(people=b""))
            memory.mending, memory.put_back_to = state.registered, 0
        while chunks := await self._database.fetch(
            SQL["register_part"], room.event_id, room.round, memory.put_back_to, REGISTER_CHUNKS_AT_ONCE
        ):
            for chunk in chunks:
                await self._line.put_back(room.line, chunk["first_no"], chunk["people"])
                memory.put_back_to = chunk["first_no"] + 1
                if time.monotonic() >= self._mends_until:
                    return None
        if not await self._line.is_whole(room.line, state.registered):
            return None
        log.info("line_mended", eventId=room.event_id, round=room.round, first=state.registered)
        return state.next_no

    async def _drop(self, kept: Iterable[str]) -> None:
        """Forget lines that were kept and are not any more: their room was switched off or has a new round."""
        for line in self._memories.keys() - set(kept):
            with contextlib.suppress(LineAway):
                await self._line.drop(line)
                del self._memories[line]

    async def _move(self, room: Room, memory: _Memory, joined: int) -> None:
        """Draw when it is time, else call whoever is to be called by now."""
        async with self._database.cold.acquire() as connection, connection.transaction():
            row = await connection.fetchrow(SQL["try_lock_room"], room.event_id)
            if row is None or row["round"] != room.round or row["ended_at"] is not None:
                return
            locked, now = room_of_row(row), row["now"]
            if now < locked.opens_at or not locked.on:
                await _step(connection, locked, _serving(locked), joined)
            elif locked.ordering == "draw" and locked.drawn is None:
                if self._draw is not None:
                    await self._draw(connection, locked, joined)
            else:
                memory.called_at(now, locked)
                served = self._served(locked, memory, now, joined)
                await _step(connection, locked, served, joined)
            if locked.on and time.monotonic() - memory.recorded_at >= RECORD_SECONDS:
                memory.recorded_at = time.monotonic()
                await note_count(connection, locked)

    def _served(self, room: Room, memory: _Memory, now: datetime, joined: int) -> Serving:
        serving = _serving(room)
        if room.mode == "passthrough":
            return Serving(max(joined, room.served), max(joined, room.served), epoch_us(now))
        if not room.calls:
            return Serving(room.served, room.served, epoch_us(now))
        end = joined if room.closed_behind is None else min(joined, room.closed_behind)
        bounds = Bounds(room.admit_per_minute, max(end, room.served), _space(room, memory))
        return serve(serving, epoch_us(now), bounds, room.holes)

    async def _look_out(self, room: Room, memory: _Memory, joined: int) -> None:
        """Once a second: end what is over, count who shops, and say where the line is going."""
        if time.monotonic() - memory.counted_at < FIGURES_SECONDS:
            return
        memory.counted_at = time.monotonic()
        if room.paused_at is None:
            await self._database.cold.execute(SQL["end_by_time"], room.event_id)
        await self._database.cold.execute(SQL["end_of_buyers"], room.event_id, room.round)
        rows = await self._database.fetch(
            SQL["shopping_now"], room.event_id, room.round, room.turn_seconds, LATELY_SECONDS
        )
        memory.counts = ShoppingCounts(*rows[0])
        seats, tiers = await self._sales.seats(room.event_id)
        async with self._database.cold.acquire() as connection, connection.transaction():
            row = await connection.fetchrow(SQL["try_lock_room"], room.event_id)
            if row is None or row["round"] != room.round or row["ended_at"] is not None:
                return
            locked = room_of_row(row)
            called = people_below(locked.served, locked.holes)
            sight = Sight(
                row["now"],
                locked.served,
                called,
                memory.coming(called),
                memory.counts,
                self._told,
                seats,
                tiers,
            )
            verdict = memory.lookout.look(locked, sight)
            await _conclude(connection, locked, verdict, joined)
            if sold_out(sight):
                await note_count(connection, locked, "ended")
                await connection.execute(SQL["end_room"], room.event_id)
            elif memory.calm_for(locked) >= self._calm_seconds:
                await connection.execute(SQL["close_by_load"], room.event_id)
                await watch_clock(connection, room.event_id, watch=False)
                await enter(connection, locked, "mode", {"mode": "off", "by": "load"})


def _serving(room: Room) -> Serving:
    return Serving(room.served, room.pace_base, epoch_us(max(room.pace_at, room.opens_at)))


def _space(room: Room, memory: _Memory) -> int | None:
    """How many more may be called so that no more than `shoppers_max` shop, if all come who were called just now.

    Who was called and did not come within `turn_seconds` is not waited for: others get the room.
    """
    if not room.shoppers_max:
        return None
    return room.shoppers_max - memory.counts.shopping - memory.coming(people_below(room.served, room.holes))


def sold_out(sight: Sight) -> bool:
    """Whether nothing is left that anybody could wait for: no seat free, none held."""
    waiting_for = sum(
        count for (_, state), count in sight.seats.items() if state in {SeatState.AVAILABLE, SeatState.HELD}
    )
    return bool(sight.seats) and not waiting_for


async def _conclude(connection: Connection, room: Room, verdict: Verdict, joined: int) -> None:
    """Write what was made of the sale, and go on at the new pace. The room is locked."""
    text = msgspec.json.encode(verdict.outlook).decode()
    behind = verdict.closed_behind if verdict.closed_behind <= joined else None
    pace = verdict.per_minute if room.follows_load else room.admit_per_minute
    await connection.execute(SQL["note_outlook"], room.event_id, text, behind, pace)


async def _step(connection: Connection, room: Room, serving: Serving, joined: int) -> None:
    at = moment_of_us(serving.at_us)
    await connection.execute(SQL["step_room"], room.event_id, serving.served, serving.base, at, joined)
