"""What the SQL functions do about payments, in plain Python: the part of the books that knows of money."""

import uuid
from abc import ABC, abstractmethod
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from tests.simulation.rows import OPEN_PHASES, Booking, Payment, Refund, Row


class PaymentBooks(ABC):
    """Payments and refunds of one event's bookings; `Books` has the seats."""

    bookings: dict[uuid.UUID, Booking]
    payments: dict[uuid.UUID, Payment]
    refunds: dict[uuid.UUID, Refund]

    def begin_payments(
        self,
        ids: list[uuid.UUID],
        buyers: list[str],
        payments: list[uuid.UUID],
        *terms: Any,  # noqa: ANN401
    ) -> list[Row]:
        tokens, providers, declines_max, cooling_seconds = terms
        words = []
        for booking_id, buyer, payment_id, token, provider in zip(
            ids, buyers, payments, tokens, providers, strict=True
        ):
            word = self._begin(booking_id, buyer, payment_id, (declines_max, cooling_seconds))
            words.append(word)
            if word == "begun":
                total = self.bookings[booking_id].total
                self.payments[payment_id] = Payment(
                    payment_id, booking_id, token, total, "EUR", "authorising", None, None, provider, None,
                    self.now, self.now,
                )  # fmt: skip
        self._told_of(ids, words, {"begun": "pay"})
        return [
            Row(Row.of(outcome=word, cooling_seconds=None).values | self._payment_columns(word, booking_id, payment_id))
            for word, booking_id, payment_id in zip(words, ids, payments, strict=True)
        ]

    def _payment_columns(self, word: str, booking_id: uuid.UUID, asked: uuid.UUID) -> dict[str, object]:
        booking = self.bookings.get(booking_id) if word != "not_found" else None
        binding = booking.payment_id if booking is not None else None
        wanted = asked if word == "ended" else binding
        payment = self.payments.get(wanted) if wanted is not None else None
        return self._payment_row(payment).values if payment is not None else {"id": None}

    def _begin(self, booking_id: uuid.UUID, buyer: str, payment_id: uuid.UUID, cooling: tuple[int, int]) -> str:
        booking = self._own(booking_id, buyer)
        if booking is None:
            return "not_found"
        if booking.payment_id == payment_id:
            return "replayed"
        if booking.status == "CONFIRMED":
            return "confirmed"
        if payment_id in self.payments:
            return "ended" if self.payments[payment_id].booking_id == booking_id else "not_found"
        if booking.status == "EXPIRED" or booking in self._over_due():
            return "hold_expired"
        if booking.status != "HOLD":
            return {"PAYMENT_PENDING": "already_begun", "RELEASED": "booking_closed"}[booking.status]
        if booking.declines >= cooling[0] and booking.declined_at + timedelta(seconds=cooling[1]) > self.now:
            return "cooling"
        booking.status, booking.payment_id = "PAYMENT_PENDING", payment_id
        return "begun"

    def settle_payments(self, ids: list[uuid.UUID], payments: list[uuid.UUID], *terms: Any) -> list[Row]:  # noqa: ANN401
        commands = zip(ids, payments, *terms, strict=True)
        return self._told_of(
            ids, [self._settle(*one) for one in commands], {"confirmed": "confirm", "resumed": "resume"}
        )

    def _settle(
        self, booking_id: uuid.UUID, payment_id: uuid.UUID, phase: str, reason: str | None, ref: str | None
    ) -> str:
        booking = self.bookings.get(booking_id)
        word = self._settle_word(booking, payment_id, phase)
        movable = {
            "confirmed": {"authorising", "challenged"},
            "resumed": {"authorising", "challenged", "authorised"},
            "not_pending": set[str]() if phase == "authorised" else {"authorising", "challenged", "abandoned"},
        }
        payment = self.payments.get(payment_id)
        if payment is not None and payment.phase in movable.get(word, ()):
            payment.phase, payment.decline_reason, payment.next_action_url = phase, reason, None
            payment.ref, payment.updated_at = ref or payment.ref, self.now
        if booking is not None and word == "confirmed":
            booking.status = "CONFIRMED"
        elif booking is not None and word == "resumed":
            booking.status, booking.payment_id = "HOLD", None
            if phase == "declined":
                booking.declines, booking.declined_at = booking.declines + 1, self.now
        return word

    def _settle_word(self, booking: Booking | None, payment_id: uuid.UUID, phase: str) -> str:
        paid = phase == "authorised"
        if booking is None:
            return "not_found"
        if booking.payment_id != payment_id:
            return "late" if paid else "not_pending"
        if booking.status == "CONFIRMED":
            return "already_confirmed" if paid else "not_pending"
        return "confirmed" if paid else "resumed"

    def retake_booking(
        self, booking_id: uuid.UUID, payment_id: uuid.UUID, captured: bool, ref: str | None
    ) -> list[Row]:
        return [Row.of(word=self._retake(self.bookings[booking_id], self.payments[payment_id], captured, ref))]

    def _retake(self, booking: Booking, payment: Payment, captured: bool, ref: str | None) -> str:
        if booking.payment_id == payment.id and booking.status == "CONFIRMED":
            return "confirmed"
        if payment.phase == "captured_late":
            return "refund"
        if booking.status == "HOLD":
            kind = "expire" if booking in self._over_due() else "lapse"
            booking.status = "EXPIRED"
            self._append(kind, [booking.id])
        payment.ref, payment.updated_at = ref or payment.ref, self.now
        if booking.status == "EXPIRED":
            self._expire([one for one in self._over_due() if not set(one.seat_nos).isdisjoint(booking.seat_nos)])
            if self._taken().isdisjoint(booking.seat_nos):
                booking.status, booking.payment_id, payment.phase = "CONFIRMED", payment.id, "authorised"
                self._append("retake", [booking.id])
                return "retaken"
        payment.phase = "captured_late" if captured else "abandoned"
        if captured:
            self.refunds[payment.id] = Refund(payment.id, payment.amount)
        return "refund" if captured else "void"

    def lapse_payment(self, booking_id: uuid.UUID, payment_id: uuid.UUID) -> list[Row]:
        booking = self.bookings[booking_id]
        lapses = booking.status == "PAYMENT_PENDING" and booking.payment_id == payment_id
        if lapses:
            booking.status, booking.payment_id = "EXPIRED", None
            payment = self.payments[payment_id]
            payment.phase, payment.updated_at = "abandoned", self.now
            self._append("lapse", [booking_id])
        return [Row.of(lapsed=lapses)]

    def note_challenges(self, *columns: Any) -> list[Row]:  # noqa: ANN401
        for payment_id, url, ref in zip(*columns, strict=True):
            payment = self.payments[payment_id]
            if payment.phase in {"authorising", "challenged"}:
                payment.phase, payment.next_action_url, payment.ref = "challenged", url, ref or payment.ref
                payment.updated_at = self.now
        return []

    def note_captures(self, ids: list[uuid.UUID]) -> list[Row]:
        for payment_id in ids:
            if self.payments[payment_id].phase == "authorised":
                self.payments[payment_id].phase = "captured"
        return []

    def find_payments(self, ids: list[uuid.UUID]) -> list[Row]:
        return [self._payment_row(self.payments[payment_id]) for payment_id in ids if payment_id in self.payments]

    def _payment_row(self, one: Payment) -> Row:
        return Row.of(
            id=one.id, booking_id=one.booking_id, token=one.token, amount=one.amount, currency=one.currency,
            phase=one.phase, next_action_url=one.next_action_url, decline_reason=one.decline_reason,
            provider=one.provider, provider_ref=one.ref, bound_seconds=(self.now - one.started_at).total_seconds(),
        )  # fmt: skip

    def take_open_payments(self, quiet: float, limit: int) -> list[Row]:
        quiet_since = self.now - timedelta(seconds=quiet)
        oldest_first = sorted(self.payments.values(), key=lambda payment: payment.updated_at)
        taken = [one for one in oldest_first if one.phase in OPEN_PHASES and self._is_quiet(one, quiet_since)][:limit]
        for payment in taken:
            payment.updated_at = self.now
        return [self._payment_row(payment) for payment in taken]

    def _is_quiet(self, payment: Payment, since: datetime) -> bool:
        pause = min((payment.updated_at - payment.started_at) / 10, timedelta(minutes=1))
        return payment.updated_at < since and payment.updated_at < self.now - pause

    def take_due_refunds(self, limit: int, *_pauses: float) -> list[Row]:
        due = [refund for refund in self.refunds.values() if not refund.paid][:limit]
        return [
            Row.of(id=one.payment_id, amount=one.amount, provider_ref=None, payment_id=one.payment_id) for one in due
        ]

    def note_refund_paid(self, refund_id: uuid.UUID, _ref: str | None) -> list[Row]:
        self.refunds[refund_id].paid = True
        return []

    def _own(self, booking_id: uuid.UUID, buyer: str) -> Booking | None:
        booking = self.bookings.get(booking_id)
        return booking if booking is not None and booking.buyer == buyer else None

    @property
    @abstractmethod
    def now(self) -> datetime:
        """The database's time."""

    @abstractmethod
    def _taken(self) -> set[int]:
        """As `Books` has it."""

    @abstractmethod
    def _over_due(self, now: datetime | None = None) -> list[Booking]:
        """As `Books` has it."""

    @abstractmethod
    def _expire(self, bookings: Sequence[Booking]) -> None:
        """As `Books` has it."""

    @abstractmethod
    def _told_of(self, ids: Sequence[uuid.UUID], words: Sequence[str], kinds: dict[str, str]) -> list[Row]:
        """As `Books` has it."""

    @abstractmethod
    def _append(self, kind: str, ids: Sequence[uuid.UUID]) -> None:
        """As `Books` has it."""
