"""Makes expired holds visible. The seats are free without it; the map and the counters follow its word."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from rowlock.inventory.store import SQL
from rowlock.platform.postgres import Database, DatabaseDown
from rowlock.platform.postgres.pool import rerun

HOLDS_PER_SWEEP_MAX = 1_000
LONGEST_SLEEP_SECONDS = 1.0
"""A failed payment may bring back a hold that ends sooner than the one the sweeper sleeps towards."""

log = structlog.get_logger(__name__)


async def sweep(database: Database) -> tuple[int, list[int], float | None]:
    """Expire one batch: how many, of which events, and seconds to the next expiry (None: no hold stands)."""
    row = await rerun(lambda: database.hot.fetchrow(SQL["expire_holds"], HOLDS_PER_SWEEP_MAX))
    assert row is not None
    return row["expired"], row["events"] or [], row["next_in_seconds"]


async def sweep_forever(
    database: Database, stopping: asyncio.Event, on_expired: Callable[[int, list[int]], Awaitable[None]]
) -> None:
    """Sweep, then sleep until the next hold ends, until `stopping` is set."""
    while not stopping.is_set():
        try:
            expired, events, next_in_seconds = await sweep(database)
        except DatabaseDown as error:
            log.warning("sweep_failed", error=str(error))
            expired, events, next_in_seconds = 0, [], None
        if expired:
            await on_expired(expired, events)
        sleep = LONGEST_SLEEP_SECONDS if next_in_seconds is None else min(next_in_seconds, LONGEST_SLEEP_SECONDS)
        if sleep > 0:
            try:
                await asyncio.wait_for(stopping.wait(), sleep)
            except TimeoutError:
                continue
