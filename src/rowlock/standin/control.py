"""/control: what no real provider has. Tests and the curious set here what goes wrong, and play the bank."""

from collections.abc import Callable
from typing import Literal

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from rowlock.standin.books import Books, Thing
from rowlock.standin.faults import Faults, Switches
from rowlock.standin.postman import Postman
from rowlock.standin.razorpay import ledger as razorpay
from rowlock.standin.razorpay.api import RazorpayFace
from rowlock.standin.stripe import intents as stripe
from rowlock.standin.stripe.api import StripeFace
from rowlock.standin.stripe.refunds import REFUND as STRIPE_REFUND


class BankDeed(msgspec.Struct, forbid_unknown_fields=True):
    """Something that happens at the provider without a call: to a payment, a dispute or a refund."""

    deed: Literal["dispute", "refund", "win", "lose", "pay", "fail"]
    """`dispute` a payment, `refund` it from the dashboard; `win`, `lose` a dispute; `pay`, `fail` a pending refund."""
    id: str
    amount: int | None = None
    """Of a refund, in the provider's minor units; None: all that is left."""


class Control:
    """The switches, the letters and the bank."""

    def __init__(self, books: Books, faults: Faults, postman: Postman, faces: tuple[StripeFace, RazorpayFace]) -> None:
        self._books = books
        self._faults = faults
        self._postman = postman
        self._stripe, self._razorpay = faces

    def routes(self) -> list[Route]:
        """Their addresses."""
        return [
            Route("/control", self._show, methods=["GET"]),
            Route("/control", self._set, methods=["PUT"]),
            Route("/control/letters", self._letters, methods=["GET"]),
            Route("/control/release", self._release, methods=["POST"]),
            Route("/control/bank", self._bank, methods=["POST"]),
        ]

    async def _show(self, _request: Request) -> Response:
        return _json(self._faults.switches)

    async def _set(self, request: Request) -> Response:
        """All switches at once; those that are not named go back to good behaviour."""
        try:
            self._faults.switches = msgspec.json.decode(await request.body(), type=Switches)
        except msgspec.DecodeError as error:
            return _json({"error": str(error)}, 422)
        return _json(self._faults.switches)

    async def _letters(self, _request: Request) -> Response:
        return _json({"waiting": self._postman.waiting(), "delivered": list(self._postman.deliveries)})

    async def _release(self, request: Request) -> Response:
        """Send what waits; `?order=backwards` the last first."""
        sent = self._postman.release(backwards=request.query_params.get("order") == "backwards")
        return _json({"sent": sent})

    async def _bank(self, request: Request) -> Response:
        try:
            word = msgspec.json.decode(await request.body(), type=BankDeed)
        except msgspec.DecodeError as error:
            return _json({"error": str(error)}, 422)
        work = self._stripe_work(word) or self._razorpay_work(word)
        if work is None:
            return _json({"error": f"nothing of the id {word.id} can be done that to"}, 404)
        done = work()
        self._books.commit()
        return _json(done)

    def _stripe_work(self, word: BankDeed) -> Callable[[], Thing] | None:
        intents, refunds = self._stripe.intents, self._stripe.refunds
        intent = self._books.find(stripe.INTENT, word.id)
        charge = self._books.find(stripe.CHARGE, intent["latest_charge"] or "") if intent is not None else None
        if charge is not None and word.deed in {"dispute", "refund"}:
            left = charge["amount_captured"] - charge["amount_refunded"]
            return (
                (lambda: intents.dispute(charge))
                if word.deed == "dispute"
                else (lambda: refunds.pay_back(charge, word.amount or left, {}))
            )
        if (dispute := self._books.find(stripe.DISPUTE, word.id)) is not None:
            return lambda: intents.close_dispute(dispute, won=word.deed == "win")
        if (refund := self._books.find(STRIPE_REFUND, word.id)) is not None:
            return lambda: refunds.settle(refund, paid=word.deed == "pay")
        return None

    def _razorpay_work(self, word: BankDeed) -> Callable[[], Thing] | None:
        ledger = self._razorpay.ledger
        if (payment := self._books.find(razorpay.PAYMENT, word.id)) is not None:
            if word.deed == "dispute":
                return lambda: ledger.dispute(payment)
            return lambda: ledger.refund(word.id, {} if word.amount is None else {"amount": word.amount})
        if (dispute := self._books.find(razorpay.DISPUTE, word.id)) is not None:
            return lambda: ledger.close_dispute(dispute, won=word.deed == "win")
        if (refund := self._books.find(razorpay.REFUND, word.id)) is not None:
            return lambda: ledger.settle_refund(refund, paid=word.deed == "pay")
        return None


def _json(body: object, status: int = 200) -> Response:
    return Response(msgspec.json.encode(body), status, media_type="application/json")
