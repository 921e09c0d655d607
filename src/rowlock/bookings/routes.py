"""The sale lane: reserve, look, extend, release."""

from collections.abc import Awaitable, Callable, Sequence
from typing import get_args

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from rowlock.bookings.codes import CodeDesk
from rowlock.bookings.commands import BookingDesk, Pick
from rowlock.bookings.gate import SaleGate, Try
from rowlock.bookings.model import BestAvailableBody, Booking, BookingList, BookingRow, BookingStatus, ReserveBody
from rowlock.bookings.views import BookingViews
from rowlock.identity import Person
from rowlock.kernel.ids import parse_number_id
from rowlock.kernel.problems import Problem
from rowlock.platform.http.bodies import json_answer
from rowlock.platform.http.calls import Answer, Call, LaneRoute, json_reply
from rowlock.platform.http.openapi import Operation
from rowlock.platform.http.turnstile import Turnstile

STATUSES: tuple[str, ...] = get_args(BookingStatus)

_reserve_body = msgspec.json.Decoder(ReserveBody)
_best_available_body = msgspec.json.Decoder(BestAvailableBody)
WalkAway = Callable[[BookingRow], Awaitable[None]]
_PRIVATE = (b"cache-control", b"private, no-store")


def hold_lane(gate: SaleGate, desk: BookingDesk, codes: CodeDesk, turnstile: Turnstile) -> list[LaneRoute]:
    """The hottest calls: holding seats."""

    async def reserve(call: Call) -> Answer:
        person = gate.known_person(call)
        body = call.read(_reserve_body)
        nearest = body.on_conflict == "nearest"
        pick = await desk.pick(str(body.event_id), wanted_seats(body))
        if body.code is not None:
            return await reserve_with_code(call, person, pick, body.code)
        if call.key is None and not nearest:  # a key may have been given these very seats, and a wish needs the ledger
            desk.refuse_taken(pick)
        with await gate.admit(call, person, pick.wanted) as attempt:
            booking = await desk.reserve(person, pick, call.key, nearest=nearest)
            booking = await _keep(attempt, booking, desk)
        return _held(booking)

    async def reserve_with_code(call: Call, person: Person, pick: Pick, code: str) -> Answer:
        tries = await gate.tries_code(call, person)
        with await gate.admit(call, person, pick.wanted) as attempt:
            booking = await codes.reserve(person, pick, call.key, code)
            booking = await _keep(attempt, booking, desk)
        if booking.code is not None:
            await gate.code_was_good(tries)
        return _held(booking)

    async def best_available(call: Call) -> Answer:
        person = gate.known_person(call)
        body = call.read(_best_available_body)
        party = await desk.wish(body)
        tries = () if body.code is None else await gate.tries_code(call, person)
        if call.key is None:
            desk.refuse_hopeless(party)
        with await gate.admit(call, person, party.wanted) as attempt:
            booking = await desk.reserve_best(person, party, call.key)
            if body.code is not None:
                booking = await codes.tried(person, booking, body.code)
            booking = await _keep(attempt, booking, desk)
        if booking.code is not None:
            await gate.code_was_good(tries)
        return _held(booking)

    base = "/api/v1/bookings"
    return [
        LaneRoute("POST", f"{base}/reserve", reserve, turnstile),
        LaneRoute("POST", f"{base}/best-available", best_available, turnstile),
        LaneRoute("POST", base, reserve, turnstile),
    ]


