"""`GET /events/{id}/seats`: what is free, as two bits a seat, as a list, or as the changes since a position."""

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from rowlock.catalog import SaleFacts, SaleFactsShelf
from rowlock.inventory.model import STATE_WORDS
from rowlock.inventory.replica import SeatPicture, SeatReplica
from rowlock.kernel.ids import parse_number_id
from rowlock.kernel.problems import Problem
from rowlock.platform.http.bodies import json_answer
from rowlock.platform.http.caching import accepts_gzip, cached_json, is_unchanged, not_modified
from rowlock.platform.http.openapi import Operation
from rowlock.seating.store import PlanShelf

CACHE_FOR_A_SECOND = "public, max-age=1"


class SeatCounts(msgspec.Struct, frozen=True):
    """Seats by state."""

    available: int
    held: int
    booked: int
    blocked: int


class SeatSnapshot(msgspec.Struct, frozen=True):
    """All seats at one position. `seats` is base64; seat n is bits 2*(n mod 4), lowest first, of byte n // 4."""

    epoch: int
    seq: int
    counts: SeatCounts
    seats: str


OPERATIONS = (
    Operation(
        method="get", path="/api/v1/events/{eventId}/seats", tag="Events", public=True,
        summary="State of every seat",
        description="States: 0 available, 1 held, 2 booked, 3 blocked. With `since`, `{epoch, seq, changes: [[seatNo, "
        "state], ...]}`; a new epoch or 410 `since_too_old` means: take a snapshot.",
        query={"format": "`list` for `[{id, status, tier}]`", "since": "a seq: only what changed after it"},
        answers={200: ("The seats.", SeatSnapshot), 304: ("Unchanged.", None)}, problems=(404, 410, 422),
    ),
)  # fmt: skip


def seat_routes(facts: SaleFactsShelf, shelf: PlanShelf, replica: SeatReplica) -> list[Route]:
    """The seats' route."""

    async def get_seats(request: Request) -> Response:
        event_id = parse_number_id(request.path_params["event_id"])
        since = request.query_params.get("since")
        if event_id is not None and since is not None:
            return await _since(replica, event_id, since)
        picture = await replica.picture(event_id) if event_id is not None else None
        if event_id is None or picture is None:
            raise _no_event(request.path_params["event_id"])
        as_list = request.query_params.get("format") == "list"
        etag = f'"{picture.epoch}-{picture.seq}{"-list" if as_list else ""}"'
        if is_unchanged(request, etag):
            return not_modified(etag=etag, cache_control=CACHE_FOR_A_SECOND)
        if as_list:
            known = await facts.facts(event_id)
            assert known is not None
            body = await _list(shelf, known, picture)
            return cached_json(body, etag=etag, cache_control=CACHE_FOR_A_SECOND, gzipped=False)
        gzipped = accepts_gzip(request)
        body = picture.snapshot(gzipped=gzipped)
        return cached_json(body, etag=etag, cache_control=CACHE_FOR_A_SECOND, gzipped=gzipped)

    return [Route("/api/v1/events/{event_id}/seats", get_seats, methods=["GET"])]


async def _since(replica: SeatReplica, event_id: int, text: str) -> Response:
    since = parse_number_id(text)
    if since is None:
        raise Problem("invalid_request", f"since: {text!r} is not a seq.")
    answer = await replica.changes_since(event_id, since)
    if answer is None:
        raise _no_event(str(event_id))
    picture, changes = answer
    if changes is None:
        raise Problem("since_too_old", "Take a snapshot and go on from its seq.", epoch=picture.epoch, seq=picture.seq)
    body = {"epoch": picture.epoch, "seq": picture.seq, "changes": sorted(changes.items())}
    return json_answer(body, headers={"Cache-Control": CACHE_FOR_A_SECOND})


async def _list(shelf: PlanShelf, facts: SaleFacts, picture: SeatPicture) -> bytes:
    plan = await shelf.plan(facts.plan_id)
    assert plan is not None
    rows = zip(plan.seat_ids, picture.states(), picture.tier_nos, strict=True)
    return msgspec.json.encode(
        [{"id": seat_id, "status": STATE_WORDS[state], "tier": facts.tiers[tier]} for seat_id, state, tier in rows]
    )


def _no_event(event_id: str) -> Problem:
    return Problem("event_not_found", f"There is no event {event_id}.")
