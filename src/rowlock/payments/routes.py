"""Confirming a booking, and the mock provider's challenge page."""

import uuid
from typing import Annotated

import msgspec
from markupsafe import escape
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from rowlock.bookings import Booking, BookingDesk, SaleGate
from rowlock.identity import Person
from rowlock.kernel.ids import parse_booking_id
from rowlock.kernel.problems import Problem
from rowlock.payments.commands import Cashier, Pending
from rowlock.payments.providers.mock import CHALLENGE_PATH, MockProvider
from rowlock.platform.http.calls import Answer, Call, LaneRoute, json_reply
from rowlock.platform.http.openapi import Operation
from rowlock.platform.http.turnstile import Turnstile

Token = Annotated[str, msgspec.Meta(min_length=1, max_length=200, pattern="[A-Za-z]")]
"""A token has a letter; the number of a card has none, and no business here."""


class ConfirmBody(msgspec.Struct, frozen=True, rename="camel"):
    """How it is paid: a token from the payment provider, never card data."""

    payment_token: Token


class BuyBody(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """Hold and pay in one call."""

    payment_details: ConfirmBody
    ticket_ids: list[str] | None = None
    seat_ids: list[str] | None = None


_confirm_body = msgspec.json.Decoder(ConfirmBody)
_buy_body = msgspec.json.Decoder(BuyBody)


def payment_lane(gate: SaleGate, desk: BookingDesk, cashier: Cashier, turnstile: Turnstile) -> list[LaneRoute]:
    """The calls that take money."""

    async def confirm(call: Call) -> Answer:
        person = await gate.payer(call)
        return await pay(call, person, call.params[0], call.read(_confirm_body).payment_token)

    async def buy(call: Call) -> Answer:
        person = gate.known_person(call)
        body = call.read(_buy_body)
        seats = body.ticket_ids if body.ticket_ids is not None else body.seat_ids
        if seats is None:
            raise Problem("invalid_request", "Name the seats in ticketIds (or seatIds).")
        with turnstile:  # only while the seats are held: a slow provider is no crowd
            pick = await desk.pick(call.params[0], seats)
            with await gate.admit(call, person, pick.wanted, pays=True) as attempt:
                booking = await desk.reserve(person, pick, call.key)
                attempt.got(booking)
        return await pay(call, person, booking.booking_id, body.payment_details.payment_token)

    async def pay(call: Call, person: Person, booking_id: str, token: str) -> Answer:
        outcome = await cashier.confirm(person, booking_id, token, call.key)
        if isinstance(outcome, Pending):
            gate.ended(call, person, "pending", outcome.booking_id)
        else:
            event_id, seats = int(outcome.event_id), len(outcome.seats)
            gate.ended(call, person, "paid", outcome.booking_id, event_id=event_id, seats=seats)
        return _answer(outcome)

    return [
        LaneRoute("POST", "/api/v1/bookings/{booking_id}/confirm", confirm),
        LaneRoute("POST", "/api/v1/bookings/{event_id}", buy),
    ]


def _answer(outcome: Booking | Pending) -> Answer:
    return json_reply(outcome, 202 if isinstance(outcome, Pending) else 200)


_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="robots" content="noindex"><title>Test bank</title>
<link rel="stylesheet" href="/pay/challenge.css"></head>
<body><main><h1>Test bank</h1>
<p>This page stands in for your bank's. Approve the payment?</p>
<form method="post" action="{action}">
<button name="answer" value="approve">Approve</button> <button name="answer" value="decline">Decline</button>
</form></main></body></html>
"""
_STYLE = """:root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;display:grid;place-items:center;
min-height:90vh;margin:0 16px}button{font:inherit;min-height:44px;padding:0 24px;border-radius:10px;border:1px solid}
"""


def challenge_routes(provider: MockProvider, cashier: Cashier) -> list[Route]:
    """The page a `tok_3ds` payment sends the buyer to, as a bank's page would."""

    async def show(request: Request) -> Response:
        await _challenged(request)
        return HTMLResponse(_PAGE.format(action=escape(request.url.path)))

    async def answer(request: Request) -> Response:
        payment_id, booking_id = await _challenged(request)
        approved = await request.body() == b"answer=approve"
        await provider.answer_challenge(str(payment_id), approved=approved)
        try:
            await cashier.learn(payment_id)
        except Problem as problem:
            if problem.kind.status >= 500:
                raise
        return RedirectResponse(f"/bookings/{booking_id}", 303)

    async def style(_request: Request) -> Response:
        return Response(_STYLE, media_type="text/css", headers={"Cache-Control": "public, max-age=86400"})

    async def _challenged(request: Request) -> tuple[uuid.UUID, uuid.UUID]:
        payment_id = parse_booking_id(request.path_params["payment_id"])
        booking_id = await cashier.booking_of_payment(payment_id) if payment_id is not None else None
        if payment_id is None or booking_id is None:
            raise Problem("not_found", "There is no such payment.")
        return payment_id, booking_id

    return [
        Route("/pay/challenge.css", style, methods=["GET"]),
        Route(CHALLENGE_PATH + "{payment_id}", show, methods=["GET"]),
        Route(CHALLENGE_PATH + "{payment_id}", answer, methods=["POST"]),
    ]


_ANSWERS = {
    200: ("Paid: the seats are yours.", Booking),
    202: ("The payment has no outcome yet; `nextAction` says what to do.", Pending),
}
OPERATIONS = (
    Operation(
        method="post", path="/api/v1/bookings/{bookingId}/confirm", tag="Bookings", summary="Pay for a hold",
        description="Test tokens: `tok_ok`, `tok_declined`, `tok_3ds`, `tok_timeout`, `tok_slow`. With a "
        "payment provider: `redirect` for its own page, or the token that its fields gave.",
        body=ConfirmBody, example={"paymentToken": "tok_ok"}, answers=_ANSWERS,
        problems=(401, 402, 403, 404, 409, 410, 422, 429, 503),
    ),
    Operation(
        method="post", path="/api/v1/bookings/{eventId}", tag="Bookings", summary="Hold and pay in one call",
        description="When the payment is declined the hold stands; the problem names its `bookingId`.",
        body=BuyBody, example={"ticketIds": ["102-F-14"], "paymentDetails": {"paymentToken": "tok_ok"}},
        answers=_ANSWERS, problems=(401, 402, 403, 404, 409, 422, 428, 429, 503),
    ),
)  # fmt: skip
