"""Refunds of captured charges, in part or whole."""

from rowlock.standin.books import Books, Thing, now
from rowlock.standin.cards import card_of_method
from rowlock.standin.stripe.call import Call, invalid, no_such, page
from rowlock.standin.stripe.intents import CHARGE, INTENT, Tell

REFUND = "stripe.refund"
_STATUS = {"paid": "succeeded", "pending": "pending", "failed": "failed"}


class Refunds:
    """What can be done with refunds."""

    def __init__(self, books: Books, tell: Tell) -> None:
        self._books = books
        self._tell = tell

    def create(self, call: Call) -> Thing:
        """POST /v1/refunds"""
        charge = self._charge(call)
        left = charge["amount_captured"] - charge["amount_refunded"]
        if left == 0:
            raise invalid(f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded")
        amount = call.number("amount")
        amount = left if amount is None else amount
        if not 0 < amount <= left:
            raise invalid(f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left})", "amount")
        return self.pay_back(charge, amount, call.texts("metadata"))

    def pay_back(self, charge: Thing, amount: int, metadata: dict[str, str]) -> Thing:
        """Give so much of a charge back, in the manner of its card."""
        card = card_of_method(charge["payment_method"])
        habit = "paid" if card is None else card.refunds
        refund = self._books.make(
            REFUND, "re", object="refund", amount=amount, charge=charge["id"], created=now(), failure_reason=None,
            currency=charge["currency"], metadata=metadata, payment_intent=charge["payment_intent"], reason=None,
            status=_STATUS[habit],
        )  # fmt: skip
        self._tell("refund.created", refund)
        if habit == "failed":
            self.settle(refund, paid=False)
            return refund
        refunded = charge["amount_refunded"] + amount
        self._books.change(
            CHARGE, charge, amount_refunded=refunded, refunded=refunded == charge["amount_captured"]
        )  # fmt: skip
        self._tell("charge.refunded", charge)
        return refund

    def settle(self, refund: Thing, *, paid: bool) -> Thing:
        """What becomes of a pending refund."""
        if paid:
            self._books.change(REFUND, refund, status="succeeded")
        else:
            charge = self._books.find(CHARGE, refund["charge"])
            if charge is not None and refund["status"] == "pending":
                self._books.change(
                    CHARGE, charge, amount_refunded=charge["amount_refunded"] - refund["amount"], refunded=False
                )  # fmt: skip
            self._books.change(REFUND, refund, status="failed", failure_reason="expired_or_canceled_card")
        self._tell("refund.updated" if paid else "refund.failed", refund)
        return refund

    def retrieve(self, call: Call) -> Thing:
        """GET /v1/refunds/{id}"""
        refund = self._books.find(REFUND, call.thing_id)
        if refund is None:
            raise no_such("refund", call.thing_id)
        return refund

    def list(self, call: Call) -> Thing:
        """GET /v1/refunds, of one payment intent or all."""
        intent = call.text("payment_intent")
        refunds = [thing for thing in self._books.all(REFUND) if intent in {None, thing["payment_intent"]}]
        return page(call, refunds, "/v1/refunds")

    def _charge(self, call: Call) -> Thing:
        charge_id = call.text("charge")
        if charge_id is None:
            intent = self._books.find(INTENT, call.need("payment_intent"))
            if intent is None:
                raise no_such("payment_intent", call.need("payment_intent"))
            charge_id = intent["latest_charge"] or ""
        charge = self._books.find(CHARGE, charge_id)
        if charge is None or not charge["captured"]:
            raise invalid("This PaymentIntent does not have a successful charge to refund.", code="charge_not_captured")
        return charge
