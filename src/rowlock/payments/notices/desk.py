"""Acting on notices: each once, in any order, and for payments always by asking the provider itself."""

import asyncio
import uuid

import asyncpg
import structlog

from rowlock.audit import Deed, record
from rowlock.identity import Person
from rowlock.kernel.problems import Problem
from rowlock.payments.commands import Cashier
from rowlock.payments.notices.model import Notice, NoticeOutcome
from rowlock.payments.provider import OutcomeUnknown
from rowlock.platform.postgres import Database, DatabaseDown, load_queries
from rowlock.platform.postgres.pool import rerun
from rowlock.platform.telemetry import metrics

SQL = load_queries("rowlock.payments.notices")
NOTICE_DAYS = 35
"""Events are remembered for longer than any provider goes on delivering them."""
ACT_SECONDS_MAX = 3.0
"""The provider waits for its answer; what takes longer is left to the worker."""
UNDONE_SECONDS = 10.0
NOTICES_PER_ROUND_MAX = 100
ROUND_SECONDS = 5.0

log = structlog.get_logger(__name__)


class NoticeDesk:
    """Takes notices in and acts on them."""

    def __init__(self, database: Database, cashier: Cashier) -> None:
        self._database = database
        self._cashier = cashier

    async def take(self, notice: Notice) -> bool:
        """Remember a notice, then act on it; False when it was here before, and nothing is done."""
        columns = notice.kind, notice.key, notice.ref, notice.payment_ref, notice.amount, notice.currency
        row = await rerun(
            lambda: self._database.cold.fetchrow(SQL["take_in"], notice.provider, notice.event_id, *columns)
        )
        metrics.PROVIDER_NOTICES.labels(notice.provider, "duplicate" if row is None else notice.kind).inc()
        if row is None:
            return False
        try:
            async with asyncio.timeout(ACT_SECONDS_MAX):
                await self.act(notice)
        except (TimeoutError, DatabaseDown) as error:
            log.warning("notice_put_off", eventId=notice.event_id, error=str(error))
        return True

    async def act(self, notice: Notice) -> None:
        """Do what the notice is a reason for, and note that it is done. Harmless to repeat."""
        try:
            outcome = await self._outcome_of(notice)
        except OutcomeUnknown as error:
            log.warning("notice_put_off", eventId=notice.event_id, error=str(error))
            return
        if outcome != "done":
            log.warning("notice_strange", outcome=outcome, provider=notice.provider, eventId=notice.event_id,
                        paymentRef=notice.payment_ref)  # fmt: skip
        await rerun(lambda: self._database.cold.execute(SQL["note_outcome"], notice.provider, notice.event_id, outcome))

    async def catch_up(self) -> int:
        """Act on what was put off; how many there were."""
        rows = await self._database.fetch(SQL["undone"], UNDONE_SECONDS, NOTICES_PER_ROUND_MAX)
        for row in rows:
            await self.act(Notice(**dict(row)))
        return len(rows)

    async def forget(self) -> None:
        """Forget events that no provider delivers any more."""
        await rerun(lambda: self._database.cold.execute(SQL["forget_old_notices"], NOTICE_DAYS))

    async def _outcome_of(self, notice: Notice) -> NoticeOutcome:
        match notice.kind:
            case "payment":
                return await self._payment(notice)
            case "refund":
                return await self._refund(notice)
            case "dispute" | "dispute_won":
                return await self._dispute(notice)
        return "done"

    async def _payment(self, notice: Notice) -> NoticeOutcome:
        payment = await self._payment_of(notice)
        if payment is None:
            return "unknown_payment"
        if notice.amount is not None and (notice.amount, notice.currency) != (payment["amount"], payment["currency"]):
            await self._audit_amount(notice, payment["amount"], payment["currency"], f"payment:{payment['id']}")
            return "other_amount"
        try:
            await self._cashier.learn(payment["id"])
        except Problem as problem:
            log.info("notice_settled", paymentId=str(payment["id"]), outcome=problem.code)
        return "done"

    async def _refund(self, notice: Notice) -> NoticeOutcome:
        """One of ours is asked about at once; one that was made at the provider itself goes into the books."""
        refund_id = _uuid(notice.key)
        if refund_id is not None:
            ours = await self._database.fetch(SQL["is_refund"], refund_id, notice.provider)
            if not ours:
                return "unknown_payment"
            if notice.amount is not None and (notice.amount, notice.currency) != tuple(ours[0]):
                await self._audit_amount(notice, ours[0]["amount"], ours[0]["currency"], f"refund:{refund_id}")
                return "other_amount"
            await rerun(lambda: self._database.fetch(SQL["hurry_refund"], refund_id, notice.provider))
            return "done"
        return await self._post(notice, "refund_outside", 1)

    async def _dispute(self, notice: Notice) -> NoticeOutcome:
        return await self._post(notice, notice.kind, -1 if notice.kind == "dispute_won" else 1)

    async def _post(self, notice: Notice, kind: str, sign: int) -> NoticeOutcome:
        """Money has left what the provider holds for us, or come back, unasked. A payment is disputed once."""
        payment = await self._payment_of(notice)
        if payment is None or notice.ref is None or notice.amount is None:
            return "unknown_payment"
        if notice.currency != payment["currency"] or notice.amount > payment["amount"]:
            await self._audit_amount(notice, payment["amount"], payment["currency"], f"payment:{payment['id']}")
            return "other_amount"
        moved = sign * notice.amount
        thing = uuid.uuid5(payment["id"], notice.ref) if notice.kind == "refund" else None
        terms = kind, payment["booking_id"], payment["id"], thing, notice.provider
        await rerun(lambda: self._database.fetch(SQL["post_money"], *terms, ["disputed", "provider"], [moved, -moved]))
        log.warning("money_moved_by_provider", kind=kind, paymentId=str(payment["id"]), ref=notice.ref)
        return "done"

    async def _payment_of(self, notice: Notice) -> asyncpg.Record | None:
        key = _uuid(notice.key) if notice.kind == "payment" else None
        rows = await self._database.fetch(SQL["payment_of"], notice.provider, key, notice.payment_ref)
        return rows[0] if rows else None

    async def _audit_amount(self, notice: Notice, amount: int, currency: str, thing: str) -> None:
        """Signed by the provider, and yet not what we asked for: somebody has to look at it."""
        theirs = {"amount": notice.amount, "currency": notice.currency, "event": notice.event_id}
        deed = Deed("refuse_notice", thing, None, before={"amount": amount, "currency": currency}, after=theirs)
        provider = Person(f"provider:{notice.provider}", "operator")
        async with self._database.cold.acquire() as connection, connection.transaction():
            await record(connection, provider, [deed])


async def catch_up_forever(desk: NoticeDesk, stopping: asyncio.Event) -> None:
    """Rounds until `stopping` is set; a database that is away is asked again at the next one."""
    while not stopping.is_set():
        try:
            await desk.catch_up()
        except DatabaseDown as error:
            log.warning("notices_failed", error=str(error))
        try:
            await asyncio.wait_for(stopping.wait(), ROUND_SECONDS)
        except TimeoutError:
            continue


def _uuid(key: str | None) -> uuid.UUID | None:
    try:
        return uuid.UUID(key) if key is not None else None
    except ValueError:
        return None
