"""Staff's calls on a room."""

from typing import Annotated

import msgspec
from fastapi import APIRouter, Request
from starlette.responses import Response

from rowlock.identity import MANAGERS, TokenSigner, require_person
from rowlock.kernel import limits
from rowlock.platform.http.bodies import json_answer, read_body
from rowlock.platform.http.openapi import answers, body_of
from rowlock.waiting_room.control import RoomControl
from rowlock.waiting_room.model import ControlBody, RoomFigures


class RevokeBody(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """A place taken back: its number (as tickets and the record have it), and why."""

    place: Annotated[int, msgspec.Meta(ge=0)]
    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=limits.NAME_CHARS_MAX)]


_control_body = msgspec.json.Decoder(ControlBody)
_revoke_body = msgspec.json.Decoder(RevokeBody)
_EXAMPLE = {"mode": "draw", "admitPerMinute": 3000, "opensAt": "2027-01-15T10:00:00+01:00", "message": "Doors at ten."}
_WITH_TOKEN: dict[str, object] = {"security": [{"token": []}]}


def control_router(signer: TokenSigner, control: RoomControl) -> APIRouter:
    """Switching a room, and its figures."""
    router = APIRouter(tags=["Waiting room"], prefix="/events/{event_id}/queue")

    @router.put(
        "/control", summary="Change a waiting room",
        responses=answers(RoomFigures, 401, 403, 404, 409, 422), openapi_extra=body_of(ControlBody, _EXAMPLE),
    )  # fmt: skip
    async def change(event_id: str, request: Request) -> Response:
        """Only what is sent changes. A room that is switched on lets its line begin anew."""
        person = require_person(request, signer, *MANAGERS, scope="events")
        return json_answer(await control.change(event_id, await read_body(request, _control_body), person))

    @router.get(
        "/control", summary="A waiting room's figures",
        responses=answers(RoomFigures, 401, 403, 404), openapi_extra=_WITH_TOKEN,
    )  # fmt: skip
    async def figures(event_id: str, request: Request) -> Response:
        """How many wait, were called, shop and have bought."""
        person = require_person(request, signer, *MANAGERS, scope="events")
        found = await control.figures(event_id, person)
        return json_answer(found, headers={"Cache-Control": "private, no-store"})

    @router.post(
        "/revoke", status_code=204, summary="Take a place back", response_class=Response,
        responses=answers(None, 401, 403, 404, 422, status=204), openapi_extra=body_of(RevokeBody),
    )  # fmt: skip
    async def revoke(event_id: str, request: Request) -> Response:
        """It opens nothing any more; a session that it opened ends within a second."""
        person = require_person(request, signer, *MANAGERS, scope="events")
        body = await read_body(request, _revoke_body)
        await control.revoke(event_id, body.place, body.reason, person)
        return Response(status_code=204)

    return router
