"""Pages for staff: what was scored as a bot, and why; an event's waiting room. To everybody else there is nothing at
these addresses."""

from collections.abc import Awaitable, Callable, Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from rowlock.bots import Suspect
from rowlock.identity import MANAGERS, Person, TokenSigner, person_of
from rowlock.kernel.problems import Problem
from rowlock.storefront.pages import error_page, render
from rowlock.waiting_room.control import RoomControl


def operator_routes(
    signer: TokenSigner, suspects: Callable[[], Awaitable[Sequence[Suspect]]], rooms: RoomControl
) -> list[Route]:
    """`GET /operator/bots` with the session cookie of an operator, `GET /organiser/events/{event_id}/queue` with that
    of anybody who may steer the event's sale."""

    async def bots(request: Request) -> Response:
        visitor = _visitor(request, signer)
        if visitor is None or visitor.role != "operator":
            return error_page(request, 404)
        return render(request, "operator_bots.html", {"suspects": await suspects()}, kept_s=0)

    async def room(request: Request) -> Response:
        visitor = _visitor(request, signer)
        if visitor is None or visitor.role not in MANAGERS:
            return error_page(request, 404)
        try:
            figures = await rooms.figures(request.path_params["event_id"], visitor)
        except Problem:
            return error_page(request, 404)
        return render(request, "waiting_room.html", {"event_id": figures.event_id}, kept_s=0)

    return [
        Route("/operator/bots", bots, methods=["GET"]),
        Route("/organiser/events/{event_id}/queue", room, methods=["GET"]),
    ]


def _visitor(request: Request, signer: TokenSigner) -> Person | None:
    """Who looks with a session of their own: not a program that was lent one, nor somebody whose session is over."""
    try:
        visitor = person_of(request, signer)
    except Problem:
        return None
    return visitor if visitor is not None and visitor.lends(None) else None
