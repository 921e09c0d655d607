"""Paying for a hold: bind the seats, authorise, book the seats, capture. A card is never charged for a lost seat.

Each step is written down before the next begins, every step may be repeated, and the provider is only called between
transactions. Whoever learns of an outcome (the buyer's request, the challenge page, the reconciler) settles it with
the same `settle`, and only the first one moves anything.
"""

import uuid
from typing import NoReturn

import msgspec
import structlog

from rowlock.bookings import (
    Booking,
    BookingDesk,
    BookingRow,
    BookingViews,
    TicketCap,
    booking_closed,
    hold_expired,
    no_booking,
    payment_pending,
)
from rowlock.identity import Person
from rowlock.inventory import BeginPayment, BeginWord, InventoryEngine, SettlePayment, SettleWord
from rowlock.kernel.problems import Problem
from rowlock.payments.provider import Charge, ChargeState, OutcomeUnknown, PaymentProvider
from rowlock.payments.store import ENDED_PHASES, NewPayment, Payment, PaymentStore, PhaseNote
from rowlock.platform.postgres import Database
from rowlock.platform.telemetry import metrics

log = structlog.get_logger(__name__)


class NextAction(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the buyer's program does next: `redirect` to `url`, or `wait` and look at the booking again."""

    type: str
    url: str | None = None


class Pending(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """202: the payment has no outcome yet. The seats are safe until it has."""

    code: str = "payment_pending"
    booking_id: str
    next_action: NextAction


class Cashier:
    """Takes payments for holds."""

    def __init__(
        self,
        database: Database,
        engine: InventoryEngine,
        desk: BookingDesk,
        views: BookingViews,
        provider: PaymentProvider,
        *,
        cap: TicketCap | None = None,
    ) -> None:
        self._engine = engine
        self._desk = desk
        self._views = views
        self._provider = provider
        self._cap = cap
        self._payments = PaymentStore(database, provider.name)

    async def confirm(self, person: Person, booking_id: str, token: str, key: str | None) -> Booking | Pending:
        """Pay for a hold. A repeat of a confirmed booking answers it again and charges nothing.

        Problems: `booking_not_found`, `hold_expired`, `booking_closed`, `payment_declined`, `payment_pending`.
        """
        row = await self._desk.own_row(person, booking_id)
        payment_id = uuid.uuid5(row.id, key) if key is not None else uuid.uuid4()
        word = await self._engine.begin_payment(row.event_id, BeginPayment(row.id, row.buyer, payment_id))
        match word:
            case BeginWord.BEGUN | BeginWord.REPLAYED:
                return await self._pursue(await self._start(payment_id, row, token), row)
            case BeginWord.CONFIRMED:
                return await self._desk.find(person, row.id)
            case BeginWord.ALREADY_BEGUN:
                return await self._pursue_running(row)
            case BeginWord.HOLD_EXPIRED:
                raise hold_expired(booking_id)
            case BeginWord.NOT_FOUND:
                raise no_booking(booking_id)
            case BeginWord.BOOKING_CLOSED:
                raise booking_closed(booking_id)

    async def booking_of_payment(self, payment_id: uuid.UUID) -> uuid.UUID | None:
        """The booking a payment is for, None when there is no such payment."""
        payment = await self._payments.find(payment_id)
        return None if payment is None else payment.booking_id

    async def learn(self, payment_id: uuid.UUID) -> None:
        """Ask the provider what became of a payment and act on it. For the challenge page and the reconciler."""
        payment = await self._payments.find(payment_id)
        row = await self._views.row(payment.booking_id, None) if payment is not None else None
        if payment is not None and row is not None:
            charge = await self._provider.lookup(payment.key)
            await self._settle(
                payment_id, row, charge or Charge("declined", reason="The provider has no such payment.")
            )

    async def give_up(self, payment_id: uuid.UUID) -> None:
        """End a payment that the buyer walked away from: void it, then let the hold take its course."""
        payment = await self._payments.find(payment_id)
        if payment is not None:
            await self._provider.void(payment.key)
            await self.learn(payment_id)

    async def unbind(self, event_id: int, booking_id: uuid.UUID, payment_id: uuid.UUID) -> None:
        """Let go of a booking that was bound to a payment nobody ever started."""
        await self._engine.settle_payment(event_id, SettlePayment(booking_id, payment_id, paid=False))

    async def _start(self, payment_id: uuid.UUID, row: BookingRow, token: str) -> Payment:
        sale = await self._views.sale(row.event_id)
        assert sale is not None
        payment = await self._payments.start(NewPayment(payment_id, row.id, token, sum(row.prices), sale[0].currency))
        if payment is None:
            raise payment_pending(str(row.id))
        return payment

    async def _pursue(self, payment: Payment, row: BookingRow) -> Booking | Pending:
        """Authorise and settle."""
        if payment.ended:
            return await self._settle(payment.id, row, _end_of(payment))
        try:
            charge = await self._provider.authorise(payment.key, payment.token, payment.amount, payment.currency)
        except OutcomeUnknown as error:
            log.warning("payment_outcome_unknown", paymentId=str(payment.id), error=str(error))
            return Pending(booking_id=str(row.id), next_action=NextAction("wait"))
        return await self._settle(payment.id, row, charge)

    async def _pursue_running(self, row: BookingRow) -> Booking | Pending:
        """Another confirm is under way: say where it stands, without starting a second payment."""
        now = await self._views.row(row.id, None)
        payment = await self._payments.find(now.payment_id) if now is not None and now.payment_id is not None else None
        if payment is None:
            raise payment_pending(str(row.id))
        action = (
            NextAction("redirect", payment.next_action_url) if payment.phase == "challenged" else NextAction("wait")
        )
        return Pending(booking_id=str(row.id), next_action=action)

    async def _settle(self, payment_id: uuid.UUID, row: BookingRow, charge: Charge) -> Booking | Pending:
        match charge.state:
            case "challenge":
                await self._note(payment_id, "challenged", url=charge.action_url)
                return Pending(booking_id=str(row.id), next_action=NextAction("redirect", charge.action_url))
            case "authorised" | "captured":
                return await self._book(payment_id, row, charge.card)
            case "declined" | "voided":
                # Written down first: once the hold goes on, the buyer may start another payment at once.
                if await self._note(payment_id, charge.state, reason=charge.reason) not in ENDED_PHASES:
                    return Pending(booking_id=str(row.id), next_action=NextAction("wait"))  # others heard otherwise
                return await self._decline(payment_id, row, charge)

    async def _decline(self, payment_id: uuid.UUID, row: BookingRow, charge: Charge) -> NoReturn:
        await self._engine.settle_payment(row.event_id, SettlePayment(row.id, payment_id, paid=False))
        metrics.PAYMENTS_SETTLED.labels(charge.state).inc()
        raise Problem(
            "payment_declined",
            f"{charge.reason or 'The payment was not made.'} Nothing was charged; your hold stands until it expires.",
            bookingId=str(row.id),
        )

    async def _over_cap(self, row: BookingRow, card: str | None) -> bool:
        """Whether these seats are more than their buyer, or the card, may have of the event."""
        if self._cap is None or not await self._cap.of(row.event_id):
            return False
        return not await self._cap.claim(row.id, row.buyer, card)

    async def _refuse_over_cap(self, payment_id: uuid.UUID, row: BookingRow) -> NoReturn:
        """Nobody is charged for more than they may have; the hold takes its course."""
        await self._provider.void(str(payment_id))
        await self._note(payment_id, "voided")
        await self._engine.settle_payment(row.event_id, SettlePayment(row.id, payment_id, paid=False))
        metrics.PAYMENTS_SETTLED.labels("voided").inc()
        raise Problem(
            "too_many_tickets",
            "These would be more tickets than one person may have for this event. Nothing was charged.",
            bookingId=str(row.id),
        )

    async def _book(self, payment_id: uuid.UUID, row: BookingRow, card: str | None) -> Booking:
        if await self._note(payment_id, "authorised") in ENDED_PHASES:  # it was given up before the provider had it
            charge = await self._provider.void(str(payment_id))
            return await self._decline(payment_id, row, charge or Charge("voided"))
        if await self._over_cap(row, card):
            await self._refuse_over_cap(payment_id, row)
        word = await self._engine.settle_payment(row.event_id, SettlePayment(row.id, payment_id, paid=True))
        if word not in {SettleWord.CONFIRMED, SettleWord.ALREADY_CONFIRMED}:
            await self._provider.void(str(payment_id))
            await self._note(payment_id, "voided")
            metrics.PAYMENTS_SETTLED.labels("voided").inc()
            raise hold_expired(str(row.id))
        await self._provider.capture(str(payment_id))
        await self._note(payment_id, "captured")
        metrics.PAYMENTS_SETTLED.labels("captured").inc()
        return await self._views.tell(msgspec.structs.replace(row, status="CONFIRMED"))

    async def _note(
        self, payment_id: uuid.UUID, phase: str, *, url: str | None = None, reason: str | None = None
    ) -> str:
        return await self._payments.note(PhaseNote(payment_id, phase, url, reason))


def _end_of(payment: Payment) -> Charge:
    state: ChargeState = "voided" if payment.phase == "voided" else "declined"
    return Charge(state, reason=payment.decline_reason)
