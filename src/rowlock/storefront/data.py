"""What the pages need to know, in the catalogue's own structs; who answers is the composition root's business."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

import msgspec
from starlette.requests import HTTPConnection, Request

from rowlock.catalog import EventDetail, EventPage
from rowlock.identity.oauth import ProgramWish, Refused, SendOn
from rowlock.search import EventQuery


class CalendarEntry(msgspec.Struct, frozen=True):
    """A booking as a calendar shows it; `seats` are seat ids, `starts_at` is aware."""

    booking_id: str
    reference: str
    event_id: str
    event_name: str
    starts_at: datetime
    timezone: str
    place: str
    seats: tuple[str, ...]


class StorefrontData(Protocol):
    """Everything the storefront reads."""

    async def search(self, query: EventQuery) -> EventPage:
        """The events that match."""

    async def event(self, event_id: str) -> EventDetail | None:
        """One event, None when there is none (or the id is no id)."""

    async def program_wish(self, visitor: Request) -> ProgramWish | SendOn | Refused:
        """What to ask the visitor whom a program sent; or where to send them; or why not to ask at all."""

    async def calendar_entry(self, booking_id: str, visitor: HTTPConnection) -> CalendarEntry | None:
        """The visitor's own confirmed booking, else None. The cookie of `visitor` says whose it is."""

    def api_document(self) -> Mapping[str, Any]:
        """The OpenAPI document."""
