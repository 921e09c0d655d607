"""Reading the catalogue."""

from collections import OrderedDict

import asyncpg
import msgspec

from rowlock.catalog.model import EventDetail, EventSummary, Performer, PriceTier, TaxNote, Venue
from rowlock.kernel.money import Money, money
from rowlock.platform.postgres import Database, load_queries

SQL = load_queries("rowlock.catalog")

SALE_FACTS_KEPT_MAX = 10_000


class SaleFacts(msgspec.Struct, frozen=True):
    """What never changes about an event's sale; `tiers[tier_no]` is a tier's name."""

    event_id: int
    plan_id: int
    organiser_id: int
    currency: str
    tiers: tuple[str, ...]


class SaleFactsShelf:
    """The facts of the events this process sold last."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._kept: OrderedDict[int, SaleFacts] = OrderedDict()

    async def facts(self, event_id: int) -> SaleFacts | None:
        """The facts of an event, None when there is none."""
        kept = self._kept.get(event_id)
        if kept is not None:
            return kept
        row = await self._database.fetchrow(SQL["sale_facts"], event_id)
        if row is None or row["tiers"] is None:
            return None
        facts = SaleFacts(event_id, row["plan_id"], row["organiser_id"], row["currency"], tuple(row["tiers"]))
        self._kept[event_id] = facts
        if len(self._kept) > SALE_FACTS_KEPT_MAX:
            self._kept.popitem(last=False)
        return facts


async def find_event(
    database: Database, event_id: int, available_by_tier: dict[int, int], seats_per_booking_max: int
) -> EventDetail | None:
    """Everything about one event; free seats by tier come from the inventory. None when there is none."""
    rows = await database.report(SQL["find_event"], event_id)
    if not rows:
        return None
    row = rows[0]
    summary = summary_of(row)
    tiers = await database.report(SQL["event_tiers"], event_id)
    return EventDetail(
        **msgspec.structs.asdict(summary),
        description=row["description"],
        tiers=tuple(_tier(tier, row["currency"], available_by_tier.get(tier["tier_no"], 0)) for tier in tiers),
        order_fee=money(row["order_fee"], row["currency"]),
        tax=TaxNote(row["tax_name"], row["tax_rate"]) if row["tax_rate"] else None,
        hold_seconds=row["hold_seconds"],
        seats_per_booking_max=seats_per_booking_max,
        no_orphan_seats=row["no_orphan_seats"],
        offer_nearest=row["offer_nearest"],
        tickets_per_person_max=row["tickets_per_person_max"],
        plan_id=str(row["plan_id"]),
        sale_ends_at=row["sale_ends_at"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        links={part: f"/api/v1/events/{event_id}{path}" for part, path in _LINKS.items()},
    )


_LINKS = {"self": "", "plan": "/plan", "seats": "/seats"}


def summary_of(row: asyncpg.Record) -> EventSummary:
    """An event of a list, from a row of `find_event` or of the search."""
    price_from: Money | None = None
    if row["price_from"] is not None:
        price_from = money(row["price_from"], row["currency"])
    return EventSummary(
        id=str(row["id"]),
        name=row["name"],
        starts_at=row["starts_at"],
        timezone=row["timezone"],
        genre=row["genre"],
        venue=Venue(str(row["venue_id"]), row["venue_name"], row["city"], row["country"]),
        performers=tuple(Performer(*text.split(" ", 1)) for text in row["performers"] or ()),
        on_sale_at=row["on_sale_at"],
        status=row["status"],
        price_from=price_from,
        available_seats=row["available"],
        seat_count=row["seat_count"],
    )


def _tier(row: asyncpg.Record, currency: str, available: int) -> PriceTier:
    price, fees, tax = (money(row[column], currency) for column in ("price_minor", "fee_minor", "tax_minor"))
    return PriceTier(str(row["tier_no"]), row["name"], price, fees, row["seat_count"], available, tax)
