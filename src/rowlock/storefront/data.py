"""What the pages need to know, in the catalogue's own structs; who answers is the composition root's business."""

from collections.abc import Mapping
from typing import Any, Protocol

from starlette.requests import HTTPConnection, Request

from rowlock.catalog import EventDetail, EventPage
from rowlock.identity.oauth import ProgramWish, Refused, SendOn
from rowlock.payments import PaymentForm
from rowlock.search import EventQuery
from rowlock.tickets import CalendarEntry


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

    async def payment_form(self, payment_id: str) -> PaymentForm | str | None:
        """The form that takes a buyer on to pay; the page of the booking when nothing waits; None: no such payment."""

    def api_document(self) -> Mapping[str, Any]:
        """The OpenAPI document."""
