"""Payment intents: money that is authorised, captured or let go."""

from collections.abc import Callable
from typing import NamedTuple

from rowlock.standin.books import Books, Thing, now
from rowlock.standin.cards import DECLINES, Card, card_of_method
from rowlock.standin.stripe.call import Call, invalid, no_such, page
from rowlock.standin.stripe.call import Refusal as StripeRefusal

INTENT, CHARGE, DISPUTE = "stripe.payment_intent", "stripe.charge", "stripe.dispute"
CANCELLABLE = ("requires_payment_method", "requires_confirmation", "requires_action", "requires_capture")
CONFIRMABLE = CANCELLABLE[:3]
THREE_DECIMALS = frozenset({"bhd", "jod", "kwd", "omr", "tnd"})
WHOLE_HUNDREDS = frozenset({"isk", "ugx"})

Tell = Callable[[str, Thing], None]
"""Make an event of what has happened to a thing and send it to those who listen."""


class Terms(NamedTuple):
    """What an intent is made with; `amount` in Stripe's own minor units."""

    amount: int
    currency: str
    method: str | None = None
    by_hand: bool = False
    """Captured by a call, not by itself."""
    metadata: dict[str, str] = {}  # noqa: RUF012  never written to
    description: str | None = None


class Intents:
    """What can be done with payment intents."""

    def __init__(self, books: Books, tell: Tell, public: str) -> None:
        """`public`: the address of this face, for the bank's page."""
        self._books = books
        self._tell = tell
        self._public = public

    def create(self, call: Call) -> Thing:
        """POST /v1/payment_intents"""
        by_hand = call.text("capture_method") == "manual"
        intent = self.make(
            Terms(
                amount=checked_amount(call.number("amount"), call.need("currency")),
                currency=call.need("currency"),
                method=call.text("payment_method"),
                by_hand=by_hand,
                metadata=call.texts("metadata"),
                description=call.text("description"),
            )
        )
        return self._confirm(intent, call) if call.text("confirm") == "true" else intent

    def make(self, terms: Terms) -> Thing:
        """A new intent that nobody has paid yet."""
        intent = self._books.make(
            INTENT, "pi", object="payment_intent", amount=terms.amount, amount_capturable=0, amount_received=0,
            canceled_at=None, cancellation_reason=None, capture_method="manual" if terms.by_hand else "automatic",
            confirmation_method="automatic", created=now(), currency=terms.currency, description=terms.description,
            last_payment_error=None, latest_charge=None, livemode=False, metadata=terms.metadata, next_action=None,
            payment_method=terms.method, payment_method_types=["card"],
            status="requires_confirmation" if terms.method else "requires_payment_method",
        )  # fmt: skip
        return self._books.change(INTENT, intent, client_secret=f"{intent['id']}_secret_standin")

    def retrieve(self, call: Call) -> Thing:
        """GET /v1/payment_intents/{id}"""
        return self.find(call.thing_id)

    def list(self, call: Call) -> Thing:
        """GET /v1/payment_intents"""
        return page(call, self._books.all(INTENT), "/v1/payment_intents")

    def search(self, call: Call) -> Thing:
        """GET /v1/payment_intents/search, by one field of metadata. The real search lags by up to a minute."""
        field, _, value = call.need("query").partition(":")
        name = field.removeprefix("metadata[").rstrip("]").strip("'\"")
        wanted = value.strip().strip("'\"")
        found = [intent for intent in self._books.all(INTENT) if intent["metadata"].get(name) == wanted]
        address = "/v1/payment_intents/search"
        return {"object": "search_result", "data": found, "has_more": False, "next_page": None, "url": address}

    def confirm(self, call: Call) -> Thing:
        """POST /v1/payment_intents/{id}/confirm"""
        return self._confirm(self._in_state(call.thing_id, CONFIRMABLE, "confirm"), call)

    def capture(self, call: Call) -> Thing:
        """POST /v1/payment_intents/{id}/capture"""
        intent = self._in_state(call.thing_id, ("requires_capture",), "capture")
        amount = call.number("amount_to_capture")
        amount = intent["amount_capturable"] if amount is None else amount
        if not 0 < amount <= intent["amount_capturable"]:
            raise invalid("Amount to capture is more than is authorised.", "amount_to_capture")
        return self.take(intent, amount)

    def cancel(self, call: Call) -> Thing:
        """POST /v1/payment_intents/{id}/cancel"""
        return self.let_go(self._in_state(call.thing_id, CANCELLABLE, "cancel"))

    def find(self, intent_id: str) -> Thing:
        """The intent of this id."""
        intent = self._books.find(INTENT, intent_id)
        if intent is None:
            raise no_such("payment_intent", intent_id)
        return intent

    def attempt(self, intent: Thing, card: Card, return_url: str | None) -> Thing:
        """What the card's bank says; a decline is a Refusal and on the books."""
        self._books.change(INTENT, intent, payment_method=card.method, last_payment_error=None, next_action=None)
        if card.declined is not None:
            raise self.decline(intent, card.declined)
        if not card.challenge:
            return self.authorise(intent, card)
        asked = {"return_url": return_url, "url": f"{self._public}/bank/{intent['id']}"}
        self._books.change(
            INTENT, intent, status="requires_action", next_action={"type": "redirect_to_url", "redirect_to_url": asked}
        )
        self._tell("payment_intent.requires_action", intent)
        return intent

    def authorise(self, intent: Thing, card: Card) -> Thing:
        """The bank sets the money aside; it is taken at once unless that waits for a call."""
        charge = self._charge(intent, card, paid=True)
        self._books.change(
            INTENT, intent, status="requires_capture", amount_capturable=intent["amount"], next_action=None,
            latest_charge=charge["id"],
        )  # fmt: skip
        if intent["capture_method"] != "manual":
            return self.take(intent, intent["amount"])
        self._tell("payment_intent.amount_capturable_updated", intent)
        return intent

    def decline(self, intent: Thing, code: str) -> StripeRefusal:
        """The bank says no: what the call answers."""
        card = card_of_method(intent["payment_method"])
        assert card is not None
        charge = self._charge(intent, card, paid=False)
        error = {"type": "card_error", "message": DECLINES[code]} | (
            {"code": "payment_intent_authentication_failure"}
            if code == "authentication_required"
            else {"code": "card_declined", "decline_code": code}
        )
        self._books.change(
            INTENT, intent, status="requires_payment_method", payment_method=None, next_action=None,
            latest_charge=charge["id"], last_payment_error=error,
        )  # fmt: skip
        self._tell("payment_intent.payment_failed", intent)
        more = {name: value for name, value in error.items() if name not in {"type", "message"}}
        return StripeRefusal(402, "card_error", DECLINES[code], **more, charge=charge["id"], payment_intent=intent)

    def take(self, intent: Thing, amount: int) -> Thing:
        """Capture so much of what is authorised; the rest is let go."""
        charge = self._books.find(CHARGE, intent["latest_charge"])
        assert charge is not None
        moved = self._books.make(
            "stripe.balance_transaction", "txn", object="balance_transaction", amount=amount, created=now(),
            currency=intent["currency"], fee=0, net=amount, source=charge["id"], type="charge",
        )  # fmt: skip
        self._books.change(CHARGE, charge, captured=True, amount_captured=amount, balance_transaction=moved["id"])
        self._books.change(INTENT, intent, status="succeeded", amount_capturable=0, amount_received=amount)
        self._tell("payment_intent.succeeded", intent)
        self._tell("charge.captured", charge)
        card = card_of_method(charge["payment_method"])
        if card is not None and card.disputed:
            self.dispute(charge)
        return intent

    def let_go(self, intent: Thing) -> Thing:
        """Cancel, and free what is authorised."""
        charge = self._books.find(CHARGE, intent["latest_charge"] or "")
        if charge is not None and charge["paid"]:
            self._books.change(CHARGE, charge, refunded=True, amount_refunded=charge["amount"])
        self._books.change(INTENT, intent, status="canceled", amount_capturable=0, canceled_at=now(), next_action=None)
        self._tell("payment_intent.canceled", intent)
        return intent

    def dispute(self, charge: Thing) -> Thing:
        """The holder of the card wants the money back, and the bank takes it."""
        dispute = self._books.make(
            DISPUTE, "du", object="dispute", amount=charge["amount_captured"], charge=charge["id"], created=now(),
            currency=charge["currency"], livemode=False, metadata={}, payment_intent=charge["payment_intent"],
            reason="fraudulent", status="needs_response", is_charge_refundable=False,
        )  # fmt: skip
        self._books.change(CHARGE, charge, disputed=True)
        self._tell("charge.dispute.created", dispute)
        return dispute

    def close_dispute(self, dispute: Thing, *, won: bool) -> Thing:
        """The bank has decided."""
        self._books.change(DISPUTE, dispute, status="won" if won else "lost")
        self._tell("charge.dispute.closed", dispute)
        return dispute

    def disputes(self, call: Call) -> Thing:
        """GET /v1/disputes"""
        return page(call, self._books.all(DISPUTE), "/v1/disputes")

    def _confirm(self, intent: Thing, call: Call) -> Thing:
        method = call.text("payment_method") or intent["payment_method"]
        if method is None:
            raise invalid("You cannot confirm this PaymentIntent because it's missing a payment method.")
        card = card_of_method(method)
        if card is None:
            raise invalid(f"No such PaymentMethod: '{method}'", "payment_method", code="resource_missing")
        call.trouble = card.trouble
        return self.attempt(intent, card, call.text("return_url"))

    def _in_state(self, intent_id: str, states: tuple[str, ...], deed: str) -> Thing:
        intent = self.find(intent_id)
        if intent["status"] not in states:
            message = f"You cannot {deed} this PaymentIntent because it has a status of {intent['status']}."
            raise invalid(message, code="payment_intent_unexpected_state", payment_intent=intent)
        return intent

    def _charge(self, intent: Thing, card: Card, *, paid: bool) -> Thing:
        shown = {"brand": "visa", "last4": card.last4, "fingerprint": card.fingerprint, "country": "US"}
        return self._books.make(
            CHARGE, "ch", object="charge", amount=intent["amount"], amount_captured=0, amount_refunded=0,
            balance_transaction=None, captured=False, created=now(), currency=intent["currency"],
            description=intent["description"], disputed=False, livemode=False, metadata=dict(intent["metadata"]),
            paid=paid,
            payment_intent=intent["id"], payment_method=card.method,
            payment_method_details={"type": "card", "card": shown}, refunded=False,
            status="succeeded" if paid else "failed",
        )  # fmt: skip


def checked_amount(amount: int | None, currency: str) -> int:
    """An amount that Stripe would take in this currency; a Refusal says why it would not."""
    if amount is None or not 0 < amount <= 99_999_999:
        raise invalid("Invalid positive integer", "amount", code="parameter_invalid_integer")
    if currency != currency.lower() or len(currency) != 3:
        raise invalid(f"Invalid currency: {currency}", "currency")
    if (currency in THREE_DECIMALS and amount % 10) or (currency in WHOLE_HUNDREDS and amount % 100):
        raise invalid(f"Invalid amount. {currency.upper()} amounts must end in zero.", "amount", code="invalid_amount")
    return amount
