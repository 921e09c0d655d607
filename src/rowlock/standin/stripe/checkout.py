"""The pages of a Checkout session, and the bank's page that a confirmed intent may lead to."""

from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from rowlock.standin.books import Books, Thing
from rowlock.standin.cards import card_of_method, card_of_number
from rowlock.standin.faults import Broken, suffer
from rowlock.standin.pages import amount_in_words, bank_page, card_page, word_page
from rowlock.standin.stripe.api import StripeFace
from rowlock.standin.stripe.call import Refusal, read_form

BODY_BYTES_MAX = 4096


class CheckoutPages:
    """What a buyer sees of the Stripe face."""

    def __init__(self, books: Books, face: StripeFace) -> None:
        self._books = books
        self._face = face

    def routes(self) -> list[Route]:
        """Their addresses, below the face's own."""
        return [
            Route("/pay/{id}", self._show, methods=["GET"]),
            Route("/pay/{id}", self._pay, methods=["POST"]),
            Route("/bank/{id}", self._ask, methods=["GET"]),
            Route("/bank/{id}", self._answer, methods=["POST"]),
            Route("/done/{id}", self._done, methods=["GET"]),
        ]

    async def _show(self, request: Request) -> Response:
        session = self._session(request)
        return _closed(session) or self._card_page(request, session)

    async def _pay(self, request: Request) -> Response:
        session = self._session(request)
        if (closed := _closed(session)) is not None:
            return closed
        card = card_of_number(str((await _form(request)).get("card")))
        if card is None:
            return self._card_page(request, session, "There is no such card.")
        try:
            self._face.sessions.pay(session, card)
        except Refusal as refusal:
            return self._card_page(request, session, str(refusal))
        finally:
            self._books.commit()
        try:
            await suffer("error" if card.trouble == "hang" else card.trouble, request)
        except Broken:
            return word_page("No answer", "The connection to the payment provider was lost.", 504)
        intent = self._face.intents.find(session["payment_intent"])
        if intent["status"] == "requires_action":
            return RedirectResponse(intent["next_action"]["redirect_to_url"]["url"], 303)
        return _home(session)

    async def _ask(self, request: Request) -> Response:
        intent = self._face.intents.find(request.path_params["id"])
        if intent["status"] != "requires_action":
            return word_page("Test bank", "There is nothing to approve.", 409)
        return bank_page(amount_in_words(intent["amount"], intent["currency"]), request.url.path)

    async def _answer(self, request: Request) -> Response:
        intent = self._face.intents.find(request.path_params["id"])
        if intent["status"] != "requires_action":
            return word_page("Test bank", "There is nothing to approve.", 409)
        back, approved = intent["next_action"]["redirect_to_url"]["return_url"], False
        if (await _form(request)).get("answer") == "approve":
            card = card_of_method(intent["payment_method"])
            assert card is not None
            self._face.intents.authorise(intent, card)
            approved = True
        else:
            self._face.intents.decline(intent, "authentication_required")
        self._books.commit()
        told = {"payment_intent": intent["id"], "redirect_status": "succeeded" if approved else "failed"}
        return RedirectResponse(f"{back}{'&' if '?' in back else '?'}{urlencode(told)}", 303)

    async def _done(self, request: Request) -> Response:
        """Back from the bank: home when it is paid, else to the choice of cards."""
        session = self._face.sessions.look(self._session(request))
        self._books.commit()
        if session["status"] == "complete":
            return _home(session)
        return RedirectResponse(f"{session['url']}?declined=1", 303)

    def _session(self, request: Request) -> Thing:
        return self._face.sessions.find(request.path_params["id"])

    def _card_page(self, request: Request, session: Thing, fault: str | None = None) -> Response:
        if fault is None and "declined" in request.query_params:
            fault = "The bank did not get your approval."
        amount = amount_in_words(session["amount_total"], session["currency"])
        return card_page(amount, request.url.path, session["cancel_url"], fault)


def _closed(session: Thing) -> Response | None:
    if session["status"] == "open":
        return None
    return word_page("Test payment", f"This payment page is {session['status']}.", 410)


def _home(session: Thing) -> Response:
    return RedirectResponse(session["success_url"].replace("{CHECKOUT_SESSION_ID}", session["id"]), 303)


async def _form(request: Request) -> Thing:
    return read_form((await request.body())[:BODY_BYTES_MAX].decode())