def booking_lane(gate: SaleGate, desk: BookingDesk, views: BookingViews, walk_away: WalkAway) -> list[LaneRoute]:
    """The calls on a booking before payment. `walk_away` ends a payment that still waits for the buyer."""

    async def get_booking(call: Call) -> Answer:
        person = await gate.person(call)
        row = await desk.own_row(person, call.params[0])
        return json_reply(await views.tell(row), 200, _PRIVATE)

    async def accept(call: Call) -> Answer:
        person = await gate.person(call)
        return json_reply(await desk.accept(person, call.params[0]))

    async def extend(call: Call) -> Answer:
        person = await gate.person(call)
        return json_reply(await desk.extend(person, call.params[0], call.key))

    async def release(call: Call) -> Answer:
        person = await gate.person(call)
        row = await _give_back(desk, person, call.params[0], walk_away)
        gate.ended(call, person, "released", str(row.id), event_id=row.event_id, seats=len(row.seat_nos))
        return Answer(204, b"")

    one = "/api/v1/bookings/{booking_id}"
    return [
        LaneRoute("GET", one, get_booking),
        LaneRoute("DELETE", one, release),
        LaneRoute("POST", f"{one}/release", release),
        LaneRoute("POST", f"{one}/accept", accept),
        LaneRoute("POST", f"{one}/extend", extend),
    ]


def booking_routes(gate: SaleGate, views: BookingViews) -> list[Route]:
    """What is asked for at leisure: the list of one's bookings."""

    async def list_bookings(request: Request) -> Response:
        person = await gate.person(request)
        status, cursor = request.query_params.get("status"), request.query_params.get("cursor")
        if status is not None and status not in STATUSES:
            raise Problem("invalid_request", f"status: {status!r} is none of {', '.join(STATUSES)}.")
        below = parse_number_id(cursor) if cursor else None
        if cursor and below is None:
            raise Problem("invalid_request", f"cursor: {cursor!r} is not a cursor of ours.")
        found = await views.list(person.subject, status, below)  # type: ignore[arg-type]
        return json_answer(found, headers={"Cache-Control": "private, no-store"})

    return [Route("/api/v1/bookings", list_bookings, methods=["GET"])]


async def _give_back(desk: BookingDesk, person: Person, booking_id: str, walk_away: WalkAway) -> BookingRow:
    """Release a hold, and end the payment first that waits for its buyer."""
    try:
        return await desk.release(person, booking_id)
    except Problem as problem:
        if problem.code != "payment_pending":
            raise
    await walk_away(await desk.own_row(person, booking_id))
    return await desk.release(person, booking_id)


def _held(booking: Booking) -> Answer:
    return json_reply(booking, 201, (b"location", b"/api/v1/bookings/" + booking.booking_id.encode()))


async def _keep(attempt: Try, booking: Booking, desk: BookingDesk) -> Booking:
    """Tell the gate of a hold, after shortening it for those who let many others lapse."""
    if attempt.shorter_seconds:
        booking = await desk.shorten(booking, attempt.shorter_seconds)
    attempt.got(booking)
    return booking


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
    problems=(401, 403, 404, 409, 422, 428, 429, 503),
)
OPERATIONS = (
    _RESERVE,
    msgspec.structs.replace(_RESERVE, path="/api/v1/bookings"),
    Operation(
        method="post", path="/api/v1/bookings/best-available", tag="Bookings", summary="Hold the best free seats",
        description="Side by side where that can be; `split` and `groups` say who sits beside whom. Wheelchair places "
        "only where they are asked for. 409 `nothing_fits` says why in `reason`.",
        body=BestAvailableBody, example={"eventId": "1", "quantity": 4, "tier": "Regular"},
        answers={201: ("The seats are held.", Booking)}, problems=(401, 403, 404, 409, 422, 428, 429, 503),
    ),
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
        method="post", path="/api/v1/bookings/{bookingId}/accept", tag="Bookings", summary="Keep offered seats",
        description="For seats held in the place of taken ones (`substitute`): the full hold time, counted from now.",
        answers={200: ("The hold with its new end.", Booking)}, problems=(401, 404, 409, 410, 429),
    ),
    Operation(
        method="post", path="/api/v1/bookings/{bookingId}/extend", tag="Bookings", summary="Give a hold more time",
        description="Twice at most, and never past twice the hold time.",
        answers={200: ("The hold with its new end.", Booking)}, problems=(401, 404, 409, 410, 429),
    ),
)  # fmt: skip
