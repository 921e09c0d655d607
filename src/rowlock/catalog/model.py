"""Venues, performers, events and price tiers as the API tells of them. Fields are the contract's JSON fields."""

from datetime import datetime
from typing import Literal

import msgspec

from rowlock.kernel.money import Money

EventStatus = Literal["scheduled", "on_sale", "sold_out", "paused", "ended", "cancelled"]
"""`scheduled`: the sale has not opened yet; `ended`: it is over because the event begins."""


class Venue(msgspec.Struct, frozen=True, rename="camel"):
    """Where it is played."""

    id: str
    name: str
    city: str
    country: str

    @property
    def place(self) -> str:
        """Its name, with its city if that is known."""
        return f"{self.name}, {self.city}" if self.city else self.name


class Performer(msgspec.Struct, frozen=True, rename="camel"):
    """Who plays."""

    id: str
    name: str


class EventSummary(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """One event in a list. `price_from` is the lowest all-in price."""

    id: str
    name: str
    starts_at: datetime
    timezone: str
    genre: str
    venue: Venue
    performers: tuple[Performer, ...]
    on_sale_at: datetime | None
    status: EventStatus
    price_from: Money | None
    available_seats: int
    seat_count: int


class PriceTier(msgspec.Struct, frozen=True, rename="camel"):
    """`price` is all-in; `fees` and `tax` are the parts of it that are not the ticket's own.

    `name` is the category of the seating plan; `total` and `available` count its seats.
    """

    id: str
    name: str
    price: Money
    fees: Money
    total: int
    available: int
    tax: Money


class TaxNote(msgspec.Struct, frozen=True):
    """The tax in an event's prices: its name, which may be empty, and its rate in percent."""

    name: str
    rate: str


class EventDetail(EventSummary, frozen=True, rename="camel", kw_only=True):
    """One event, with everything its page shows.

    `no_orphan_seats`: a pick must not leave a single seat behind. `offer_nearest`: who comes too late may be offered
    the nearest equivalent. `seats_per_booking_max` is the installation's limit,
    `tickets_per_person_max` what one person may have of this event over all bookings. `order_fee` is all-in and comes
    once an order, whatever is in it.
    """

    description: str
    tiers: tuple[PriceTier, ...]
    order_fee: Money
    tax: TaxNote | None
    hold_seconds: int
    seats_per_booking_max: int
    no_orphan_seats: bool
    offer_nearest: bool
    tickets_per_person_max: int | None
    plan_id: str
    sale_ends_at: datetime
    created_at: datetime
    updated_at: datetime
    links: dict[str, str]


class EventPage(msgspec.Struct, frozen=True, rename="camel"):
    """A page of events; `total` counts all that match."""

    items: tuple[EventSummary, ...]
    page: int
    page_size: int
    total: int
