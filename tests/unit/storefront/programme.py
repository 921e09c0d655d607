"""A programme of three events, answered from memory: what the pages are shown in these tests."""

from datetime import UTC, datetime

import msgspec
from starlette.requests import HTTPConnection, Request

from rowlock.catalog import EventDetail, EventPage, EventSummary, Performer, PriceTier, Venue
from rowlock.catalog.model import EventStatus
from rowlock.identity.oauth import ProgramWish, Refused, SendOn
from rowlock.kernel.money import Money
from rowlock.payments import PaymentForm
from rowlock.search import EventQuery
from rowlock.seating import SeatPlace
from rowlock.tickets import CalendarEntry

STARTS = datetime(2027, 6, 12, 2, 10, tzinfo=UTC)
ENTRY = CalendarEntry(
    booking_id="b1",
    reference="K7QM-4XZ2",
    event_id="1",
    event_name="Giants; at, Dodgers",
    starts_at=STARTS,
    timezone="America/Los_Angeles",
    place="Dodger Stadium, Los Angeles",
    seats=(SeatPlace("Loge 102", "F", "14"), SeatPlace("Loge 102", "F", "15")),
)


def an_event(event_id: str = "1", name: str = "Giants at Dodgers", status: EventStatus = "on_sale") -> EventDetail:
    """An event in Los Angeles, late in the evening there, early the next morning in UTC."""
    return EventDetail(
        id=event_id,
        name=name,
        starts_at=STARTS,
        timezone="America/Los_Angeles",
        genre="baseball",
        venue=Venue("v1", "Dodger Stadium", "Los Angeles", "US"),
        performers=(Performer("p1", "Dodgers"),),
        on_sale_at=datetime(2027, 1, 10, 18, 0, tzinfo=UTC),
        status=status,
        price_from=Money("49.50", "USD"),
        available_seats=1200,
        seat_count=56_000,
        description="A game.",
        tiers=(
            PriceTier("t1", "Regular", Money("49.50", "USD"), Money("4.50", "USD"), 1000, 800, Money("0.00", "USD")),
        ),
        order_fee=Money("0.00", "USD"),
        tax=None,
        hold_seconds=300,
        seats_per_booking_max=10,
        no_orphan_seats=False,
        tickets_per_person_max=None,
        offer_nearest=True,
        plan_id="plan1",
        sale_ends_at=STARTS,
        created_at=STARTS,
        updated_at=STARTS,
        links={},
    )


class Programme:
    """Answers for StorefrontData."""

    def __init__(self, *events: EventDetail) -> None:
        self.events = {event.id: event for event in events or (an_event(),)}
        self.asked: list[EventQuery] = []

    async def search(self, query: EventQuery) -> EventPage:
        """All events, a page at a time."""
        self.asked.append(query)
        found = [_summary(event) for event in self.events.values()]
        first = (query.page - 1) * query.page_size
        return EventPage(tuple(found[first : first + query.page_size]), query.page, query.page_size, len(found))

    async def event(self, event_id: str) -> EventDetail | None:
        """One of them."""
        return self.events.get(event_id)

    async def program_wish(self, visitor: Request) -> ProgramWish | SendOn | Refused:
        """A program that asks for everything, unless its name is missing."""
        if "client_id" not in visitor.query_params:
            return Refused("No program of that name is known here.")
        return ProgramWish("<Fan> & club", ("bookings", "openid"), "organiser", "app.example", visitor.url.query)

    async def payment_form(self, payment_id: str) -> PaymentForm | str | None:
        if payment_id == "waits":
            return PaymentForm("https://pay.test/form", {"order_id": '"><script>'}, "/bookings/1")
        return "/bookings/1" if payment_id == "paid" else None

    async def calendar_entry(self, booking_id: str, visitor: HTTPConnection) -> CalendarEntry | None:
        """Booking b1, for the visitor whose cookie says `owner`."""
        return ENTRY if booking_id == "b1" and visitor.cookies.get("who") == "owner" else None

    def api_document(self) -> dict[str, object]:
        """A document of one operation."""
        operation = {"tags": ["Events"], "summary": "List", "responses": {"200": {"description": "The <events>."}}}
        return {"paths": {"/api/v1/events": {"get": operation}}}


def _summary(event: EventDetail) -> EventSummary:
    fields = msgspec.structs.asdict(event)
    return EventSummary(**{name: fields[name] for name in EventSummary.__struct_fields__})
