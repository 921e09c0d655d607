"""`GET /events` and `GET /events/search`: the same search under the two names the field knows it by."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from rowlock.catalog import EventPage
from rowlock.kernel import limits
from rowlock.kernel.ids import parse_number_id
from rowlock.kernel.problems import Problem
from rowlock.platform.http.bodies import json_answer
from rowlock.platform.http.openapi import answers
from rowlock.platform.postgres import Database
from rowlock.search.views import EventQuery, search_events

Words = Annotated[str | None, Query(max_length=limits.SEARCH_TEXT_CHARS_MAX, examples=["dodgers"])]
Moment = Annotated[str | None, Query(description="RFC 3339 time or a date", examples=["2027-05-01"])]
Page = Annotated[int, Query(ge=1, le=limits.PAGE_NUMBER_MAX)]
PageSize = Annotated[int, Query(alias="pageSize", ge=1, le=limits.PAGE_SIZE_MAX)]
Id = Annotated[str | None, Query(max_length=20)]


def search_router(database: Database) -> APIRouter:
    """The search routes."""
    router = APIRouter(tags=["Events"])

    @router.get("/events", summary="List and search events", responses=answers(EventPage, 422))
    async def list_events(
        *,
        q: Words = None,
        city: Words = None,
        start: Moment = None,
        end: Moment = None,
        venue_id: Annotated[str | None, Query(alias="venueId", max_length=20)] = None,
        performer_id: Annotated[str | None, Query(alias="performerId", max_length=20)] = None,
        page: Page = 1,
        page_size: PageSize = limits.PAGE_SIZE_DEFAULT,
    ) -> Response:
        """Events from now on, soonest first; with words the best match first. Typos and accents are forgiven."""
        query = EventQuery(
            words=q,
            city=city,
            start=moment("start", start),
            end=moment("end", end),
            venue_id=_id("venueId", venue_id),
            performer_id=_id("performerId", performer_id),
            page=page,
            page_size=page_size,
        )
        return await _answer(query)

    @router.get("/events/search", summary="Search events", responses=answers(EventPage, 422))
    async def search(
        keyword: Words = None,
        start: Moment = None,
        end: Moment = None,
        page: Page = 1,
        page_size: PageSize = limits.PAGE_SIZE_DEFAULT,
    ) -> Response:
        """The same as `GET /events`, with `keyword` for `q`."""
        first, last = moment("start", start), moment("end", end)
        return await _answer(EventQuery(words=keyword, start=first, end=last, page=page, page_size=page_size))

    async def _answer(query: EventQuery) -> Response:
        found = await search_events(database, query, datetime.now(UTC))
        return json_answer(found, headers={"Cache-Control": "public, max-age=1"})

    return router


def moment(name: str, text: str | None) -> datetime | None:
    """A moment from a query parameter, UTC where it has no offset; Problem `invalid_request` when it is none."""
    if text is None or text == "":
        return None
    try:
        found = datetime.fromisoformat(text)
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        raise Problem("invalid_request", f"{name}: {text!r} is not a date or an RFC 3339 time.") from None


def _id(name: str, text: str | None) -> int | None:
    if text is None or text == "":
        return None
    number = parse_number_id(text)
    if number is None:
        raise Problem("invalid_request", f"{name}: {text!r} is not an id of ours.")
    return number
