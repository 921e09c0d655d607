"""What is played where and what it costs: venues, performers, events, price tiers."""

from rowlock.catalog.model import EventDetail, EventPage, EventStatus, EventSummary, Performer, PriceTier, Venue
from rowlock.catalog.views import SaleFacts, SaleFactsShelf, find_event, summary_of

__all__ = [
    "EventDetail",
    "EventPage",
    "EventStatus",
    "EventSummary",
    "Performer",
    "PriceTier",
    "SaleFacts",
    "SaleFactsShelf",
    "Venue",
    "find_event",
    "summary_of",
]
