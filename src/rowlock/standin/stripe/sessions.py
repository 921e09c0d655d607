"""Checkout: a page of ours takes the card, and sends the buyer back."""

from rowlock.standin.books import Books, Thing, now
from rowlock.standin.cards import Card
from rowlock.standin.stripe.call import Call, invalid, missing, no_such, page
from rowlock.standin.stripe.intents import Intents, Tell, Terms, checked_amount

SESSION = "stripe.checkout.session"
LIFE_SECONDS_MIN, LIFE_SECONDS_MAX = 30 * 60, 24 * 3600


class Sessions:
    """What can be done with Checkout sessions."""

    def __init__(self, books: Books, tell: Tell, intents: Intents, public: str) -> None:
        self._books = books
        self._tell = tell
        self._intents = intents
        self._public = public

    def create(self, call: Call) -> Thing:
        """POST /v1/checkout/sessions, for one payment."""
        if call.need("mode") != "payment":
            raise invalid("The stand-in takes payments only.", "mode")
        total, currency = _total(call)
        expires_at = call.number("expires_at") or now() + LIFE_SECONDS_MAX
        if not now() + LIFE_SECONDS_MIN - 60 <= expires_at <= now() + LIFE_SECONDS_MAX + 60:
            raise invalid("The `expires_at` timestamp must be 30 minutes to 24 hours from now.", "expires_at")
        session = self._books.make(
            SESSION, "cs_test", object="checkout.session", amount_subtotal=total, amount_total=total,
            cancel_url=call.text("cancel_url"), client_reference_id=call.text("client_reference_id"), created=now(),
            currency=currency, expires_at=expires_at, livemode=False, metadata=call.texts("metadata"),
            mode="payment", payment_intent=None, payment_method_types=["card"], payment_status="unpaid",
            status="open", success_url=call.need("success_url"), ui_mode="hosted_page",
            intent_data={
                "capture_method": call.text("payment_intent_data", "capture_method"),
                "description": call.text("payment_intent_data", "description"),
                "metadata": _metadata(call),
            },
        )  # fmt: skip
        return self._books.change(SESSION, session, url=f"{self._public}/pay/{session['id']}")

    def retrieve(self, call: Call) -> Thing:
        """GET /v1/checkout/sessions/{id}"""
        return self.find(call.thing_id)

    def list(self, call: Call) -> Thing:
        """GET /v1/checkout/sessions, of one payment intent or all."""
        intent = call.text("payment_intent")
        sessions = [thing for thing in self._books.all(SESSION) if intent in {None, thing["payment_intent"]}]
        return page(call, sessions, "/v1/checkout/sessions")

    def expire(self, call: Call) -> Thing:
        """POST /v1/checkout/sessions/{id}/expire"""
        session = self.find(call.thing_id)
        if session["status"] != "open":
            raise invalid(
                'Only Checkout Sessions with a status in ["open"] can be expired. '
                f"This Checkout Session has a status of {session['status']}."
            )
        return self._expire(session)

    def find(self, session_id: str) -> Thing:
        """The session of this id, expired when its time is over."""
        session = self._books.find(SESSION, session_id)
        if session is None:
            raise no_such("checkout.session", session_id)
        return self._expire(session) if session["status"] == "open" and session["expires_at"] < now() else session

    def pay(self, session: Thing, card: Card) -> Thing:
        """The buyer pays on our page; a Refusal when the bank declines, and then another card may be tried."""
        if session["payment_intent"] is None:
            data = session["intent_data"]
            intent = self._intents.make(
                Terms(session["amount_total"], session["currency"], by_hand=data["capture_method"] == "manual",
                      metadata=data["metadata"], description=data["description"])
            )  # fmt: skip
            self._books.change(SESSION, session, payment_intent=intent["id"])
        intent = self._intents.find(session["payment_intent"])
        self._intents.attempt(intent, card, f"{self._public}/done/{session['id']}")
        return self.look(session)

    def look(self, session: Thing) -> Thing:
        """Complete the session once its intent is paid."""
        status = self._intents.find(session["payment_intent"])["status"] if session["payment_intent"] else None
        if session["status"] == "open" and status in {"requires_capture", "succeeded"}:
            self._books.change(
                SESSION, session, status="complete", url=None,
                payment_status="paid" if status == "succeeded" else "unpaid",
            )  # fmt: skip
            self._tell("checkout.session.completed", session)
        return session

    def _expire(self, session: Thing) -> Thing:
        if session["payment_intent"] is not None:
            self._intents.let_go(self._intents.find(session["payment_intent"]))
        self._books.change(SESSION, session, status="expired", url=None)
        self._tell("checkout.session.expired", session)
        return session


def _total(call: Call) -> tuple[int, str]:
    """What all lines come to, and in which currency."""
    lines = call.form.get("line_items")
    if not isinstance(lines, dict) or not lines:
        raise missing("line_items")
    total, currency = 0, ""
    for place in lines:
        line = ("line_items", place)
        currency = call.need(*line, "price_data", "currency")
        call.need(*line, "price_data", "product_data", "name")
        unit = checked_amount(call.number(*line, "price_data", "unit_amount"), currency)
        total += unit * (call.number(*line, "quantity") or 1)
    return total, currency


def _metadata(call: Call) -> dict[str, str]:
    data = call.form.get("payment_intent_data")
    return Call(data if isinstance(data, dict) else {}).texts("metadata")
