"""`GET /events/{id}/plan`: where the seats are."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from rowlock.catalog import SaleFactsShelf
from rowlock.kernel.ids import parse_number_id
from rowlock.kernel.problems import Problem
from rowlock.platform.http.caching import accepts_gzip, cached_json, is_unchanged, not_modified
from rowlock.platform.http.openapi import Operation
from rowlock.seating.store import PlanShelf

CACHE_FOR_A_DAY = "public, max-age=86400"
"""The answer for a plan version never changes; only which plan an event is on is looked up again each day."""

OPERATIONS = (
    Operation(
        method="get", path="/api/v1/events/{eventId}/plan", tag="Events", public=True,
        summary="Geometry of the seating plan",
        description="Seats in seatNo order with their place, section, row, number and tier. `?format=columns` packs "
        "the seats into typed arrays, about a tenth of the size.",
        query={"format": "`columns` for packed arrays"},
        answers={200: ("The plan.", None), 304: ("Unchanged.", None)}, problems=(404,),
    ),
)  # fmt: skip


def plan_routes(facts: SaleFactsShelf, shelf: PlanShelf) -> list[Route]:
    """The plan's route."""

    async def get_plan(request: Request) -> Response:
        event_id = parse_number_id(request.path_params["event_id"])
        known = await facts.facts(event_id) if event_id is not None else None
        plan = await shelf.plan(known.plan_id) if known is not None else None
        if plan is None:
            raise Problem("event_not_found", f"There is no event {request.path_params['event_id']}.")
        columns = request.query_params.get("format") == "columns"
        etag = f'"plan-{plan.plan_id}-{plan.version}{"-columns" if columns else ""}"'
        if is_unchanged(request, etag):
            return not_modified(etag=etag, cache_control=CACHE_FOR_A_DAY)
        gzipped = accepts_gzip(request)
        body = plan.geometry(columns=columns, gzipped=gzipped)
        return cached_json(body, etag=etag, cache_control=CACHE_FOR_A_DAY, gzipped=gzipped)

    return [Route("/api/v1/events/{event_id}/plan", get_plan, methods=["GET"])]
