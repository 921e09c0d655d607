"""Paying for a hold: bind the seats, authorise, book the seats, capture. A card is never charged for a lost seat.

Each step is written down before the next begins, every step may be repeated, and the provider is only called between
transactions. Whoever learns of an outcome (the buyer's request, the provider's notice, the reconciler) settles it with
the same `_settle`, and only the first one moves anything.
"""

import uuid
from collections.abc import Callable
from typing import Literal, NoReturn

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
from rowlock.inventory import (
    BeginOutcome,
    BeginPayment,
    BeginWord,
    InventoryEngine,
    PaymentFacts,
    SettlePayment,
    SettleWord,
)
from rowlock.kernel.problems import Problem
from rowlock.payments.provider import Charge, OutcomeUnknown, PaymentAsk, Providers
from rowlock.payments.store import ChallengeNote, PaymentStore
from rowlock.platform.postgres import Database
from rowlock.platform.telemetry import metrics

NEVER_HEARD_SECONDS = 3_600.0
"""After so long a payment that the provider still knows nothing of will not turn up any more."""

log = structlog.get_logger(__name__)


class NextAction(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the buyer's program does next: `redirect` to `url`, or `wait` and look at the booking again."""

    type: str
    url: str | None = None


class Pending(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """202: the payment has no outcome yet. The seats are kept meanwhile, for `keptFor` seconds more at most."""

    code: str = "payment_pending"
    booking_id: str
    next_action: NextAction
    kept_for: int


class Cashier:
    """Takes payments for holds."""

    def __init__(
        self,
        database: Database,
        engine: InventoryEngine,
        desk: BookingDesk,
        views: BookingViews,
        providers: Providers,
        *,
        cap: TicketCap | None = None,
        public_url: str = "",
        on_change: Callable[[int], None] = lambda _event_id: None,
    ) -> None:
        self._engine = engine
        self._desk = desk
        self._views = views
        self._providers = providers
        self._cap = cap
        self._public_url = public_url
        self.patience = views.patience
        self._on_change = on_change
        self._payments = PaymentStore(database)

    async def confirm(self, person: Person, booking_id: str, token: str, key: str | None) -> Booking | Pending:
        """Pay for a hold. A repeat of a confirmed booking answers it again and charges nothing.

        Problems: `booking_not_found`, `hold_expired`, `booking_closed`, `payment_declined`, `payment_pending`,
        `payment_cooling`, `payment_unavailable`.
        """
        if (shut := self._providers.seconds_shut()) > 0:
            raise _unavailable(shut)
        row = await self._desk.own_row(person, booking_id)
        payment_id = uuid.uuid5(row.id, key) if key is not None else uuid.uuid4()
        command = BeginPayment(row.id, row.buyer, payment_id, token, self._providers.current.name)
        begun = await self._engine.begin_payment(row.event_id, command)
        match begun.word:
            case BeginWord.BEGUN | BeginWord.REPLAYED:
                return await self._pursue(_payment_of(begun), row)
            case BeginWord.CONFIRMED:
                return await self._desk.find(person, row.id)
            case BeginWord.ALREADY_BEGUN:
                return self._pending(_payment_of(begun))
            case BeginWord.ENDED:
                raise _declined(row, _payment_of(begun).decline_reason)
            case BeginWord.COOLING:
                raise _cooling(begun.cooling_seconds)
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

    async def learn(self, payment_id: uuid.UUID) -> Booking | Pending:
        """Ask the provider what became of a payment and act on it, from whatever path this is asked.

        Raises the problems of a payment that came to nothing, and OutcomeUnknown.
        """
        payment, row = await self._payment_and_booking(payment_id)
        charge = await self._providers.of(payment.provider).lookup(_ask_of(payment)) if payment.amount else _FREE
        return await self._settle(payment, row, charge)

    async def give_up(self, payment_id: uuid.UUID) -> None:
        """End a payment that the buyer walked away from: void it, then let the hold take its course.

        Raises as `learn`; a payment that was made after all is settled as one that was.
        """
        payment, row = await self._payment_and_booking(payment_id)
        charge = await self._providers.of(payment.provider).void(_ask_of(payment))
        await self._settle(payment, row, charge)

    async def lapse(self, payment_id: uuid.UUID) -> None:
        """Let go of the seats of a payment whose outcome could not be learned for too long."""
        payment, row = await self._payment_and_booking(payment_id)
        if await self._payments.lapse(payment):
            self._on_change(row.event_id)
            log.warning("payment_outcome_unknown_for_good", paymentId=str(payment_id), bookingId=str(row.id))
            metrics.PAYMENTS_SETTLED.labels("lapsed").inc()

    async def walk_away(self, booking: BookingRow) -> None:
        """The buyer gives a booking up while its payment waits for them: it is ended, so that the seats may go.

        Problems: `payment_pending` while the provider does not say, `booking_closed` when it was paid after all.
        """
        payment = await self._payments.find(booking.payment_id) if booking.payment_id is not None else None
        if payment is None or payment.phase != "challenged":
            raise payment_pending(str(booking.id))
        try:
            await self.give_up(payment.id)
        except OutcomeUnknown as error:
            raise payment_pending(str(booking.id)) from error
        except Problem as problem:
            if problem.code != "payment_declined":
                raise
            return
        raise booking_closed(str(booking.id))

    async def _payment_and_booking(self, payment_id: uuid.UUID) -> tuple[PaymentFacts, BookingRow]:
        payment = await self._payments.find(payment_id)
        row = await self._views.row(payment.booking_id, None) if payment is not None else None
        if payment is None or row is None:
            raise Problem("not_found", "There is no such payment.")
        return payment, row

    async def _pursue(self, payment: PaymentFacts, row: BookingRow) -> Booking | Pending:
        """Authorise and settle, or go on where an earlier call left off."""
        if payment.phase == "captured":
            return await self._booked(row)
        if payment.amount == 0:
            return await self._settle(payment, row, _FREE)
        try:
            provider = self._providers.of(payment.provider)
            asked = provider.lookup if payment.phase != "authorising" else provider.authorise
            charge = await asked(_ask_of(payment, self._page_of(row)))
        except OutcomeUnknown as error:
            log.warning("payment_outcome_unknown", paymentId=str(payment.id), error=str(error))
            return self._pending(payment)
        return await self._settle(payment, row, charge)

    async def _settle(self, payment: PaymentFacts, row: BookingRow, charge: Charge | None) -> Booking | Pending:
        if charge is None:
            await self._never_heard(payment, row)
        if charge.amount is not None and (charge.amount, charge.currency) != (payment.amount, payment.currency):
            return await self._refuse_other_amount(payment, row, charge)
        match charge.state:
            case "challenge":
                await self._payments.challenged(ChallengeNote(payment.id, charge.action_url, charge.ref))
                challenged = msgspec.structs.replace(
                    payment, phase="challenged", next_action_url=charge.action_url or payment.next_action_url
                )
                return self._pending(challenged)
            case "authorised" | "captured":
                return await self._book(payment, row, charge)
            case "declined" | "voided":
                return await self._decline(payment, row, charge)

    async def _decline(self, payment: PaymentFacts, row: BookingRow, charge: Charge) -> Booking | Pending:
        end: Literal["declined", "voided"] = "voided" if charge.state == "voided" else "declined"
        command = SettlePayment(row.id, payment.id, paid=False, end=end, reason=charge.reason, ref=charge.ref)
        word = await self._engine.settle_payment(row.event_id, command)
        if word is SettleWord.NOT_PENDING and payment.phase == "authorised":  # confirmed, and now it cannot be taken
            return await self._undo_uncollected(payment, row)
        metrics.PAYMENTS_SETTLED.labels(charge.state).inc()
        raise _declined(row, charge.reason)

    async def _never_heard(self, payment: PaymentFacts, row: BookingRow) -> NoReturn:
        """The provider has no such payment. Our own call may still be on its way to it, so it is asked on."""
        sure = payment.bound_seconds > NEVER_HEARD_SECONDS
        command = SettlePayment(row.id, payment.id, paid=False, end="declined" if sure else "abandoned")
        await self._engine.settle_payment(row.event_id, command)
        raise _declined(row, "The payment did not reach the provider.")

    async def _book(self, payment: PaymentFacts, row: BookingRow, charge: Charge) -> Booking | Pending:
        if await self._over_cap(row, charge.card):
            await self._refuse_over_cap(payment, row)
        command = SettlePayment(row.id, payment.id, paid=True, ref=charge.ref)
        word = await self._engine.settle_payment(row.event_id, command)
        if word in {SettleWord.CONFIRMED, SettleWord.ALREADY_CONFIRMED}:
            return await self._collect(payment, row, charge)
        return await self._book_late(payment, row, charge)

    async def _collect(self, payment: PaymentFacts, row: BookingRow, charge: Charge) -> Booking:
        """Take the money of a confirmed booking. When that cannot be known now, the reconciler takes it."""
        if charge.state == "authorised" and payment.amount:
            try:
                charge = await self._providers.of(payment.provider).capture(_ask_of(payment))
            except OutcomeUnknown as error:
                log.warning("capture_unknown", paymentId=str(payment.id), error=str(error))
                return await self._booked(row)
        if charge.state in {"declined", "voided"}:
            return await self._undo_uncollected(payment, row)
        await self._payments.captured(payment.id)
        metrics.PAYMENTS_SETTLED.labels("captured").inc()
        return await self._booked(row)

    async def _booked(self, row: BookingRow) -> Booking:
        return await self._views.tell(msgspec.structs.replace(row, status="CONFIRMED"))

    async def _book_late(self, payment: PaymentFacts, row: BookingRow, charge: Charge) -> Booking:
        """Money for seats that this payment binds no more: the same seats if they are free, else it goes back."""
        word = await self._payments.retake(payment, charge)
        self._on_change(row.event_id)
        metrics.PAYMENTS_SETTLED.labels(f"late_{word}").inc()
        log.info("payment_came_late", paymentId=str(payment.id), bookingId=str(row.id), outcome=word)
        if word in {"retaken", "confirmed"}:
            return await self._collect(payment, row, charge)
        if word == "void":
            ended = await self._providers.of(payment.provider).void(_ask_of(payment))
            if ended is not None and ended.state == "captured":  # it was taken while we let it go
                return await self._book_late(payment, row, ended)
            await self._engine.settle_payment(row.event_id, SettlePayment(row.id, payment.id, paid=False, end="voided"))
        raise hold_expired(str(row.id))

    async def _refuse_other_amount(self, payment: PaymentFacts, row: BookingRow, charge: Charge) -> Booking | Pending:
        """The provider speaks of another amount than we asked for: nothing is booked for it."""
        facts = {"paymentId": str(payment.id), "ours": payment.amount, "theirs": charge.amount}
        log.error("payment_amount_differs", **facts, currency=payment.currency, theirCurrency=charge.currency)
        metrics.PAYMENTS_SETTLED.labels("amount_differs").inc()
        if charge.state == "authorised":
            await self._providers.of(payment.provider).void(_ask_of(payment))
            return await self._decline(payment, row, Charge("voided", reason="The amount was not the one asked for."))
        return self._pending(payment)

    async def _undo_uncollected(self, payment: PaymentFacts, row: BookingRow) -> NoReturn:
        """What the provider promised it does not hand over: nobody keeps seats that were never paid."""
        await self._payments.undo_sale(payment)
        self._on_change(row.event_id)
        metrics.PAYMENTS_SETTLED.labels("uncollected").inc()
        log.error("payment_uncollected", paymentId=str(payment.id), bookingId=str(row.id))
        raise Problem(
            "payment_declined",
            "The payment could not be collected. Nothing was charged, and the seats are free again.",
            bookingId=str(row.id),
        )

    async def _over_cap(self, row: BookingRow, card: str | None) -> bool:
        """Whether these seats are more than their buyer, or the card, may have of the event."""
        if self._cap is None or not await self._cap.of(row.event_id):
            return False
        return not await self._cap.claim(row.id, row.buyer, card)

    async def _refuse_over_cap(self, payment: PaymentFacts, row: BookingRow) -> NoReturn:
        """Nobody is charged for more than they may have; the hold takes its course."""
        await self._providers.of(payment.provider).void(_ask_of(payment))
        await self._engine.settle_payment(row.event_id, SettlePayment(row.id, payment.id, paid=False, end="voided"))
        metrics.PAYMENTS_SETTLED.labels("voided").inc()
        raise Problem(
            "too_many_tickets",
            "These would be more tickets than one person may have for this event. Nothing was charged.",
            bookingId=str(row.id),
        )

    def _pending(self, payment: PaymentFacts) -> Pending:
        challenged = payment.phase == "challenged"
        redirect = challenged and payment.next_action_url is not None
        action = NextAction("redirect", payment.next_action_url) if redirect else NextAction("wait")
        kept_for = self.patience.left(payment.bound_seconds, waits_for_buyer=challenged)
        return Pending(booking_id=str(payment.booking_id), next_action=action, kept_for=kept_for)

    def _page_of(self, row: BookingRow) -> str:
        return f"{self._public_url}/bookings/{row.id}"


_FREE = Charge("authorised")
"""There is nothing to pay, and no provider to ask."""


def _ask_of(payment: PaymentFacts, return_url: str = "") -> PaymentAsk:
    return PaymentAsk(str(payment.id), payment.token, payment.amount, payment.currency, return_url, payment.ref)


def _payment_of(begun: BeginOutcome) -> PaymentFacts:
    assert begun.payment is not None
    return begun.payment


def _declined(row: BookingRow, reason: str | None) -> Problem:
    return Problem(
        "payment_declined",
        f"{reason or 'The payment was not made.'} Nothing was charged; your hold stands until it expires.",
        bookingId=str(row.id),
    )


def _unavailable(seconds: float) -> Problem:
    return Problem(
        "payment_unavailable",
        "The payment provider does not answer. Nothing was charged, and your seats are kept; try again in a moment.",
        retryAfter=max(1, round(seconds)),
    )


def _cooling(seconds: int) -> Problem:
    return Problem(
        "payment_cooling",
        f"Several cards were refused. Nothing was charged, and your seats are kept; try again in {seconds} seconds.",
        retryAfter=max(1, seconds),
    )
