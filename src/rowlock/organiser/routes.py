"""The organisers' routes: venues, seating plans, events."""

from typing import Annotated

import msgspec
from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from rowlock.identity import MANAGERS, TokenSigner, require_person
from rowlock.kernel import limits
from rowlock.kernel.ids import parse_number_id
from rowlock.kernel.problems import Problem
from rowlock.organiser.approvals import ApprovalDesk, ApprovalItem, ApprovalList, DecisionBody
from rowlock.organiser.blocks import BlockDesk
from rowlock.organiser.commands import Organiser
from rowlock.organiser.model import (
    BlockBody,
    BlockItem,
    BlockList,
    Created,
    EventBody,
    EventPatch,
    UnblockBody,
    VenueBody,
)
from rowlock.organiser.refunds import RefundDesk, RefundRunBody
from rowlock.payments import Refund, RefundBody, RefundRun
from rowlock.platform.http.bodies import json_answer, read_body, read_bytes
from rowlock.platform.http.calls import key_of
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


_block_body = msgspec.json.Decoder(BlockBody)
_decision_body = msgspec.json.Decoder(DecisionBody)
_refund_body = msgspec.json.Decoder(RefundBody)
_refund_run_body = msgspec.json.Decoder(RefundRunBody)
_unblock_body = msgspec.json.Decoder(UnblockBody)

WAITING = answers(ApprovalItem, status=202)
"""The change is risky on a live event, and its organiser wants two people behind those."""
WITH_TOKEN: dict[str, object] = {"security": [{"token": []}]}
BLOCK_EXAMPLE = {"kind": "house", "reason": "Guests of the band", "seatIds": ["102-F-14", "102-F-15"]}


def block_router(signer: TokenSigner, desk: BlockDesk, approvals: ApprovalDesk) -> APIRouter:
    """The routes of seats kept from sale."""
    router = APIRouter(tags=["Organisers"], prefix="/events/{event_id}/blocks")

    @router.post(
        "", status_code=201, summary="Take seats from sale",
        responses=answers(BlockItem, 401, 403, 404, 409, 422, status=201) | WAITING,
        openapi_extra=body_of(BlockBody, BLOCK_EXAMPLE),
    )  # fmt: skip
    async def block(event_id: str, request: Request) -> Response:
        """All of them or none: only free seats can be blocked, `conflicts` names the others."""
        person = require_person(request, signer, *MANAGERS, scope="events")
        body = await read_body(request, _block_body)
        if waiting := await approvals.hold_back(event_id, body, person):
            return json_answer(waiting, 202)
        return json_answer(await desk.block(event_id, body, person, key_of(request)), 201)

    @router.get(
        "", summary="Seats kept from sale", responses=answers(BlockList, 401, 403, 404), openapi_extra=WITH_TOKEN
    )
    async def list_blocks(event_id: str, request: Request) -> Response:
        """Who blocked what, and why."""
        person = require_person(request, signer, *MANAGERS, scope="events")
        return json_answer(await desk.list(event_id, person), headers={"Cache-Control": "private, no-store"})

    @router.post(
        "/release", status_code=204, summary="Put blocked seats back on sale", response_class=Response,
        responses=answers(None, 401, 403, 404, 422, status=204) | WAITING, openapi_extra=body_of(UnblockBody),
    )  # fmt: skip
    async def release(event_id: str, request: Request) -> Response:
        """Seats that are not blocked are left as they are."""
        person = require_person(request, signer, *MANAGERS, scope="events")
        body = await read_body(request, _unblock_body)
        if waiting := await approvals.hold_back(event_id, body, person):
            return json_answer(waiting, 202)
        await desk.release(event_id, body, person)
        return Response(status_code=204)

    @router.delete(
        "/{block_id}", status_code=204, summary="Put all seats of a block back on sale", response_class=Response,
        responses=answers(None, 401, 403, 404, 422, status=204) | WAITING, openapi_extra=WITH_TOKEN,
    )  # fmt: skip
    async def release_block(
        event_id: str, block_id: str, request: Request,
        reason: Annotated[str, Query(min_length=1, max_length=limits.NAME_CHARS_MAX)] = "Block released",
    ) -> Response:  # fmt: skip
        """A block that is gone already is no fault."""
        person = require_person(request, signer, *MANAGERS, scope="events")
        seats = await desk.seats_of_block(event_id, block_id, person)
        body = UnblockBody(reason=reason, seat_ids=list(seats))
        if seats and (waiting := await approvals.hold_back(event_id, body, person)):
            return json_answer(waiting, 202)
        await desk.release_block(event_id, block_id, reason, person)
        return Response(status_code=204)

    return router


def refund_router(signer: TokenSigner, desk: RefundDesk, approvals: ApprovalDesk) -> APIRouter:
    """The routes of what staff pay back."""
    router = APIRouter(tags=["Organisers"], prefix="/events/{event_id}")

    @router.post(
        "/bookings/{booking_id}/refund", summary="Pay a booking back",
        responses=answers(Refund, 401, 403, 404, 409, 422), openapi_extra=body_of(RefundBody),
    )  # fmt: skip
    async def refund(event_id: str, booking_id: str, request: Request) -> Response:
        """All of its seats or those named, at any time; they are on sale again at once."""
        person = require_person(request, signer, *MANAGERS, scope="events")
        body = await read_body(request, _refund_body)
        return json_answer(await desk.refund(event_id, booking_id, body, person))

    @router.post(
        "/refund-run", status_code=202, summary="Pay everybody back",
        responses=answers(RefundRun, 401, 403, 404, 409, 422, status=202),
        openapi_extra=body_of(RefundRunBody, {"reason": "The singer is ill."}),
    )  # fmt: skip
    async def begin_run(event_id: str, request: Request) -> Response:
        """For an event that was called off. Goes on by itself; `GET` tells how far it is."""
        person = require_person(request, signer, *MANAGERS, scope="events")
        body = await read_body(request, _refund_run_body)
        if waiting := await approvals.hold_back(event_id, body, person):
            return json_answer(waiting, 202)
        return json_answer(await desk.begin_run(event_id, body, person), 202)

    @router.get(
        "/refund-run", summary="How far paying everybody back is", responses=answers(RefundRun, 401, 403, 404, 409),
        openapi_extra=WITH_TOKEN,
    )  # fmt: skip
    async def run(event_id: str, request: Request) -> Response:
        """409 when nobody is paid back."""
        person = require_person(request, signer, *MANAGERS, scope="events")
        return json_answer(await desk.run(event_id, person), headers={"Cache-Control": "private, no-store"})

    return router


