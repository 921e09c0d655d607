"""The clock of an event's sale: stopping it, starting it, and noticing that it stood still by itself."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Literal, NamedTuple

import structlog

from rowlock.audit import Deed, record
from rowlock.identity import Person
from rowlock.inventory.store import SQL
from rowlock.kernel.clock import wire_time
from rowlock.kernel.problems import Problem
from rowlock.platform.postgres import Connection, Database, DatabaseDown
from rowlock.platform.postgres.pool import rerun

BEAT_SECONDS = 1.0
"""How often the worker notes that a watched sale is alive; PostgreSQL takes 5 s without it for an outage."""

log = structlog.get_logger(__name__)


class ClockTurn(NamedTuple):
    """What became of it, and how many bookings it was about. `unchanged`: the clock stood, or ran, already."""

    outcome: Literal["stopped", "started", "unchanged"]
    holds: int


async def stop_clock(connection: Connection, event_id: int) -> ClockTurn:
    """Refuse holds from now on and keep those that stand from ending, in the caller's transaction."""
    return await _turn(connection, "stop_clock", event_id)


async def start_clock(connection: Connection, event_id: int) -> ClockTurn:
    """Take holds again; those that stand go on with the time they had left. In the caller's transaction."""
    return await _turn(connection, "start_clock", event_id)


async def watch_clock(connection: Connection, event_id: int, *, watch: bool) -> None:
    """From now on an outage of more than 5 s is added to the event's holds; or not any more."""
    await connection.execute(SQL["watch_clock" if watch else "leave_clock"], event_id)


async def _turn(connection: Connection, query: str, event_id: int) -> ClockTurn:
    row = await connection.fetchrow(SQL[query], event_id)
    assert row is not None
    if row["outcome"] == "event_not_found":
        raise Problem("event_not_found", f"There is no event {event_id}.")
    return ClockTurn(row["outcome"], row["holds"])


class SaleClock:
    """Stops and starts events' clocks for those whose events they are, and writes down who did."""

    def __init__(self, database: Database, on_change: Callable[[int], None] = lambda _event_id: None) -> None:
        self._database = database
        self._on_change = on_change

    async def stop(self, event_id: int, by: Person, reason: str | None = None) -> ClockTurn:
        """Stop the clock; Problem `event_not_found`, also where it is another organiser's."""
        return await self._turned("stop_clock", event_id, by, reason)

    async def start(self, event_id: int, by: Person, reason: str | None = None) -> ClockTurn:
        """Start the clock; Problem `event_not_found`, also where it is another organiser's."""
        return await self._turned("start_clock", event_id, by, reason)

    async def _turned(
        self, action: Literal["stop_clock", "start_clock"], event_id: int, by: Person, reason: str | None
    ) -> ClockTurn:
        async with self._database.cold.acquire() as connection, connection.transaction():
            row = await connection.fetchrow(SQL["clock_of"], event_id)
            if row is None or not by.works_for(row["organiser_id"]):
                raise Problem("event_not_found", f"There is no event {event_id}.")
            turn = await _turn(connection, action, event_id)
            if turn.outcome != "unchanged":
                since = row["clock_stopped_at"]
                before = {"clockStoppedAt": wire_time(since) if isinstance(since, datetime) else None}
                after = {"holds": turn.holds}
                await record(
                    connection, by, [Deed(action, f"event:{event_id}", row["organiser_id"], before, after, reason)]
                )
        self._on_change(event_id)
        return turn


async def beat(database: Database) -> list[int]:
    """Note that the watched sales are alive; the events to whose holds an outage was added."""
    rows = await rerun(lambda: database.hot.fetch(SQL["beat_clocks"]))
    return [row["event_id"] for row in rows]


async def beat_forever(
    database: Database, stopping: asyncio.Event, on_outage: Callable[[int], None] = lambda _event_id: None
) -> None:
    """Beat every second until `stopping` is set."""
    while not stopping.is_set():
        try:
            for event_id in await beat(database):
                log.warning("outage_added_to_holds", eventId=event_id)
                on_outage(event_id)
        except DatabaseDown as error:
            log.warning("beat_failed", error=str(error))
        try:
            await asyncio.wait_for(stopping.wait(), BEAT_SECONDS)
        except TimeoutError:
            continue
