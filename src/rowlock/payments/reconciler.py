"""Asks the provider about every payment whose outcome nobody here knows. May run anywhere, any number of times."""

import asyncio

import structlog

from rowlock.kernel.problems import Problem
from rowlock.payments.commands import Cashier
from rowlock.payments.store import SQL
from rowlock.platform.postgres import Database, DatabaseDown

QUIET_SECONDS = 2.0
"""A payment is left alone for this long: its own request is most likely still at it."""
CHALLENGE_SECONDS_MAX = 600.0
"""A buyer who has not answered the provider's challenge by then has walked away."""
PAYMENTS_PER_ROUND_MAX = 100
ROUND_SECONDS = 2.0

log = structlog.get_logger(__name__)


async def reconcile(database: Database, cashier: Cashier) -> int:
    """One round: how many payments were looked at."""
    rows = await database.fetch(SQL["open_payments"], QUIET_SECONDS, PAYMENTS_PER_ROUND_MAX, CHALLENGE_SECONDS_MAX)
    for row in rows:
        try:
            if row["phase"] == "challenged" and row["abandoned"]:
                await cashier.give_up(row["id"])
            else:
                await cashier.learn(row["id"])
        except Problem as problem:
            log.info("payment_reconciled", paymentId=str(row["id"]), outcome=problem.code)
    orphans = await database.fetch(SQL["bookings_without_payment"])
    for orphan in orphans:
        await cashier.unbind(orphan["event_id"], orphan["booking_id"], orphan["payment_id"])
    return len(rows) + len(orphans)


async def reconcile_forever(database: Database, cashier: Cashier, stopping: asyncio.Event) -> None:
    """Rounds until `stopping` is set; a database that is away is asked again at the next one."""
    while not stopping.is_set():
        try:
            await reconcile(database, cashier)
        except DatabaseDown as error:
            log.warning("reconcile_failed", error=str(error))
        try:
            await asyncio.wait_for(stopping.wait(), ROUND_SECONDS)
        except TimeoutError:
            continue
