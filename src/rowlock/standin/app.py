"""The stand-in as one program: both faces, their pages, and /control to make it go wrong."""

import asyncio
import socket
from pathlib import Path
from typing import NamedTuple

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount

from rowlock.standin.books import Books, now
from rowlock.standin.control import Control
from rowlock.standin.credentials import RAZORPAY_WEBHOOK_SECRET, STRIPE_WEBHOOK_SECRET
from rowlock.standin.faults import Faults
from rowlock.standin.pages import word_page
from rowlock.standin.postman import Postman, razorpay_signature, stripe_signature
from rowlock.standin.razorpay.api import RazorpayFace
from rowlock.standin.razorpay.checkout import HostedCheckout
from rowlock.standin.razorpay.ledger import Refusal as RazorpayRefusal
from rowlock.standin.stripe.api import StripeFace
from rowlock.standin.stripe.call import Refusal as StripeRefusal
from rowlock.standin.stripe.checkout import CheckoutPages

HOSTS = ["localhost", "127.0.0.1"]
"""It is for this machine: a name that somebody else gave its address does not lead here."""
GRACE_SECONDS = 1


class Webhooks(NamedTuple):
    """The addresses that get the events of each face."""

    stripe: tuple[str, ...] = ()
    razorpay: tuple[str, ...] = ()


class StandIn:
    """A payment provider: Stripe below /stripe, Razorpay below /razorpay."""

    def __init__(self, public: str, *, webhooks: Webhooks = Webhooks(), journal: Path | None = None) -> None:  # noqa: B008
        """`public`: its own address, as browsers reach it. With a `journal`, a file, it forgets nothing when killed."""
        self._books = Books(journal)
        self._faults = Faults()
        self._postman = Postman(
            self._books,
            self._faults,
            {
                "stripe": (webhooks.stripe, _signed_by_stripe),
                "razorpay": (webhooks.razorpay, _signed_by_razorpay),
            },
        )
        self._public = public

    def app(self) -> Starlette:
        """Everything it answers."""
        stripe = StripeFace(self._books, self._faults, self._postman, f"{self._public}/stripe")
        razorpay = RazorpayFace(self._books, self._faults, self._postman)
        checkout = HostedCheckout(self._books, razorpay, f"{self._public}/razorpay")
        control = Control(self._books, self._faults, self._postman, (stripe, razorpay))
        return Starlette(
            routes=[
                Mount("/stripe", routes=[*stripe.routes(), *CheckoutPages(self._books, stripe).routes()]),
                Mount("/razorpay", routes=[*razorpay.routes(), *checkout.routes()]),
                *control.routes(),
            ],
            middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=HOSTS)],
            exception_handlers={StripeRefusal: _page_of_refusal, RazorpayRefusal: _page_of_refusal},
        )

    async def serve(self, listener: socket.socket, stopping: asyncio.Event) -> None:
        """Answer on a listening socket until `stopping` is set."""
        config = uvicorn.Config(
            self.app(), lifespan="off", log_config=None, access_log=False, timeout_graceful_shutdown=GRACE_SECONDS
        )
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        self._postman.resume()
        await stopping.wait()
        server.should_exit = True
        await serving
        await self._postman.close()
        self._books.close()


async def _page_of_refusal(_request: Request, refusal: Exception) -> Response:
    """On a page there is nobody who reads JSON."""
    return word_page("Test payment", str(refusal), 404)


def _signed_by_stripe(_event_id: str, body: bytes) -> dict[str, str]:
    return {"Stripe-Signature": stripe_signature(STRIPE_WEBHOOK_SECRET, body, now())}


def _signed_by_razorpay(event_id: str, body: bytes) -> dict[str, str]:
    return {
        "X-Razorpay-Signature": razorpay_signature(RAZORPAY_WEBHOOK_SECRET, body),
        "X-Razorpay-Event-Id": event_id,
    }
