"""`GET /events/{id}`."""

from collections.abc import Awaitable, Callable

from fastapi import APIRouter
from starlette.responses import Response

from rowlock.catalog.model import EventDetail
from rowlock.catalog.views import find_event
from rowlock.kernel.ids import parse_number_id
from rowlock.kernel.problems import Problem
from rowlock.platform.http.bodies import json_answer
from rowlock.platform.http.openapi import answers
from rowlock.platform.postgres import Database

FreeSeats = Callable[[int], Awaitable[dict[int, int] | None]]
"""Free seats of an event by tier number; None when there is no such event."""


def catalog_router(database: Database, free_seats: FreeSeats, seats_per_booking_max: int) -> APIRouter:
    """The catalogue's routes."""
    router = APIRouter(tags=["Events"])

    @router.get("/events/{event_id}", summary="One event", responses=answers(EventDetail, 404))
    async def get_event(event_id: str) -> Response:
        """Everything about an event: venue, performers, price tiers with free seats, how long a hold lasts."""
        number = parse_number_id(event_id)
        available = await free_seats(number) if number is not None else None
        if number is None or available is None:
            raise Problem("event_not_found", f"There is no event {event_id}.")
        event = await find_event(database, number, available, seats_per_booking_max)
        assert event is not None
        return json_answer(event, headers={"Cache-Control": "public, max-age=1"})

    return router
