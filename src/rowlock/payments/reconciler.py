"""Asks the provider about every payment whose outcome nobody here knows. May run anywhere, any number of times."""

import asyncio

import asyncpg
import structlog

from rowlock.kernel.problems import Problem
from rowlock.payments.commands import Cashier, Pending
from rowlock.payments.provider import OutcomeUnknown
from rowlock.payments.store import SQL
from rowlock.platform.postgres import Database, DatabaseDown

QUIET_SECONDS = 2.0
"""A payment is left alone for this long: its own request is most likely still at it."""
PAYMENTS_PER_ROUND_MAX = 100
ROUND_SECONDS = 2.0

log = structlog.get_logger(__name__)


async def reconcile(database: Database, cashier: Cashier) -> int:
    """One round: how many payments were looked at."""
    rows = await database.fetch(SQL["take_open_payments"], QUIET_SECONDS, PAYMENTS_PER_ROUND_MAX)
    await asyncio.gather(*(_reconcile_one(cashier, row) for row in rows))
    return len(rows)


async def _reconcile_one(cashier: Cashier, row: asyncpg.Record) -> None:
    payment_id, bound_for = row["id"], row["bound_seconds"]
    try:
        outcome = await cashier.learn(payment_id)  # also of those who seem to have walked away: they may have paid
        if (
            isinstance(outcome, Pending)
            and row["phase"] == "challenged"
            and bound_for > cashier.patience.challenge_seconds
        ):
            await cashier.give_up(payment_id)
    except Problem as problem:
        log.info("payment_reconciled", paymentId=str(payment_id), outcome=problem.code)
    except OutcomeUnknown as error:
        log.warning("payment_still_unknown", paymentId=str(payment_id), error=str(error), seconds=round(bound_for))
        if bound_for > cashier.patience.unknown_seconds:
            await cashier.lapse(payment_id)


async def reconcile_forever(database: Database, cashier: Cashier, stopping: asyncio.Event) -> None:
    """Rounds until `stopping` is set; a database that is away is asked again at the next one."""
    while not stopping.is_set():
        looked_at = 0
        try:
            looked_at = await reconcile(database, cashier)
        except DatabaseDown as error:
            log.warning("reconcile_failed", error=str(error))
        if looked_at < PAYMENTS_PER_ROUND_MAX:
            try:
                await asyncio.wait_for(stopping.wait(), ROUND_SECONDS)
            except TimeoutError:
                continue