def approval_router(signer: TokenSigner, desk: ApprovalDesk) -> APIRouter:
    """The routes of changes that wait for a second person."""
    router = APIRouter(tags=["Organisers"], prefix="/approvals")

    @router.get(
        "", summary="Changes that wait for a second person", responses=answers(ApprovalList, 401, 403, 422),
        openapi_extra=WITH_TOKEN,
    )  # fmt: skip
    async def list_approvals(request: Request, *, only_open: Annotated[bool, Query(alias="open")] = False) -> Response:
        """Newest first, at most 200; `open` leaves out what was decided or has lapsed."""
        person = require_person(request, signer, *MANAGERS, scope="events")
        return json_answer(await desk.list(person, only_open=only_open), headers={"Cache-Control": "private, no-store"})

    @router.post(
        "/{approval_id}", summary="Approve or reject a change",
        responses=answers(ApprovalItem, 401, 403, 404, 409, 422),
        openapi_extra=body_of(DecisionBody, {"approve": True, "reason": "As agreed on Monday"}),
    )  # fmt: skip
    async def decide(approval_id: str, request: Request) -> Response:
        """Never by who proposed it. An approved change is carried out at once; repeating the approval is harmless."""
        person = require_person(request, signer, *MANAGERS, scope="events")
        return json_answer(await desk.decide(approval_id, await read_body(request, _decision_body), person))

    return router


def _number_of(event_id: str) -> int:
    number = parse_number_id(event_id)
    if number is None:
        raise Problem("event_not_found", f"There is no event {event_id}.")
    return number


def organiser_router(signer: TokenSigner, organiser: Organiser, approvals: ApprovalDesk) -> APIRouter:
    """The organisers' routes."""
    router = APIRouter(tags=["Organisers"])

    @router.post(
        "/venues", status_code=201, summary="Create a venue",
        responses=answers(Created, 401, 403, 422, status=201), openapi_extra=body_of(VenueBody),
    )  # fmt: skip
    async def create_venue(request: Request) -> Response:
        """A venue of the same name, city and country is not made twice."""
        person = require_person(request, signer, *MANAGERS, scope="events")
        venue_id = await organiser.create_venue(await read_body(request, _venue_body), person)
        return json_answer(Created(str(venue_id)), 201)

    @router.post(
        "/plans", status_code=201, summary="Import a seating plan",
        responses=answers(StoredPlan, 401, 403, 413, 422, status=201), openapi_extra=body_of(SeatingPlan),
    )  # fmt: skip
    async def create_plan(
        request: Request, venue: Annotated[str | None, Query(max_length=limits.NAME_CHARS_MAX)] = None
    ) -> Response:
        """Rowlock JSON, pretix seating-plan JSON, CSV or SVG as the body. Imported whole or not at all."""
        person = require_person(request, signer, *MANAGERS, scope="events")
        data = await read_bytes(request, limits.DOCUMENT_BODY_BYTES_MAX)
        try:
            plan = read_plan(data, "the request body")
        except PlanFileError as error:
            raise Problem("invalid_plan", str(error), place=error.place) from error
        stored = await organiser.create_plan(plan, VenueBody(name=venue) if venue else None, person)
        return json_answer({"id": stored.plan_id} | msgspec.to_builtins(stored), 201)

    @router.post(
        "/events", status_code=201, summary="Create an event",
        responses=answers(Created, 401, 403, 404, 422, status=201), openapi_extra=body_of(EventBody, EVENT_EXAMPLE),
    )  # fmt: skip
    async def create_event(request: Request) -> Response:
        """Every category of the plan needs a price. The seats are on sale from `onSaleAt`, or at once."""
        person = require_person(request, signer, *MANAGERS, scope="events")
        body = await read_body(request, _event_body)
        key = key_of(request)
        creation_key = f"{person.subject}\n{key}" if key is not None else None
        event_id = await organiser.create_event(body, person, creation_key)
        return json_answer(Created(str(event_id)), 201, {"Location": f"/api/v1/events/{event_id}"})

    @router.patch(
        "/events/{event_id}", summary="Change an event",
        responses=answers(Created, 401, 403, 404, 422) | WAITING, openapi_extra=body_of(EventPatch),
    )  # fmt: skip
    async def patch_event(event_id: str, request: Request) -> Response:
        """Only what is sent changes. A new price holds for holds to come. 202: the change waits for a second person."""
        person = require_person(request, signer, *MANAGERS, scope="events")
        patch = await read_body(request, _event_patch)
        if waiting := await approvals.hold_back(event_id, patch, person):
            return json_answer(waiting, 202)
        await organiser.patch_event(_number_of(event_id), patch, person)
        return json_answer(Created(event_id))

    return router
