"""What staff do with a room; each change stands in the audit log."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple

import asyncpg
import msgspec
import structlog

from rowlock.audit import Deed, record
from rowlock.catalog.views import SQL as CATALOG
from rowlock.identity import Person
from rowlock.inventory import start_clock, stop_clock, watch_clock
from rowlock.kernel.ids import parse_number_id
from rowlock.kernel.problems import Problem
from rowlock.platform.postgres import Connection, Database
from rowlock.waiting_room.draw_desk import DrawDesk
from rowlock.waiting_room.line import Line, LineAway
from rowlock.waiting_room.model import ControlBody, Ordering, Room, RoomFigures
from rowlock.waiting_room.numbering import give_numbers
from rowlock.waiting_room.record_book import enter
from rowlock.waiting_room.serving import people_below
from rowlock.waiting_room.store import SQL, room_of_row
from rowlock.waiting_room.watch import RoomWatch

ADMIT_PER_MINUTE = 600
ADMIT_MIN = 10
ADMIT_MAX = 50_000
SHOPPING_SECONDS = 600
TURN_SECONDS = 180
"""How long somebody who is called has to come before the turn is counted as missed and others get the room."""

DEFAULTS = ADMIT_PER_MINUTE, ADMIT_MIN, ADMIT_MAX, SHOPPING_SECONDS, TURN_SECONDS

_STANDS = {
    "mode", "admit_per_minute", "admit_min", "admit_max", "follows_load", "shoppers_max", "shopping_seconds",
    "turn_seconds", "without_line", "message", "prequeue_at", "opens_at",
}  # fmt: skip
"""What a body may change and a room keeps under the same name."""

log = structlog.get_logger(__name__)


class _Event(NamedTuple):
    """The event whose room it is."""

    number: int
    organiser_id: int
    terms: dict[str, Any]


class RoomControl:
    """Staff's hand on the rooms."""

    def __init__(
        self,
        database: Database,
        line: Line,
        watch: RoomWatch,
        draws: DrawDesk,
        on_change: Callable[[int], None] = lambda _event_id: None,
    ) -> None:
        self._database = database
        self._on_change = on_change
        self._line = line
        self._watch = watch
        self._draws = draws

    async def change(self, event_id: str, body: ControlBody, by: Person) -> RoomFigures:
        """Change a room; one that was off, or that begins a new round, lets its line begin anew.

        Problems: `event_not_found`, `line_begun` for what cannot change once people have joined, `invalid_request`.
        """
        async with self._database.cold.acquire() as connection, connection.transaction():
            event = await _event(connection, event_id, by)
            await _make(connection, event)
            row = await connection.fetchrow(SQL["lock_room"], event.number)
            assert row is not None
            before = room_of_row(row)
            after = _changed(before, body, row["now"], event)
            anew = (after.on and not before.on) or body.new_round
            _check(before, after, row["now"], anew=anew)
            await _write(connection, after)
            if anew:
                await connection.execute(SQL["begin_round"], event.number)
            await _turn_clock(connection, before, after)
            await self._publish(connection, before, body)
            was, now = _facts(before, after), _facts(after, before)
            deed = Deed("control_queue", f"event:{event.number}", event.organiser_id, was, now)
            await record(connection, by, [deed])
        self._on_change(event.number)
        if after.on:
            await self._provide(event.number)
        await self._watch.catch_up()
        return await self.figures(event_id, by)

    async def open_by_load(self, event_id: int) -> bool:
        """Let a line form before an event that more people want than can be served; whether there was none before.

        Its pace follows the load.
        """
        async with self._database.cold.acquire() as connection, connection.transaction():
            await connection.execute(SQL["make_room"], event_id, *DEFAULTS)
            row = await connection.fetchrow(SQL["lock_room"], event_id)
            assert row is not None
            before = room_of_row(row)
            if before.on:
                return False
            after = msgspec.structs.replace(
                before, mode="fifo", ordering="fifo", switched_by="load", follows_load=True, opens_at=row["now"]
            )
            await _write(connection, after)
            await connection.execute(SQL["begin_round"], event_id)
            await _turn_clock(connection, before, after)
            await self._publish(connection, before, ControlBody())
        await self._provide(event_id)
        await self._watch.catch_up()
        return True

    async def figures(self, event_id: str, by: Person) -> RoomFigures:
        """How a room stands; an event has one from the first look at it. Problem `event_not_found`."""
        async with self._database.cold.acquire() as connection, connection.transaction():
            event = await _event(connection, event_id, by)
            await _make(connection, event)
            row = await connection.fetchrow(SQL["room_of"], event.number)
            assert row is not None
            room = room_of_row(row)
            counted = await connection.fetchrow(SQL["shopping_figures"], room.event_id, room.round)
            draw = await self._draws.figures(connection, room) if room.ordering == "draw" else None
        assert counted is not None
        figures = _figures(room, row["now"], counted, line_known=not self._line.away)
        return msgspec.structs.replace(figures, draw=draw)

    async def revoke(self, event_id: str, number: int, reason: str, by: Person) -> None:
        """Take a place back: it opens nothing any more, and ends what it has opened. Problem `event_not_found`."""
        async with self._database.cold.acquire() as connection, connection.transaction():
            event = await _event(connection, event_id, by)
            row = await connection.fetchrow(SQL["room_of"], event.number)
            if row is None or not 0 <= number < row["reserved"]:
                raise Problem("invalid_request", f"place: event {event_id} has no place {number} in a line.")
            await connection.execute(SQL["revoke_place"], event.number, row["round"], number, f"revoked:{number}")
            facts = {"place": number, "round": row["round"]}
            deed = Deed("revoke_place", f"event:{event.number}", event.organiser_id, after=facts, reason=reason)
            await record(connection, by, [deed])

    async def _publish(self, connection: Connection, before: Room, body: ControlBody) -> None:
        """What everybody may know of a change, in the public record. The room is locked and changed."""
        row = await connection.fetchrow(SQL["room_of"], before.event_id)
        assert row is not None
        room = room_of_row(row)
        if (room.mode, room.round) != (before.mode, before.round):
            await enter(connection, room, "mode", {"mode": room.mode, "by": room.switched_by})
        if (room.paused_at is None) != (before.paused_at is None):
            await enter(connection, room, "resumed" if room.paused_at is None else "paused", {"by": "staff"})
        if room.on and room.ordering == "draw" and room.drawn is None:
            await self._draws.promise(connection, room, body.beacon_source)
        if body.beacon is not None:
            await self._draws.give_beacon(connection, room, body.beacon)

    async def _provide(self, event_id: int) -> None:
        """Let the line begin at once; without Valkey the worker does it later."""
        try:
            await give_numbers(self._database, self._line, event_id)
        except LineAway:
            log.warning("line_not_begun", eventId=event_id)


