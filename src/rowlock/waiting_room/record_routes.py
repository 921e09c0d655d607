"""The public record over HTTP: the file that anybody can check, and the proof of one's own place."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import Response, StreamingResponse

from rowlock.identity import TokenSigner, person_of
from rowlock.kernel.ids import parse_number_id
from rowlock.kernel.problems import Problem
from rowlock.platform.http.bodies import json_answer
from rowlock.platform.http.openapi import answers
from rowlock.platform.valkey.limiter import Limit, Limiter
from rowlock.waiting_room.parts import WaitingRoomParts
from rowlock.waiting_room.proof import PlaceProof
from rowlock.waiting_room.record_views import LineRound

FILES_PER_MINUTE = 60
"""Of one event by one process; a cache in front gives it to everybody else."""
FILE_KEPT = {"Cache-Control": "public, max-age=10"}
ROUNDS_MAX = 2**31 - 1
_FILE: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "JSON lines: the head, the entries, the register. `rowlock queue verify` and the page "
        "/queue/verify recompute it.",
        "content": {"application/jsonl": {"schema": {"type": "string"}}},
    }
}


def record_router(signer: TokenSigner, limiter: Limiter, parts: WaitingRoomParts) -> APIRouter:
    """What is published of a line."""
    router = APIRouter(tags=["Waiting room"], prefix="/events/{event_id}/queue")

    @router.get(
        "/record", summary="The public record of a line", response_class=Response,
        responses={**answers(None, 404, 422, 429), **_FILE},
    )  # fmt: skip
    async def file(
        event_id: str, wanted: Annotated[int | None, Query(alias="round", ge=0, le=ROUNDS_MAX)] = None
    ) -> Response:
        """Everything that makes a draw checkable, of the last round or of `round`."""
        limiter.require_here(Limit(f"queue record:{event_id}", FILES_PER_MINUTE, "queue records"))
        line = await parts.records.round_of(_number(event_id), wanted)
        named = {"Content-Disposition": f'attachment; filename="queue-{line.event_id}-{line.round}.jsonl"'}
        return StreamingResponse(parts.records.file(line), media_type="application/jsonl", headers=FILE_KEPT | named)

    @router.get("/proof", summary="The proof of one's own place", responses=answers(PlaceProof, 401, 404))
    async def proof(event_id: str, request: Request) -> Response:
        """With the ticket (X-Queue-Ticket, or its cookie), or by who asks: two paths to the roots in the record."""
        number = _number(event_id)
        ticket = await parts.desk.ticket(number, person_of(request, signer), request.scope["headers"])
        if ticket is None:
            raise Problem("record_not_found", "Without a ticket of this line there is nothing to prove.")
        found = await parts.records.proof(LineRound(number, ticket.round), ticket.number)
        return json_answer(found, headers={"Cache-Control": "private, no-store"})

    return router


def _number(event_id: str) -> int:
    number = parse_number_id(event_id)
    if number is None:
        raise Problem("event_not_found", f"There is no event {event_id}.")
    return number
