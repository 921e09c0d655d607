"""Paying back everybody who has seats of an event that was called off: thousands of bookings, a batch at a time.

The run is a row; whoever finds it not over takes the next batch in a transaction, so it goes on after any crash and two
workers never do the same work. Each booking's wish has one id, so nobody is paid back twice.
"""

import asyncio
import uuid
from collections.abc import Callable
from datetime import datetime

import msgspec
import structlog

from rowlock.kernel.money import Money, money
from rowlock.payments.store import SQL
from rowlock.platform.postgres import Connection, Database, DatabaseDown
from rowlock.platform.postgres.pool import rerun

BOOKINGS_PER_BATCH = 50
ROUND_SECONDS = 1.0

log = structlog.get_logger(__name__)


class RefundRun(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """How far a run is. `bookings`: paid ones when it began; `asked`, `paid`, `failed`: their refunds by now."""

    event_id: str
    bookings: int
    asked: int
    paid: int
    failed: int
    amount: Money
    reason: str
    started_at: datetime
    ended_at: datetime | None


async def begin_run(connection: Connection, event_id: int, name: str, reason: str) -> bool:
    """Begin to pay everybody back, within the caller's transaction; False when the event is not called off."""
    return await connection.fetchval(SQL["begin_refund_run"], event_id, name, reason) is not None


async def run_of(database: Database, event_id: int) -> RefundRun | None:
    """The run of an event, None when there is none."""
    row = await database.fetchrow(SQL["refund_run"], event_id)
    if row is None:
        return None
    return RefundRun(
        event_id=str(event_id), bookings=row["bookings"], asked=row["asked"], paid=row["paid"], failed=row["failed"],
        amount=money(row["amount"], row["currency"]), reason=row["reason"], started_at=row["started_at"],
        ended_at=row["ended_at"],
    )  # fmt: skip


async def pay_back(database: Database, on_change: Callable[[int], None]) -> int:
    """The next batch of every run that is not over; how many bookings were paid back."""
    done, last_event = 0, 0
    while True:
        batch = await rerun(lambda after=last_event: _pay_back_batch(database, after))  # type: ignore[misc]
        if batch is None:
            return done
        last_event, returned = batch
        if returned:
            on_change(last_event)
        done += returned


async def _pay_back_batch(database: Database, after_event: int) -> tuple[int, int] | None:
    async with database.cold.acquire() as connection, connection.transaction():
        run = await connection.fetchrow(SQL["take_refund_run"], after_event)
        if run is None:
            return None
        event_id: int = run["event_id"]
        rows = await connection.fetch(SQL["bookings_to_refund"], event_id, BOOKINGS_PER_BATCH)
        ids, buyers = [row["id"] for row in rows], [row["buyer"] for row in rows]
        wishes = [uuid.uuid5(booking_id, "event cancelled") for booking_id in ids]
        terms = "event_cancelled", buyers, run["asked_by"], run["reason"], None
        outcomes = await connection.fetch(SQL["return_seats"], ids, wishes, None, *terms) if ids else []
        await connection.execute(SQL["end_refund_run"], event_id)
        return event_id, sum(row["outcome"] == "returned" for row in outcomes)


async def pay_back_forever(database: Database, on_change: Callable[[int], None], stopping: asyncio.Event) -> None:
    """Rounds until `stopping` is set; a database that is away is asked again at the next one."""
    while not stopping.is_set():
        returned = 0
        try:
            returned = await pay_back(database, on_change)
        except DatabaseDown as error:
            log.warning("refund_run_round_failed", error=str(error))
        if not returned:
            try:
                await asyncio.wait_for(stopping.wait(), ROUND_SECONDS)
            except TimeoutError:
                continue
