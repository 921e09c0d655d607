"""Finding events by words, place and time."""

from datetime import datetime

import msgspec

from rowlock.catalog import EventPage, summary_of
from rowlock.kernel import limits
from rowlock.platform.postgres import Database, load_queries

SQL = load_queries("rowlock.search")


class EventQuery(msgspec.Struct, frozen=True, kw_only=True):
    """What to look for. `start` and `end` bound the beginning of the event; `start` None: from now on."""

    words: str | None = None
    city: str | None = None
    start: datetime | None = None
    end: datetime | None = None
    venue_id: int | None = None
    performer_id: int | None = None
    page: int = 1
    page_size: int = limits.PAGE_SIZE_DEFAULT


async def search_events(database: Database, query: EventQuery, now: datetime) -> EventPage:
    """The events that match: with words the best first, else the soonest first."""
    rows = await database.report(
        SQL["search_events"],
        query.words or None,
        query.city or None,
        query.start or now,
        query.end,
        query.venue_id,
        query.performer_id,
        query.page_size,
        (query.page - 1) * query.page_size,
    )
    items = tuple(summary_of(row) for row in rows if row["id"] is not None)
    return EventPage(items, query.page, query.page_size, rows[0]["total"])