def _changed(room: Room, body: ControlBody, now: datetime, event: _Event) -> Room:
    """The room as the body wants it."""
    wanted = {
        name: value for name, value in msgspec.structs.asdict(body).items() if name in _STANDS and value is not None
    }
    begun = room.on and (room.drawn is not None or room.served > 0) and not body.new_round
    room = msgspec.structs.replace(room, **wanted)
    mode = room.mode
    ordering: Ordering = mode if mode in {"fifo", "draw"} else room.ordering
    changes: dict[str, object] = {"ordering": ordering}
    if body.mode is not None:
        changes["switched_by"] = "staff"
    if not begun and body.opens_at is None and body.mode in {"fifo", "draw"} and room.opens_at <= now:
        opens_at = event.terms.get("onSaleAt")
        changes["opens_at"] = max(now, datetime.fromisoformat(opens_at)) if opens_at else now
    if body.paused is not None:
        changes["paused_at"] = (room.paused_at or now) if body.paused else None
    if body.admit_max is None and room.admit_per_minute > room.admit_max:
        changes["admit_max"] = room.admit_per_minute
    if body.admit_min is None and room.admit_per_minute < room.admit_min:
        changes["admit_min"] = room.admit_per_minute
    return msgspec.structs.replace(room, **changes)


def _check(before: Room, after: Room, now: datetime, *, anew: bool) -> None:
    """Problem for a change that would move people who are waiting, or that says two things."""
    if not after.admit_min <= after.admit_per_minute <= after.admit_max:
        raise Problem("invalid_request", "admitPerMinute must lie between admitMin and admitMax.")
    if after.prequeue_at is not None and after.prequeue_at > after.opens_at:
        raise Problem("invalid_request", "prequeueAt must not lie behind opensAt.")
    if anew:
        return
    if after.ordering != before.ordering and (before.drawn is not None or before.served):
        raise Problem("line_begun", "People stand in this line in their order. `newRound` lets a line begin anew.")
    if after.opens_at != before.opens_at and before.opens_at <= now and (before.drawn is not None or before.served):
        raise Problem("line_begun", "This line is open already. `newRound` lets a line begin anew.")


