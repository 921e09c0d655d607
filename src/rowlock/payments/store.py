"""Payments and refunds as they are written down. Statements of many callers are gathered into one."""

import uuid
from collections.abc import Sequence
from typing import NamedTuple

from rowlock.inventory import PaymentFacts
from rowlock.payments.provider import Charge
from rowlock.platform.batching import Gatherer
from rowlock.platform.postgres import Database, load_queries
from rowlock.platform.postgres.pool import rerun

SQL = load_queries("rowlock.payments")


class ChallengeNote(NamedTuple):
    """That the buyer has to act at the provider first."""

    payment_id: uuid.UUID
    url: str | None
    ref: str | None


class PaymentStore:
    """The table of payments. Everything in it is safe to repeat."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._challenges = Gatherer("note_challenges", self._note_challenges, lambda note: note.payment_id)
        self._captures = Gatherer("note_captures", self._note_captures)
        self._finds = Gatherer("find_payments", self._find_all)

    async def find(self, payment_id: uuid.UUID) -> PaymentFacts | None:
        """The payment of this id."""
        return await self._finds.ask(payment_id)

    async def challenged(self, note: ChallengeNote) -> None:
        """The buyer has to act first."""
        await self._challenges.ask(note)

    async def captured(self, payment_id: uuid.UUID) -> None:
        """The provider has the money of a confirmed booking."""
        await self._captures.ask(payment_id)

    async def retake(self, payment: PaymentFacts, charge: Charge) -> str:
        """What becomes of money that came late: the word of retake_booking_v1."""
        terms = charge.state == "captured", charge.ref or payment.ref
        rows = await rerun(
            lambda: self._database.hot.fetch(SQL["retake_booking"], payment.booking_id, payment.id, *terms)
        )
        return str(rows[0][0])

    async def lapse(self, payment: PaymentFacts) -> bool:
        """Let go of the seats of a payment whose outcome nobody could learn; whether that was now."""
        rows = await rerun(lambda: self._database.hot.fetch(SQL["lapse_payment"], payment.booking_id, payment.id))
        return bool(rows[0][0])

    async def undo_sale(self, payment: PaymentFacts) -> None:
        """Give back the seats of a confirmed booking whose money the provider does not hand over."""
        request_id = uuid.uuid5(payment.id, "uncollected")
        terms = [payment.booking_id], [request_id], None, "uncollected", [None], "rowlock", "not collected", None
        await rerun(lambda: self._database.hot.fetch(SQL["return_seats"], *terms))

    async def _note_challenges(self, notes: Sequence[ChallengeNote]) -> list[None]:
        columns = map(list, zip(*sorted(notes, key=lambda note: note.payment_id), strict=True))
        arguments = [*columns]
        await rerun(lambda: self._database.hot.execute(SQL["note_challenges"], *arguments))
        return [None] * len(notes)

    async def _note_captures(self, ids: Sequence[uuid.UUID]) -> list[None]:
        await rerun(lambda: self._database.hot.execute(SQL["note_captures"], sorted(ids)))
        return [None] * len(ids)

    async def _find_all(self, ids: Sequence[uuid.UUID]) -> list[PaymentFacts | None]:
        rows = await rerun(lambda: self._database.hot.fetch(SQL["find_payments"], list(ids)))
        found = {row["id"]: PaymentFacts(*row) for row in rows}
        return [found.get(payment_id) for payment_id in ids]
