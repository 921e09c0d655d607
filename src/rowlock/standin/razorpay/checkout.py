"""The hosted checkout: a form brings the buyer here with an order, a form takes them back."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from rowlock.standin.books import Books, Thing
from rowlock.standin.cards import card_of_number
from rowlock.standin.credentials import RAZORPAY_KEY_ID, RAZORPAY_KEY_SECRET
from rowlock.standin.faults import Broken, suffer
from rowlock.standin.pages import amount_in_words, bank_page, card_page, return_page, word_page
from rowlock.standin.postman import razorpay_signature
from rowlock.standin.razorpay.api import RazorpayFace
from rowlock.standin.razorpay.ledger import ORDER, PAYMENT
from rowlock.standin.stripe.call import read_form

VISIT = "razorpay.visit"
BODY_BYTES_MAX = 16 * 1024


class HostedCheckout:
    """What a buyer sees of the Razorpay face."""

    def __init__(self, books: Books, face: RazorpayFace, public: str) -> None:
        """`public`: the address of the face as browsers reach it."""
        self._books = books
        self._face = face
        self._public = public

    def routes(self) -> list[Route]:
        """Their addresses, below the face's own."""
        return [
            Route("/v1/checkout/embedded", self._arrive, methods=["POST"]),
            Route("/pay/{id}", self._show, methods=["GET"]),
            Route("/pay/{id}", self._pay, methods=["POST"]),
            Route("/bank/{id}", self._ask, methods=["GET"]),
            Route("/bank/{id}", self._answer, methods=["POST"]),
        ]

    async def _arrive(self, request: Request) -> Response:
        form = await _form(request)
        order = self._books.find(ORDER, str(form.get("order_id")))
        if form.get("key_id") != RAZORPAY_KEY_ID or order is None or not form.get("callback_url"):
            return word_page(
                "Test payment", "The form that led here does not name a key, an order and a way back.", 400
            )
        visit = self._books.make(
            VISIT, "visit", order=order["id"], callback_url=form["callback_url"], cancel_url=form.get("cancel_url"),
            payment=None, notes=form.get("notes") or [],
        )  # fmt: skip
        self._books.commit()
        return RedirectResponse(f"{self._public}/pay/{visit['id']}", 303)

    async def _show(self, request: Request) -> Response:
        visit, order = self._visit(request)
        return _closed(order) or self._card_page(visit, order)

    async def _pay(self, request: Request) -> Response:
        visit, order = self._visit(request)
        if (closed := _closed(order)) is not None:
            return closed
        card = card_of_number(str((await _form(request)).get("card")))
        if card is None:
            return self._card_page(visit, order, "There is no such card.")
        payment = self._face.ledger.attempt(order, card, visit["notes"])
        self._books.change(VISIT, visit, payment=payment["id"])
        self._books.commit()
        try:
            await suffer("error" if card.trouble == "hang" else card.trouble, request)
        except Broken:
            return word_page("No answer", "The connection to the payment provider was lost.", 504)
        if payment["status"] == "failed":
            return self._card_page(visit, order, payment["error_description"])
        if payment["status"] == "created":
            return RedirectResponse(f"{self._public}/bank/{visit['id']}", 303)
        return _home(visit, payment)

    async def _ask(self, request: Request) -> Response:
        _, order = self._visit(request)
        return bank_page(_amount(order), request.url.path)

    async def _answer(self, request: Request) -> Response:
        visit, order = self._visit(request)
        payment = self._books.find(PAYMENT, visit["payment"] or "")
        if payment is None or payment["status"] != "created":
            return word_page("Test bank", "There is nothing to approve.", 409)
        approved = (await _form(request)).get("answer") == "approve"
        if approved:
            self._face.ledger.authorise(payment)
        else:
            self._face.ledger.fail(payment, "authentication_required")
        self._books.commit()
        return _home(visit, payment) if approved else self._card_page(visit, order, payment["error_description"])

    def _visit(self, request: Request) -> tuple[Thing, Thing]:
        visit = self._face.ledger.find(VISIT, request.path_params["id"])
        return visit, self._face.ledger.find(ORDER, visit["order"])

    def _card_page(self, visit: Thing, order: Thing, fault: str | None = None) -> Response:
        return card_page(_amount(order), f"{self._public}/pay/{visit['id']}", visit["cancel_url"], fault)


def _home(visit: Thing, payment: Thing) -> Response:
    signed = f"{payment['order_id']}|{payment['id']}"
    return return_page(
        visit["callback_url"],
        {
            "razorpay_payment_id": payment["id"],
            "razorpay_order_id": payment["order_id"],
            "razorpay_signature": razorpay_signature(RAZORPAY_KEY_SECRET, signed.encode()),
        },
    )


def _closed(order: Thing) -> Response | None:
    return word_page("Test payment", "This order is paid.", 410) if order["status"] == "paid" else None


def _amount(order: Thing) -> str:
    return amount_in_words(order["amount"], order["currency"])


async def _form(request: Request) -> Thing:
    return read_form((await request.body())[:BODY_BYTES_MAX].decode())
