"""Where tickets go, and passing them on."""

import uuid

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from rowlock.bookings import BookingDesk, SaleGate
from rowlock.identity.accounts.reception import PRIVATE, Reception
from rowlock.kernel.ids import parse_booking_id
from rowlock.kernel.problems import Problem
from rowlock.platform.http.bodies import json_answer, read_body
from rowlock.platform.http.openapi import Operation
from rowlock.tickets.commands import TicketDesk
from rowlock.tickets.model import ContactBody, HeldTickets, OfferBody, TakeBody, Transfer, TransferList
from rowlock.tickets.transfers import Offering, Transfers

_contact_body = msgspec.json.Decoder(ContactBody)
_offer_body = msgspec.json.Decoder(OfferBody)
_take_body = msgspec.json.Decoder(TakeBody)


def ticket_routes(gate: SaleGate, bookings: BookingDesk, desk: TicketDesk) -> list[Route]:
    """The routes of one process."""

    async def contact(request: Request) -> Response:
        row = await bookings.own_row(await gate.person(request), request.path_params["booking_id"])
        await desk.set_contact(row, await read_body(request, _contact_body))
        return Response(status_code=204)

    return [Route("/api/v1/bookings/{booking_id}/contact", contact, methods=["POST"])]


def transfer_routes(gate: SaleGate, reception: Reception, transfers: Transfers) -> list[Route]:
    """The routes of one process."""

    async def offering(request: Request) -> Offering:
        person = await gate.person(request)
        return await transfers.offering(person, await reception.parts.accounts.of_subject(person.subject))

    async def offer(request: Request) -> Response:
        who, body = await offering(request), await read_body(request, _offer_body)
        site = reception.visit(request).site
        if not site:
            raise Problem("unavailable", "No links can be mailed from here: nobody has set this site's address.")
        return json_answer(await transfers.offer(who, body, site), 201, PRIVATE)

    async def offered(request: Request) -> Response:
        who, wanted = await offering(request), request.query_params.get("bookingId")
        booking_id = parse_booking_id(wanted) if wanted is not None else None
        if wanted is not None and booking_id is None:
            raise Problem("invalid_request", "bookingId: not the id of a booking.")
        return json_answer(await transfers.offered(who, booking_id), headers=PRIVATE)

    async def withdraw(request: Request) -> Response:
        who = await offering(request)
        try:
            transfer_id = uuid.UUID(request.path_params["transfer_id"])
        except ValueError:
            raise Problem("not_found", "You offered no such tickets.") from None
        await transfers.withdraw(who, transfer_id)
        return Response(status_code=204)

    async def take(request: Request) -> Response:
        owner = await reception.owner(request)
        who, body = await offering(request), await read_body(request, _take_body)
        return json_answer(await transfers.take(owner.account, who.names, body.offer), headers=PRIVATE)

    async def held(request: Request) -> Response:
        return json_answer(await transfers.held((await offering(request)).names), headers=PRIVATE)

    base = "/api/v1/transfers"
    return [
        Route(base, offer, methods=["POST"]),
        Route(base, offered, methods=["GET"]),
        Route(f"{base}/accept", take, methods=["POST"]),
        Route(f"{base}/{{transfer_id}}", withdraw, methods=["DELETE"]),
        Route("/api/v1/tickets", held, methods=["GET"]),
    ]


OPERATIONS = (
    Operation(
        method="post", path="/api/v1/bookings/{bookingId}/contact", tag="Bookings", summary="Say where tickets go",
        description="For guests: the address that the confirmation of this booking is mailed to. "
        "Who has an account gets it at the account's address.",
        body=ContactBody, example={"email": "ada@example.com"}, answers={204: ("Noted.", None)},
        problems=(401, 403, 404, 409, 422, 429),
    ),
    Operation(
        method="post", path="/api/v1/transfers", tag="Tickets", summary="Offer tickets to somebody",
        description="They are mailed a link that is good once. The booking and its money stay the buyer's.",
        body=OfferBody, example={"bookingId": "…", "seatIds": ["102-F-14"], "email": "ada@example.com"},
        answers={201: ("Offered.", Transfer)}, problems=(401, 403, 404, 409, 422, 429, 503),
    ),
    Operation(
        method="get", path="/api/v1/transfers", tag="Tickets", summary="What you offered",
        query={"bookingId": "only tickets of this booking"},
        answers={200: ("Newest first.", TransferList)}, problems=(401, 403, 422, 429),
    ),
    Operation(
        method="post", path="/api/v1/transfers/accept", tag="Tickets", summary="Take tickets that you are offered",
        description="`offer` is what stands in the mailed link behind `#offer=`. Sign in first.",
        body=TakeBody, answers={200: ("What you hold from others.", HeldTickets)},
        problems=(401, 403, 409, 410, 422, 429),
    ),
    Operation(
        method="delete", path="/api/v1/transfers/{transferId}", tag="Tickets", summary="Take an offer back",
        answers={204: ("Nobody can take the tickets any more.", None)}, problems=(401, 403, 404, 410, 429),
    ),
    Operation(
        method="get", path="/api/v1/tickets", tag="Tickets", summary="Tickets that you hold from others",
        answers={200: ("The next event first.", HeldTickets)}, problems=(401, 403, 429),
    ),
)  # fmt: skip
