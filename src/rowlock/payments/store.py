"""Payments as they are written down. Statements of many callers are gathered into one, like the commands for seats."""

import uuid
from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from rowlock.platform.batching import Gatherer
from rowlock.platform.postgres import Database, load_queries
from rowlock.platform.postgres.pool import rerun

SQL = load_queries("rowlock.payments")

ENDED_PHASES = frozenset({"declined", "voided"})
"""A payment in one of these is never taken up again: whoever pays anew starts another."""
_EARLIER_PHASES = {
    "challenged": "authorising,challenged",
    "authorised": "authorising,challenged",
    "captured": "authorising,challenged,authorised",
    "declined": "authorising,challenged",
    "voided": "authorising,challenged,authorised",
}


class Payment(msgspec.Struct, frozen=True):
    """One attempt to pay; `amount` in minor units."""

    id: uuid.UUID
    booking_id: uuid.UUID
    token: str
    amount: int
    currency: str
    phase: str
    next_action_url: str | None
    decline_reason: str | None

    @property
    def key(self) -> str:
        """What the provider knows it by: a repeat of the key is the same payment to it."""
        return str(self.id)

    @property
    def ended(self) -> bool:
        """Whether it can never be paid any more."""
        return self.phase in ENDED_PHASES


class NewPayment(NamedTuple):
    """What a payment is begun with."""

    id: uuid.UUID
    booking_id: uuid.UUID
    token: str
    amount: int
    currency: str


class PhaseNote(NamedTuple):
    """That a payment has come to a phase."""

    payment_id: uuid.UUID
    phase: str
    url: str | None = None
    reason: str | None = None


class PaymentStore:
    """The table of payments. Everything in it is safe to repeat."""

    def __init__(self, database: Database, provider: str) -> None:
        self._database = database
        self._provider = provider
        self._starts = Gatherer("start_payments", self._start_all, lambda payment: payment.id)
        self._notes = Gatherer("note_phases", self._note_all, lambda note: note.payment_id)
        self._finds = Gatherer("find_payments", self._find_all)

    async def start(self, payment: NewPayment) -> Payment | None:
        """Write a payment down, or find it as it stands; None when another payment of the booking is live."""
        return await self._starts.ask(payment)

    async def note(self, note: PhaseNote) -> str:
        """Move a payment on, if it is not past that phase; the phase that it is in now."""
        return await self._notes.ask(note)

    async def find(self, payment_id: uuid.UUID) -> Payment | None:
        """The payment of this id."""
        return await self._finds.ask(payment_id)

    async def _start_all(self, payments: Sequence[NewPayment]) -> list[Payment | None]:
        ids, bookings, *terms = map(list, zip(*payments, strict=True))
        found = await self._payments("start_payments", ids, bookings, self._provider, *terms)
        return [found.get(payment.id) for payment in payments]

    async def _note_all(self, notes: Sequence[PhaseNote]) -> list[str]:
        in_order = sorted(notes)  # by payment, so that two processes never wait for each other's rows crosswise
        columns = [*map(list, zip(*in_order, strict=True)), [_EARLIER_PHASES[note.phase] for note in in_order]]
        rows = await rerun(lambda: self._database.hot.fetch(SQL["note_phases"], *columns))
        phases: dict[uuid.UUID, str] = {row[0]: row[1] for row in rows}
        return [phases[note.payment_id] for note in notes]

    async def _find_all(self, ids: Sequence[uuid.UUID]) -> list[Payment | None]:
        found = await self._payments("find_payments", list(ids))
        return [found.get(payment_id) for payment_id in ids]

    async def _payments(self, query: str, *arguments: object) -> dict[uuid.UUID, Payment]:
        rows = await rerun(lambda: self._database.hot.fetch(SQL[query], *arguments))
        return {row["id"]: Payment(*row) for row in rows}
