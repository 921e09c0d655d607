"""The organisers' routes of codes."""

from typing import Annotated

import msgspec
from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from rowlock.identity import MANAGERS, TokenSigner, require_person
from rowlock.kernel import limits
from rowlock.kernel.problems import Problem
from rowlock.organiser.codes import CodePage, CodeRegister, CodesBody
from rowlock.platform.http.bodies import json_answer, read_body
from rowlock.platform.http.openapi import answers, body_of

WITH_TOKEN: dict[str, object] = {"security": [{"token": []}]}
EXAMPLE = {"kind": "percent", "eventId": "1", "code": "SPRING", "percent": "20", "usesMax": 100}
_codes_body = msgspec.json.Decoder(CodesBody)


def code_router(signer: TokenSigner, register: CodeRegister) -> APIRouter:
    """Making codes, listing them, taking them back."""
    router = APIRouter(tags=["Organisers"], prefix="/codes")

    @router.post(
        "", status_code=201, summary="Make codes",
        responses=answers(CodePage, 401, 403, 404, 409, 422, status=201), openapi_extra=body_of(CodesBody, EXAMPLE),
    )  # fmt: skip
    async def create(request: Request) -> Response:
        """One by its name, or up to 1,000 random ones (`rowlock code create` makes more)."""
        person = require_person(request, signer, *MANAGERS, scope="events")
        body = await read_body(request, _codes_body)
        if body.count is not None and body.count > limits.CODES_PER_REQUEST_MAX:
            raise Problem("invalid_request", f"count: at most {limits.CODES_PER_REQUEST_MAX} in one request.")
        return json_answer(CodePage(tuple(await register.create(body, person)), None), 201)

    @router.get(
        "", summary="Codes and their uses", responses=answers(CodePage, 401, 403, 404, 422), openapi_extra=WITH_TOKEN
    )
    async def list_codes(
        request: Request,
        event_id: Annotated[str | None, Query(alias="eventId", max_length=20)] = None,
        cursor: Annotated[str | None, Query(max_length=40)] = None,
    ) -> Response:
        """Newest first, 500 a page."""
        person = require_person(request, signer, *MANAGERS, scope="events")
        found = await register.list(event_id, cursor, person)
        return json_answer(found, headers={"Cache-Control": "private, no-store"})

    @router.delete(
        "/{code_id}", status_code=204, summary="Take a code back", response_class=Response,
        responses=answers(None, 401, 403, 404, status=204), openapi_extra=WITH_TOKEN,
    )  # fmt: skip
    async def disable(code_id: str, request: Request) -> Response:
        """Nobody can use it any more; bookings that bear it keep it."""
        await register.disable(code_id, require_person(request, signer, *MANAGERS, scope="events"))
        return Response(status_code=204)

    return router
