"""Orders and what was paid for them, refunded, and disputed."""

from collections.abc import Callable
from typing import Any

from rowlock.standin.books import Books, Thing, now
from rowlock.standin.cards import DECLINES, Card, card_of_number

ORDER, PAYMENT, REFUND, DISPUTE = "razorpay.order", "razorpay.payment", "razorpay.refund", "razorpay.dispute"
PAGE_SIZE, PAGE_SIZE_MAX = 10, 100
RECEIPT_CHARACTERS_MAX = 40
_REFUND_STATUS = {"paid": "processed", "pending": "pending", "failed": "failed"}

Tell = Callable[[str, dict[str, Thing]], None]
"""Make an event of what has happened to things (by their kind) and send it."""


class Refusal(Exception):  # noqa: N818  an outcome for the caller
    """What Razorpay answers instead of what was asked for."""

    def __init__(self, description: str, *, status: int = 400, field: str | None = None) -> None:
        super().__init__(description)
        self.status = status
        self.error: Thing = {
            "code": "BAD_REQUEST_ERROR", "description": description, "source": "business", "step": "payment_initiation",
            "reason": "input_validation_failed", "metadata": {}, "field": field,
        }  # fmt: skip


class Ledger:
    """What can be done with them."""

    def __init__(self, books: Books, tell: Tell) -> None:
        self._books = books
        self._tell = tell

    def open_order(self, body: Thing) -> Thing:
        """POST /v1/orders"""
        amount, currency, receipt = body.get("amount"), body.get("currency"), body.get("receipt")
        if not isinstance(amount, int) or not 0 < amount < 10**10:
            raise Refusal("The amount must be an integer.", field="amount")
        if not isinstance(currency, str) or len(currency) != 3 or currency != currency.upper():
            raise Refusal("Currency is not supported", field="currency")
        if currency in {"KWD", "BHD", "OMR"} and amount % 10:
            raise Refusal("The last digit of a three decimal amount must be 0.", field="amount")
        if receipt is not None and (not isinstance(receipt, str) or len(receipt) > RECEIPT_CHARACTERS_MAX):
            raise Refusal("The receipt may not be greater than 40 characters.", field="receipt")
        return self._books.make(
            ORDER, "order", entity="order", amount=amount, amount_paid=0, amount_due=amount, currency=currency,
            receipt=receipt, offer_id=None, status="created", attempts=0, notes=body.get("notes") or [],
            created_at=now(),
        )  # fmt: skip

    def find(self, kind: str, thing_id: str) -> Thing:
        """The thing of this id; a Refusal when there is none."""
        thing = self._books.find(kind, thing_id)
        if thing is None:
            raise Refusal("The id provided does not exist")
        return thing

    def note(self, order_id: str, body: Thing) -> Thing:
        """PATCH /v1/orders/{id}: its notes, all of them."""
        notes = body.get("notes")
        if not isinstance(notes, dict):
            raise Refusal("The notes field is required.", field="notes")
        return self._books.change(ORDER, self.find(ORDER, order_id), notes=notes)

    def payments_of(self, order_id: str) -> list[Thing]:
        """What was tried on an order, newest first."""
        return [payment for payment in self._books.all(PAYMENT) if payment["order_id"] == order_id]

    def refunds_of(self, payment_id: str) -> list[Thing]:
        """What was given back of a payment, newest first."""
        return [refund for refund in self._books.all(REFUND) if refund["payment_id"] == payment_id]

    def attempt(self, order: Thing, card: Card, notes: object) -> Thing:
        """The buyer tries to pay; what the bank says is the payment's status, `created` while it waits for approval."""
        shown = {"id": f"card_{card.fingerprint}", "entity": "card", "last4": card.last4, "network": "Visa"}
        payment = self._books.make(
            PAYMENT, "pay", entity="payment", amount=order["amount"], currency=order["currency"], status="created",
            order_id=order["id"], invoice_id=None, international=False, method="card", amount_refunded=0,
            refund_status=None, captured=False, description=None, card_id=shown["id"], card=shown, bank=None,
            wallet=None, vpa=None, email="buyer@example.com", contact="+910000000000", notes=notes, fee=None,
            tax=None, error_code=None, error_description=None, error_source=None, error_step=None, error_reason=None,
            acquirer_data={}, created_at=now(),
        )  # fmt: skip
        self._books.keep("razorpay.card_used", {"id": f"used_{payment['id']}", "number": card.number})
        self._books.change(ORDER, order, attempts=order["attempts"] + 1, status="attempted")
        if card.declined is not None:
            return self.fail(payment, card.declined)
        return payment if card.challenge else self.authorise(payment)

    def authorise(self, payment: Thing) -> Thing:
        """The bank sets the money aside."""
        self._books.change(PAYMENT, payment, status="authorized")
        self._tell("payment.authorized", {"payment": payment})
        return payment

    def fail(self, payment: Thing, code: str) -> Thing:
        """The bank says no."""
        self._books.change(
            PAYMENT, payment, status="failed", error_code="BAD_REQUEST_ERROR", error_description=DECLINES[code],
            error_source="bank", error_step="payment_authorization", error_reason=code,
        )  # fmt: skip
        self._tell("payment.failed", {"payment": payment})
        return payment

    def capture(self, payment_id: str, body: Thing) -> Thing:
        """POST /v1/payments/{id}/capture"""
        payment = self.find(PAYMENT, payment_id)
        if payment["status"] in {"captured", "refunded"}:
            raise Refusal("This payment has already been captured")
        if payment["status"] != "authorized":
            raise Refusal("Only payments which have been authorized and not yet captured can be captured")
        if body.get("amount") != payment["amount"]:
            raise Refusal("Capture amount must be equal to the amount authorized", field="amount")
        order = self.find(ORDER, payment["order_id"])
        self._books.change(PAYMENT, payment, status="captured", captured=True)
        self._books.change(ORDER, order, status="paid", amount_paid=payment["amount"], amount_due=0)
        self._tell("payment.captured", {"payment": payment})
        self._tell("order.paid", {"payment": payment, "order": order})
        if self._card(payment).disputed:
            self.dispute(payment)
        return payment

    def refund(self, payment_id: str, body: Thing) -> Thing:
        """POST /v1/payments/{id}/refund"""
        payment = self.find(PAYMENT, payment_id)
        left = payment["amount"] - payment["amount_refunded"]
        if not payment["captured"]:
            raise Refusal("The payment must be captured before it can be refunded")
        if left == 0:
            raise Refusal("The payment has been fully refunded already")
        amount = body.get("amount", left)
        if not isinstance(amount, int) or not 0 < amount <= left:
            raise Refusal("The total refund amount is greater than the refund payment amount", field="amount")
        habit = self._card(payment).refunds
        refund = self._books.make(
            REFUND, "rfnd", entity="refund", amount=amount, currency=payment["currency"], payment_id=payment_id,
            notes=body.get("notes") or [], receipt=body.get("receipt"), acquirer_data={"arn": None},
            created_at=now(), batch_id=None, status=_REFUND_STATUS[habit], speed_requested="normal",
            speed_processed="normal",
        )  # fmt: skip
        self._tell("refund.created", {"refund": refund, "payment": payment})
        if habit == "failed":
            self._tell("refund.failed", {"refund": refund, "payment": payment})
            return refund
        self._count_refund(payment, amount)
        if habit == "paid":
            self._tell("refund.processed", {"refund": refund, "payment": payment})
        return refund

    def settle_refund(self, refund: Thing, *, paid: bool) -> Thing:
        """What becomes of a pending refund."""
        payment = self.find(PAYMENT, refund["payment_id"])
        if not paid and refund["status"] == "pending":
            self._count_refund(payment, -refund["amount"])
        self._books.change(REFUND, refund, status="processed" if paid else "failed")
        self._tell("refund.processed" if paid else "refund.failed", {"refund": refund, "payment": payment})
        return refund

    def dispute(self, payment: Thing) -> Thing:
        """The holder of the card wants the money back, and the bank takes it."""
        dispute = self._books.make(
            DISPUTE, "disp", entity="dispute", payment_id=payment["id"], amount=payment["amount"],
            currency=payment["currency"], amount_deducted=payment["amount"], reason_code="fraudulent",
            respond_by=now() + 7 * 24 * 3600, status="open", phase="chargeback", created_at=now(),
        )  # fmt: skip
        self._tell("payment.dispute.created", {"payment": payment, "dispute": dispute})
        return dispute

    def close_dispute(self, dispute: Thing, *, won: bool) -> Thing:
        """The bank has decided."""
        self._books.change(DISPUTE, dispute, status="won" if won else "lost")
        word = "won" if won else "lost"
        self._tell(
            f"payment.dispute.{word}", {"payment": self.find(PAYMENT, dispute["payment_id"]), "dispute": dispute}
        )
        return dispute

    def list(self, kind: str, query: dict[str, str]) -> list[Thing]:
        """One page of a kind, newest first, of a time and (orders) a receipt."""
        since, until = _number(query, "from", 0), _number(query, "to", 10**12)
        found = [thing for thing in self._books.all(kind) if since <= thing["created_at"] <= until]
        if "receipt" in query:
            found = [thing for thing in found if thing.get("receipt") == query["receipt"]]
        skip, count = _number(query, "skip", 0), min(_number(query, "count", PAGE_SIZE), PAGE_SIZE_MAX)
        return found[skip : skip + count]

    def _count_refund(self, payment: Thing, amount: int) -> None:
        refunded = payment["amount_refunded"] + amount
        whole = refunded == payment["amount"]
        self._books.change(
            PAYMENT, payment, amount_refunded=refunded, status="refunded" if whole else "captured",
            refund_status="full" if whole else "partial" if refunded else None,
        )  # fmt: skip

    def _card(self, payment: Thing) -> Card:
        used = self._books.find("razorpay.card_used", f"used_{payment['id']}")
        card = card_of_number(used["number"]) if used is not None else None
        assert card is not None
        return card


def collection(things: list[Thing]) -> Thing:
    """A list, as Razorpay sends it."""
    return {"entity": "collection", "count": len(things), "items": things}


def _number(query: dict[str, str], name: str, otherwise: int) -> int:
    text: Any = query.get(name)
    if text is None:
        return otherwise
    if not text.isdecimal():
        raise Refusal(f"The {name} must be an integer.", field=name)
    return int(text)
