"""Pays refunds out: tells the provider of each that is due, until it has it. May run anywhere, any number of times."""

import asyncio
import uuid

import asyncpg
import structlog

from rowlock.inventory import PaymentFacts
from rowlock.payments.provider import OutcomeUnknown, PaymentAsk, Providers, RefundAnswer, RefundAsk
from rowlock.payments.store import SQL
from rowlock.platform.postgres import Database, DatabaseDown
from rowlock.platform.postgres.pool import rerun
from rowlock.platform.telemetry import metrics

REFUNDS_PER_ROUND_MAX = 50
ROUND_SECONDS = 1.0
SILENCE_SECONDS = 20.0
"""A refund of which the provider said nothing, or was not even asked, is tried again after so long."""
PAUSE_SECONDS = 5.0
PAUSE_SECONDS_MAX = 3_600.0
"""One that it has, but not finished, is asked about again, ever more slowly."""

log = structlog.get_logger(__name__)


async def pay_refunds(database: Database, providers: Providers) -> int:
    """One round: of how many refunds the provider was told."""
    due = await database.fetch(SQL["take_due_refunds"], REFUNDS_PER_ROUND_MAX, SILENCE_SECONDS)
    await asyncio.gather(*(_pay_one(database, providers, refund) for refund in due))
    return len(due)


async def _pay_one(database: Database, providers: Providers, refund: asyncpg.Record) -> None:
    rows = await database.fetch(SQL["find_payments"], [refund["payment_id"]])
    payment = PaymentFacts(*rows[0])
    paid_by = PaymentAsk(str(payment.id), payment.token, payment.amount, payment.currency, ref=payment.ref)
    ask = RefundAsk(str(refund["id"]), paid_by, refund["amount"], refund["provider_ref"])
    try:
        answer = await providers.of(payment.provider).refund(ask)
    except OutcomeUnknown as error:
        log.warning("refund_unknown", refundId=ask.key, error=str(error))
        return
    await _note(database, refund["id"], answer)


async def _note(database: Database, refund_id: uuid.UUID, answer: RefundAnswer) -> None:
    metrics.REFUNDS.labels(answer.state).inc()
    if answer.state == "paid":
        await rerun(lambda: database.fetch(SQL["note_refund_paid"], refund_id, answer.ref))
        return
    phase = "failed" if answer.state == "failed" else "sent"
    if answer.state == "failed":
        log.error("refund_failed", refundId=str(refund_id), reason=answer.reason)
    note = refund_id, phase, answer.ref, answer.reason, PAUSE_SECONDS, PAUSE_SECONDS_MAX
    await rerun(lambda: database.fetch(SQL["note_refund"], *note))


async def pay_refunds_forever(database: Database, providers: Providers, stopping: asyncio.Event) -> None:
    """Rounds until `stopping` is set; a database that is away is asked again at the next one."""
    while not stopping.is_set():
        told = 0
        try:
            told = await pay_refunds(database, providers)
        except DatabaseDown as error:
            log.warning("refund_round_failed", error=str(error))
        if told < REFUNDS_PER_ROUND_MAX:
            try:
                await asyncio.wait_for(stopping.wait(), ROUND_SECONDS)
            except TimeoutError:
                continue