async def _turn_clock(connection: Connection, before: Room, after: Room) -> None:
    """A paused room stops the sale's clock; an outage while the room is on is added to what it took time from."""
    if after.on != before.on:
        await watch_clock(connection, after.event_id, watch=after.on)
    paused = after.paused_at is not None and after.on
    if paused != (before.paused_at is not None and before.on):
        await (stop_clock if paused else start_clock)(connection, after.event_id)


async def _make(connection: Connection, event: _Event) -> None:
    """The event's room, switched off, if there is none yet."""
    await connection.execute(SQL["make_room"], event.number, *DEFAULTS)


async def _write(connection: Connection, room: Room) -> None:
    await connection.execute(
        SQL["change_room"], room.event_id, room.mode, room.ordering, room.switched_by, room.prequeue_at, room.opens_at,
        room.paused_at, room.admit_per_minute, room.admit_min, room.admit_max, room.follows_load, room.shoppers_max,
        room.shopping_seconds, room.turn_seconds, room.without_line, room.message,
    )  # fmt: skip


def _facts(room: Room, other: Room) -> dict[str, object]:
    """What of a room differs from another, as the audit log tells it."""
    one, two = msgspec.structs.asdict(room), msgspec.structs.asdict(other)
    return {name: value for name, value in one.items() if value != two[name]}


def _figures(room: Room, now: datetime, counted: asyncpg.Record, *, line_known: bool) -> RoomFigures:
    joined, called = people_below(room.joined, room.holes), people_below(room.served, room.holes)
    return RoomFigures(
        event_id=str(room.event_id),
        phase=room.phase(now),
        mode=room.mode,
        ordering=room.ordering,
        switched_by=room.switched_by,
        round=room.round,
        paused=room.paused_at is not None,
        admit_per_minute=room.admit_per_minute,
        admit_min=room.admit_min,
        admit_max=room.admit_max,
        follows_load=room.follows_load,
        shoppers_max=room.shoppers_max,
        shopping_seconds=room.shopping_seconds,
        turn_seconds=room.turn_seconds,
        without_line=room.without_line,
        message=room.message,
        prequeue_at=room.prequeue_at,
        opens_at=room.opens_at,
        joined=joined,
        waiting=max(0, joined - called),
        called=called,
        admitted=counted["admitted"],
        shopping=counted["shopping"],
        bought=counted["bought"],
        closed_behind=room.closed_behind,
        line_known=line_known,
    )


async def _event(connection: Connection, event_id: str, by: Person) -> _Event:
    """The event; another organiser's is none."""
    number = parse_number_id(event_id)
    row = await connection.fetchrow(CATALOG["event_terms"], number, by.reach) if number is not None else None
    if number is None or row is None:
        raise Problem("event_not_found", f"There is no event {event_id}.")
    return _Event(number, row["organiser_id"], msgspec.json.decode(row["terms"]))
