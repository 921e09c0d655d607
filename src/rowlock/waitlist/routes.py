"""The waiting list over HTTP: join, look, leave; and its figures for staff."""

import msgspec
from fastapi import APIRouter, Request
from starlette.responses import Response

from rowlock.identity import MANAGERS, TokenSigner, require_person
from rowlock.platform.http.bodies import json_answer, read_body
from rowlock.platform.http.openapi import answers, body_of
from rowlock.platform.valkey.limiter import Limit, Limiter
from rowlock.waitlist.desk import WaitlistDesk
from rowlock.waitlist.model import WaitlistEntry, WaitlistFigures, WishBody

JOINS_PER_MINUTE = 10
_wish_body = msgspec.json.Decoder(WishBody)
_EXAMPLE = {"partySize": 2, "together": True, "tiers": ["Regular", "VIP"]}
_WITH_TOKEN: dict[str, object] = {"security": [{"token": []}]}
_PRIVATE = {"Cache-Control": "private, no-store"}


def waitlist_router(signer: TokenSigner, limiter: Limiter, desk: WaitlistDesk) -> APIRouter:
    """All calls of the slice."""
    router = APIRouter(tags=["Waiting list"], prefix="/events/{event_id}/waitlist")

    @router.post(
        "", status_code=201, summary="Wait for seats",
        responses=answers(WaitlistEntry, 401, 403, 404, 409, 422, 429, status=201),
        openapi_extra=body_of(WishBody, _EXAMPLE),
    )  # fmt: skip
    async def join(event_id: str, request: Request) -> Response:
        """When seats come back that fit the party they are held for it, and it is told. Who stands on the list already
        changes what they wait for and keeps their place."""
        person = require_person(request, signer, scope="bookings")
        await limiter.require(Limit(f"waitlist:{person.subject}", JOINS_PER_MINUTE, "waiting list calls"))
        entry = await desk.join(event_id, await read_body(request, _wish_body), person)
        return json_answer(entry, 201, headers=_PRIVATE)

    @router.get("", summary="How one's entry stands", responses=answers(WaitlistEntry, 401, 403, 404),
                openapi_extra=_WITH_TOKEN)  # fmt: skip
    async def entry(event_id: str, request: Request) -> Response:
        """While seats are offered, `bookingId` is the hold to pay for."""
        person = require_person(request, signer, scope="bookings")
        return json_answer(await desk.entry(event_id, person), headers=_PRIVATE)

    @router.delete("", status_code=204, summary="Leave the waiting list", response_class=Response,
                   responses=answers(None, 401, 403, 404, status=204), openapi_extra=_WITH_TOKEN)  # fmt: skip
    async def leave(event_id: str, request: Request) -> Response:
        """Seats that are offered go to the next."""
        person = require_person(request, signer, scope="bookings")
        await desk.leave(event_id, person)
        return Response(status_code=204)

    @router.get("/figures", summary="A waiting list's figures", responses=answers(WaitlistFigures, 401, 403, 404),
                openapi_extra=_WITH_TOKEN)  # fmt: skip
    async def figures(event_id: str, request: Request) -> Response:
        """How many parties wait, by size, and what became of offers."""
        person = require_person(request, signer, *MANAGERS, scope="events")
        return json_answer(await desk.figures(event_id, person), headers=_PRIVATE)

    return router
