"""The organisers' routes: venues, seating plans, events."""

from typing import Annotated

import msgspec
from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from rowlock.identity import TokenSigner, require_person
from rowlock.kernel import limits
from rowlock.kernel.ids import parse_number_id
from rowlock.kernel.problems import Problem
from rowlock.organiser.commands import Organiser
from rowlock.organiser.model import Created, EventBody, EventPatch, VenueBody
from rowlock.platform.http.bodies import json_answer, read_body, read_bytes
from rowlock.platform.http.idempotency import key_of
from rowlock.platform.http.openapi import answers, body_of
from rowlock.seating import PlanFileError, SeatingPlan, read_plan
from rowlock.seating.store import StoredPlan

_venue_body = msgspec.json.Decoder(VenueBody)
_event_body = msgspec.json.Decoder(EventBody)
_event_patch = msgspec.json.Decoder(EventPatch)

EVENT_EXAMPLE = {
    "name": "Dodgers v Giants", "startsAt": "2027-05-01T19:10:00-07:00", "timezone": "America/Los_Angeles",
    "planId": "1", "currency": "USD", "prices": {"VIP": "180.00", "Regular": "65.00", "Economy": "28.00"},
    "performers": ["Los Angeles Dodgers"],
    "venue": {"name": "Dodger Stadium", "city": "Los Angeles", "country": "United States"},
}  # fmt: skip


def organiser_router(signer: TokenSigner, organiser: Organiser) -> APIRouter:
    """The organisers' routes."""
    router = APIRouter(tags=["Organisers"])

    @router.post(
        "/venues", status_code=201, summary="Create a venue",
        responses=answers(Created, 401, 403, 422, status=201), openapi_extra=body_of(VenueBody),
    )  # fmt: skip
    async def create_venue(request: Request) -> Response:
        """A venue of the same name, city and country is not made twice."""
        require_person(request, signer, "organiser", "operator")
        venue_id = await organiser.create_venue(await read_body(request, _venue_body))
        return json_answer(Created(str(venue_id)), 201)

    @router.post(
        "/plans", status_code=201, summary="Import a seating plan",
        responses=answers(StoredPlan, 401, 403, 413, 422, status=201), openapi_extra=body_of(SeatingPlan),
    )  # fmt: skip
    async def create_plan(
        request: Request, venue: Annotated[str | None, Query(max_length=limits.NAME_CHARS_MAX)] = None
    ) -> Response:
        """Rowlock JSON, pretix seating-plan JSON, CSV or SVG as the body. Imported whole or not at all."""
        require_person(request, signer, "organiser", "operator")
        data = await read_bytes(request, limits.DOCUMENT_BODY_BYTES_MAX)
        try:
            plan = read_plan(data, "the request body")
        except PlanFileError as error:
            raise Problem("invalid_plan", str(error), place=error.place) from error
        stored = await organiser.create_plan(plan, VenueBody(name=venue) if venue else None)
        return json_answer({"id": stored.plan_id} | msgspec.to_builtins(stored), 201)

    @router.post(
        "/events", status_code=201, summary="Create an event",
        responses=answers(Created, 401, 403, 404, 422, status=201), openapi_extra=body_of(EventBody, EVENT_EXAMPLE),
    )  # fmt: skip
    async def create_event(request: Request) -> Response:
        """Every category of the plan needs a price. The seats are on sale from `onSaleAt`, or at once."""
        person = require_person(request, signer, "organiser", "operator")
        body = await read_body(request, _event_body)
        key = key_of(request)
        creation_key = f"{person.subject}\n{key}" if key is not None else None
        event_id = await organiser.create_event(body, person.subject, creation_key)
        return json_answer(Created(str(event_id)), 201, {"Location": f"/api/v1/events/{event_id}"})

    @router.patch(
        "/events/{event_id}", summary="Change an event",
        responses=answers(Created, 401, 403, 404, 422), openapi_extra=body_of(EventPatch),
    )  # fmt: skip
    async def patch_event(event_id: str, request: Request) -> Response:
        """Only what is sent changes. A new price holds for holds to come."""
        require_person(request, signer, "organiser", "operator")
        number = parse_number_id(event_id)
        if number is None:
            raise Problem("event_not_found", f"There is no event {event_id}.")
        await organiser.patch_event(number, await read_body(request, _event_patch))
        return json_answer(Created(event_id))

    return router
