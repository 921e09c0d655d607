"""What organisers send. Fields are the contract's JSON fields; one shape for `event import` and `POST /events`."""

from datetime import datetime
from typing import Annotated

import msgspec

from rowlock.inventory import BlockKind
from rowlock.kernel import limits
from rowlock.pricing import FeesBody, TaxBody

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=limits.NAME_CHARS_MAX)]
Amount = str | int
TicketsMax = Annotated[int, msgspec.Meta(ge=1, le=limits.SEATS_PER_BOOKING_CEILING)]


class VenueBody(msgspec.Struct, frozen=True, rename="camel", kw_only=True, forbid_unknown_fields=True):
    """Where it is played."""

    name: Name
    city: Annotated[str, msgspec.Meta(max_length=limits.NAME_CHARS_MAX)] = ""
    country: Annotated[str, msgspec.Meta(max_length=limits.NAME_CHARS_MAX)] = ""


class EventBody(msgspec.Struct, frozen=True, rename="camel", kw_only=True, forbid_unknown_fields=True):
    """A new event. `prices` maps each category of the plan to its price, e.g. `{"VIP": "95.00"}`: all-in, unless `fees`
    or a `tax` that is not included come on top.

    `no_orphan_seats`: refuse a pick that leaves a single seat behind. `offer_nearest`: offer the nearest equivalent of
    seats that are gone to those who ask for it. `tickets_per_person_max`: over all bookings, accounts and cards.
    """

    name: Name
    starts_at: str
    timezone: str = "UTC"
    plan_id: str | int
    currency: str = "EUR"
    prices: dict[str, Amount]
    fees: FeesBody | None = None
    tax: TaxBody | None = None
    performers: Annotated[list[Name], msgspec.Meta(max_length=limits.PERFORMERS_PER_EVENT_MAX)] = []
    venue: VenueBody | None = None
    description: Annotated[str, msgspec.Meta(max_length=limits.DESCRIPTION_CHARS_MAX)] = ""
    genre: Annotated[str, msgspec.Meta(max_length=limits.NAME_CHARS_MAX)] = ""
    on_sale_at: str | None = None
    hold_seconds: int | None = None
    no_orphan_seats: bool = False
    offer_nearest: bool = True
    tickets_per_person_max: TicketsMax | None = None


class EventPatch(msgspec.Struct, frozen=True, rename="camel", kw_only=True, forbid_unknown_fields=True):
    """Changes to an event. Prices change for holds to come; those that stand keep theirs."""

    name: Name | msgspec.UnsetType = msgspec.UNSET
    description: Annotated[str, msgspec.Meta(max_length=limits.DESCRIPTION_CHARS_MAX)] | msgspec.UnsetType = (
        msgspec.UNSET
    )
    genre: Annotated[str, msgspec.Meta(max_length=limits.NAME_CHARS_MAX)] | msgspec.UnsetType = msgspec.UNSET
    starts_at: str | msgspec.UnsetType = msgspec.UNSET
    timezone: str | msgspec.UnsetType = msgspec.UNSET
    on_sale_at: str | msgspec.UnsetType | None = msgspec.UNSET
    hold_seconds: int | msgspec.UnsetType = msgspec.UNSET
    prices: dict[str, Amount] | msgspec.UnsetType = msgspec.UNSET
    fees: FeesBody | msgspec.UnsetType | None = msgspec.UNSET
    tax: TaxBody | msgspec.UnsetType | None = msgspec.UNSET
    no_orphan_seats: bool | msgspec.UnsetType = msgspec.UNSET
    offer_nearest: bool | msgspec.UnsetType = msgspec.UNSET
    tickets_per_person_max: TicketsMax | msgspec.UnsetType | None = msgspec.UNSET
    sale_paused: bool | msgspec.UnsetType = msgspec.UNSET
    cancelled: bool | msgspec.UnsetType = msgspec.UNSET

    @property
    def changes_prices(self) -> bool:
        """Whether tickets will cost something else."""
        return not (self.prices is self.fees is self.tax is msgspec.UNSET)


class BlockBody(msgspec.Struct, frozen=True, rename="camel", kw_only=True, forbid_unknown_fields=True):
    """Seats to take from sale, by id and by whole sections: for guests of the `house`, or not to be sold at all."""

    kind: BlockKind = "house"
    reason: Name
    seat_ids: list[str] = []
    sections: list[str] = []


class UnblockBody(msgspec.Struct, frozen=True, rename="camel", kw_only=True, forbid_unknown_fields=True):
    """Blocked seats to put back on sale."""

    reason: Name
    seat_ids: list[str] = []
    sections: list[str] = []


class BlockItem(msgspec.Struct, frozen=True, rename="camel"):
    """Seats that one command blocked and that are blocked still."""

    id: str
    kind: BlockKind
    reason: str
    by: str
    at: datetime
    seat_ids: tuple[str, ...]


class BlockList(msgspec.Struct, frozen=True):
    """The blocks that stand, oldest first."""

    items: tuple[BlockItem, ...]


class Created(msgspec.Struct, frozen=True):
    """The id of what was made."""

    id: str
