"""Where tickets go."""

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from rowlock.bookings import BookingDesk, SaleGate
from rowlock.platform.http.bodies import read_body
from rowlock.platform.http.openapi import Operation
from rowlock.tickets.commands import TicketDesk
from rowlock.tickets.model import ContactBody

_contact_body = msgspec.json.Decoder(ContactBody)


def ticket_routes(gate: SaleGate, bookings: BookingDesk, desk: TicketDesk) -> list[Route]:
    """The routes of one process."""

    async def contact(request: Request) -> Response:
        row = await bookings.own_row(await gate.person(request), request.path_params["booking_id"])
        await desk.set_contact(row, await read_body(request, _contact_body))
        return Response(status_code=204)

    return [Route("/api/v1/bookings/{booking_id}/contact", contact, methods=["POST"])]


OPERATIONS = (
    Operation(
        method="post", path="/api/v1/bookings/{bookingId}/contact", tag="Bookings", summary="Say where tickets go",
        description="For guests: the address that the confirmation of this booking is mailed to. "
        "Who has an account gets it at the account's address.",
        body=ContactBody, example={"email": "ada@example.com"}, answers={204: ("Noted.", None)},
        problems=(401, 403, 404, 409, 422, 429),
    ),
)  # fmt: skip
