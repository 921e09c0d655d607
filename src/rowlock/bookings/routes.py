"""The sale lane: reserve, look, extend, release."""

from collections.abc import Sequence
from typing import get_args

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from rowlock.bookings.commands import BookingDesk
from rowlock.bookings.gate import SaleGate
from rowlock.bookings.model import Booking, BookingList, BookingStatus, ReserveBody
from rowlock.bookings.views import BookingViews
from rowlock.kernel.ids import parse_number_id
from rowlock.kernel.problems import Problem
from rowlock.platform.http.bodies import json_answer, read_body
from rowlock.platform.http.idempotency import key_of
from rowlock.platform.http.openapi import Operation

STATUSES: tuple[str, ...] = get_args(BookingStatus)

_reserve_body = msgspec.json.Decoder(ReserveBody)
_PRIVATE = {"Cache-Control": "private, no-store"}


def booking_routes(gate: SaleGate, desk: BookingDesk, views: BookingViews) -> list[Route]:
    """The routes of bookings before payment."""

    async def reserve(request: Request) -> Response:
        person = await gate.person(request, attempts_booking=True)
        body = await read_body(request, _reserve_body)
        booking = await desk.reserve(person, str(body.event_id), wanted_seats(body), key_of(request))
        return json_answer(booking, 201, {"Location": f"/api/v1/bookings/{booking.booking_id}"})

    async def list_bookings(request: Request) -> Response:
        person = await gate.person(request)
        status, cursor = request.query_params.get("status"), request.query_params.get("cursor")
        if status is not None and status not in STATUSES:
            raise Problem("invalid_request", f"status: {status!r} is none of {', '.join(STATUSES)}.")
        below = parse_number_id(cursor) if cursor else None
        if cursor and below is None:
            raise Problem("invalid_request", f"cursor: {cursor!r} is not a cursor of ours.")
        found = await views.list(person.subject, status, below)  # type: ignore[arg-type]
        return json_answer(found, headers=_PRIVATE)

    async def get_booking(request: Request) -> Response:
        person = await gate.person(request)
        row = await desk.own_row(person, request.path_params["booking_id"])
        return json_answer(await views.tell(row), headers=_PRIVATE)

    async def extend(request: Request) -> Response:
        person = await gate.person(request)
        return json_answer(await desk.extend(person, request.path_params["booking_id"], key_of(request)))

    async def release(request: Request) -> Response:
        person = await gate.person(request)
        await desk.release(person, request.path_params["booking_id"])
        return Response(status_code=204)

    base = "/api/v1/bookings"
    return [
        Route(f"{base}/reserve", reserve, methods=["POST"]),
        Route(base, reserve, methods=["POST"]),
        Route(base, list_bookings, methods=["GET"]),
        Route(f"{base}/{{booking_id}}", get_booking, methods=["GET"]),
        Route(f"{base}/{{booking_id}}", release, methods=["DELETE"]),
        Route(f"{base}/{{booking_id}}/release", release, methods=["POST"]),
        Route(f"{base}/{{booking_id}}/extend", extend, methods=["POST"]),
    ]


def wanted_seats(body: ReserveBody) -> Sequence[str]:
    """The seats a body names, under whichever name."""
    given = [ids for ids in (body.seat_ids, body.ticket_ids, body.ticket_id) if ids is not None]
    if len(given) != 1:
        raise Problem("invalid_request", "Name the seats once, in seatIds (or ticketIds, or ticketId).")
    return [given[0]] if isinstance(given[0], str) else given[0]


_SEATS_EXAMPLE = {"eventId": "1", "seatIds": ["102-F-14", "102-F-15"]}
_RESERVE = Operation(
    method="post",
    path="/api/v1/bookings/reserve",
    tag="Bookings",
    summary="Hold seats",
    description="All seats or none. The hold ends by itself after `expiresIn` seconds.",
    body=ReserveBody,
    example=_SEATS_EXAMPLE,
    answers={201: ("The seats are held.", Booking)},
    problems=(401, 403, 404, 409, 422, 429),
)
OPERATIONS = (
    _RESERVE,
    msgspec.structs.replace(_RESERVE, path="/api/v1/bookings"),
    Operation(
        method="get", path="/api/v1/bookings", tag="Bookings", summary="Your bookings, newest first",
        query={"status": "only bookings in this state", "cursor": "`nextCursor` of the page before"},
        answers={200: ("A page of bookings.", BookingList)}, problems=(401, 422, 429),
    ),
    Operation(
        method="get", path="/api/v1/bookings/{bookingId}", tag="Bookings", summary="One of your bookings",
        answers={200: ("The booking.", Booking)}, problems=(401, 404, 429),
    ),
    Operation(
        method="delete", path="/api/v1/bookings/{bookingId}", tag="Bookings", summary="Give held seats back",
        answers={204: ("The seats are free.", None)}, problems=(401, 404, 409, 429),
    ),
    Operation(
        method="post", path="/api/v1/bookings/{bookingId}/release", tag="Bookings", summary="Give held seats back",
        answers={204: ("The seats are free.", None)}, problems=(401, 404, 409, 429),
    ),
    Operation(
        method="post", path="/api/v1/bookings/{bookingId}/extend", tag="Bookings", summary="Give a hold more time",
        description="Twice at most, and never past twice the hold time.",
        answers={200: ("The hold with its new end.", Booking)}, problems=(401, 404, 409, 410, 429),
    ),
)  # fmt: skip
