"""Creating venues, plans and events, and changing events. Everything of one command happens in one transaction."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, TypeVar

import msgspec

from rowlock.audit import Deed, record
from rowlock.catalog.views import SQL as CATALOG
from rowlock.identity import Person
from rowlock.inventory import start_clock, stop_clock
from rowlock.inventory.store import SQL as INVENTORY
from rowlock.kernel import limits
from rowlock.kernel.clock import known_zone, parse_wire_time
from rowlock.kernel.ids import parse_number_id
from rowlock.kernel.money import known_currency
from rowlock.kernel.problems import Problem
from rowlock.organiser.model import Amount, EventBody, EventPatch, VenueBody
from rowlock.platform.postgres import Connection, Database
from rowlock.pricing import FeesBody, ListedTerms, checked_terms
from rowlock.pricing.store import SQL as PRICING
from rowlock.pricing.store import change_price_list, price_of, write_price_list
from rowlock.seating import SeatingPlan
from rowlock.seating.store import PlanShelf, ShelvedPlan, StoredPlan, save_plan

Value = TypeVar("Value")


class Terms(msgspec.Struct, frozen=True):
    """The checked terms of a new event; `prices[tier_no]` are what the organiser typed, in minor units."""

    starts_at: datetime
    on_sale_at: datetime | None
    hold_seconds: int
    prices: tuple[int, ...]
    listed: ListedTerms


class CheckedEvent(NamedTuple):
    """A new event that nothing speaks against."""

    body: EventBody
    plan: ShelvedPlan
    terms: Terms


class Organiser:
    """What organisers may do with the catalogue. `on_turn` hears of an event whose sale went on or was paused."""

    def __init__(
        self,
        database: Database,
        shelf: PlanShelf,
        *,
        hold_seconds: int,
        on_turn: Callable[[int], None] = lambda _event_id: None,
    ) -> None:
        self._database = database
        self._shelf = shelf
        self._hold_seconds = hold_seconds
        self._on_turn = on_turn

    async def create_venue(self, body: VenueBody, by: Person) -> int:
        """The venue of that name, city and country, made when there is none."""
        async with self._database.cold.acquire() as connection, connection.transaction():
            venue_id, deeds = await _venue(connection, body, by)
            await record(connection, by, deeds)
            return venue_id

    async def create_plan(self, plan: SeatingPlan, venue: VenueBody | None, by: Person) -> StoredPlan:
        """Store a checked plan as a new version; the very same plan is not stored twice."""
        async with self._database.cold.acquire() as connection, connection.transaction():
            venue_id, deeds = (None, []) if venue is None else await _venue(connection, venue, by)
            stored, is_new = await save_plan(connection, plan, venue_id, by.makes_for)
            if is_new:
                facts = {"name": stored.name, "version": stored.version, "seats": stored.seat_count}
                deeds.append(Deed("create_plan", f"plan:{stored.plan_id}", by.makes_for, after=facts))
            await record(connection, by, deeds)
            return stored

    async def create_event(self, body: EventBody, by: Person, creation_key: str | None) -> int:
        """Create an event with its prices and lay its seats out for sale.

        With a creation key a repeat answers the first event. Problems: `invalid_request`, `plan_not_found`.
        """
        checked = await self.check_event(body, by)
        async with self._database.cold.acquire() as connection, connection.transaction():
            event_id, deeds = await self._insert_event(connection, checked, by, creation_key)
            await record(connection, by, deeds)
            return event_id

    async def import_events(
        self, checked: Sequence[CheckedEvent], by: Person, progress: Callable[[int], None]
    ) -> list[int]:
        """Create many events, all or none; `progress` is told each time how many more are done."""
        ids, deeds = [], []
        async with self._database.cold.acquire() as connection, connection.transaction():
            for event in checked:
                event_id, done = await self._insert_event(connection, event, by, None)
                ids.append(event_id)
                deeds += done
                progress(1)
            await record(connection, by, deeds)
        return ids

    async def check_event(self, body: EventBody, by: Person) -> CheckedEvent:
        """The event with its plan and terms, fit to be created. Problems: `invalid_request`, `plan_not_found`.

        The event will belong to the organiser whose plan it is.
        """
        plan = await self._plan(body.plan_id, by)
        country = await self._country_of(body, plan)
        return CheckedEvent(body, plan, self._checked(body, plan, country))

    async def _insert_event(
        self, connection: Connection, checked: CheckedEvent, by: Person, creation_key: str | None
    ) -> tuple[int, list[Deed]]:
        body, plan, terms = checked.body, checked.plan, checked.terms
        venue_id, deeds = await self._venue_of(connection, body, plan, by)
        event_id = await connection.fetchval(
            CATALOG["insert_event"], venue_id, plan.plan_id, body.name, body.description, body.genre,
            terms.starts_at, body.timezone, body.currency, by.subject, creation_key,
            plan.organiser_id,
        )  # fmt: skip
        if event_id is None:
            event_id = await connection.fetchval(CATALOG["event_of_creation_key"], creation_key)
            assert isinstance(event_id, int)
            return event_id, []
        assert isinstance(event_id, int)
        await _add_performers(connection, event_id, body)
        await _open_sale(connection, event_id, plan, terms)
        await write_price_list(connection, event_id, terms.prices, terms.listed, body.currency)
        await connection.execute(CATALOG["update_pick_rules"], event_id, body.no_orphan_seats, body.offer_nearest)
        if body.tickets_per_person_max is not None:
            await connection.execute(CATALOG["update_ticket_cap"], event_id, body.tickets_per_person_max)
        await connection.execute(CATALOG["refresh_search_words"], event_id)
        _, made = await _terms(connection, event_id, by)
        return event_id, [*deeds, Deed("create_event", f"event:{event_id}", plan.organiser_id, after=made)]

    async def patch_event(self, event_id: int, patch: EventPatch, by: Person) -> None:
        """Change an event. Problems: `event_not_found` (another organiser's, too), `invalid_request`."""
        starts_at = _moment("startsAt", _given(patch.starts_at))
        if _given(patch.timezone) is not None:
            _check_zone(str(patch.timezone))
        hold_seconds = _given(patch.hold_seconds)
        if hold_seconds is not None:
            _check_hold_seconds(hold_seconds)
        async with self._database.cold.acquire() as connection, connection.transaction():
            organiser_id, was = await _terms(connection, event_id, by)
            await connection.execute(
                CATALOG["update_event"], event_id, _given(patch.name), _given(patch.description), _given(patch.genre),
                starts_at, _given(patch.timezone), _given(patch.cancelled),
            )  # fmt: skip
            await _turn_clock(connection, event_id, patch)
            await connection.execute(
                CATALOG["update_sale"], event_id, hold_seconds, patch.on_sale_at is not msgspec.UNSET,
                _moment("onSaleAt", _given(patch.on_sale_at)), starts_at,
                True if patch.cancelled is True else None,
            )  # fmt: skip
            await connection.execute(
                CATALOG["update_pick_rules"], event_id, _given(patch.no_orphan_seats), _given(patch.offer_nearest)
            )
            if patch.tickets_per_person_max is not msgspec.UNSET:
                await connection.execute(CATALOG["update_ticket_cap"], event_id, patch.tickets_per_person_max)
            if patch.changes_prices:
                prices = _given(patch.prices)
                await change_price_list(connection, event_id, prices=prices, fees=patch.fees, tax=patch.tax)
            await connection.execute(CATALOG["refresh_search_words"], event_id)
            _, now = await _terms(connection, event_id, by)
            before, after = _changes(was, now)
            if after:
                deed = Deed("change_event", f"event:{event_id}", organiser_id, before, after)
                await record(connection, by, [deed])
        if patch.sale_paused is not msgspec.UNSET or patch.cancelled is not msgspec.UNSET:
            self._on_turn(event_id)

    async def _plan(self, plan_id: str | int, by: Person) -> ShelvedPlan:
        number = parse_number_id(str(plan_id))
        plan = await self._shelf.plan(number) if number is not None else None
        if plan is None or not by.works_for(plan.organiser_id):
            raise Problem("plan_not_found", f"There is no seating plan {plan_id}.")
        return plan

    async def _venue_of(
        self, connection: Connection, body: EventBody, plan: ShelvedPlan, by: Person
    ) -> tuple[int, list[Deed]]:
        if body.venue is not None:
            return await _venue(connection, body.venue, by)
        found: int | None = await connection.fetchval(CATALOG["venue_of_plan"], plan.plan_id)
        return (found, []) if found is not None else await _venue(connection, VenueBody(name=plan.plan.name), by)

    async def _country_of(self, body: EventBody, plan: ShelvedPlan) -> str:
        """The country of the venue where the event will be, as far as it is known before."""
        if body.venue is not None:
            return body.venue.country
        row = await self._database.fetchrow(PRICING["country_of_plan"], plan.plan_id)
        return "" if row is None else str(row["country"])

    def _checked(self, body: EventBody, plan: ShelvedPlan, country: str) -> Terms:
        if not known_currency(body.currency):
            raise Problem("invalid_request", f"currency: {body.currency!r} is not a currency such as EUR.")
        _check_zone(body.timezone)
        hold_seconds = body.hold_seconds if body.hold_seconds is not None else self._hold_seconds
        _check_hold_seconds(hold_seconds)
        starts_at = _moment("startsAt", body.starts_at)
        assert starts_at is not None
        categories = [category.name for category in plan.plan.categories]
        _check_categories(body.prices, categories)
        prices = tuple(price_of(name, body.prices[name], body.currency) for name in categories)
        listed = checked_terms(body.fees or FeesBody(), body.tax, body.currency, country)
        return Terms(starts_at, _moment("onSaleAt", body.on_sale_at), hold_seconds, prices, listed)


async def _turn_clock(connection: Connection, event_id: int, patch: EventPatch) -> None:
    """Pause or resume the sale. One that is called off has no clock to stop: its holds run out."""
    if patch.cancelled is True or patch.sale_paused is False:
        await start_clock(connection, event_id)
    elif patch.sale_paused is True:
        await stop_clock(connection, event_id)


def _check_categories(prices: Mapping[str, Amount], categories: list[str]) -> None:
    missing = [name for name in categories if name not in prices]
    if missing:
        raise Problem("invalid_request", f"prices: the plan's category {missing[0]!r} has no price.", missing=missing)
    strange = [name for name in prices if name not in categories]
    if strange:
        raise Problem(
            "invalid_request", f"prices: the plan has no category {strange[0]!r}; it has {', '.join(categories)}."
        )


def _check_zone(name: str) -> None:
    try:
        known_zone(name)
    except ValueError as error:
        raise Problem("invalid_request", f"timezone: {error}.") from error


def _check_hold_seconds(seconds: int) -> None:
    if not limits.HOLD_SECONDS_MIN <= seconds <= limits.HOLD_SECONDS_MAX:
        low, high = limits.HOLD_SECONDS_MIN, limits.HOLD_SECONDS_MAX
        raise Problem("invalid_request", f"holdSeconds: {seconds} is not from {low} to {high}.")


def _moment(name: str, text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        return parse_wire_time(text)
    except ValueError as error:
        raise Problem("invalid_request", f"{name}: {error}.") from error


def _given(value: Value | msgspec.UnsetType) -> Value | None:
    return None if value is msgspec.UNSET else value


async def _venue(connection: Connection, venue: VenueBody, by: Person) -> tuple[int, list[Deed]]:
    """The venue's id, and that it was made if it was."""
    row = await connection.fetchrow(CATALOG["upsert_venue"], venue.name, venue.city, venue.country)
    assert row is not None
    facts = {"name": venue.name, "city": venue.city, "country": venue.country}
    made = Deed("create_venue", f"venue:{row['id']}", by.makes_for, after=facts)
    return row["id"], [made] if row["is_new"] else []


async def _terms(connection: Connection, event_id: int, by: Person) -> tuple[int, dict[str, object]]:
    """Whose event it is and its terms as they stand; Problem `event_not_found` when it is none of theirs."""
    row = await connection.fetchrow(CATALOG["event_terms"], event_id, by.reach)
    if row is None:
        raise Problem("event_not_found", f"There is no event {event_id}.")
    return row["organiser_id"], msgspec.json.decode(row["terms"], type=dict[str, object])


def _changes(was: Mapping[str, object], now: Mapping[str, object]) -> tuple[dict[str, object], dict[str, object]]:
    changed = [name for name in now if was[name] != now[name]]
    return {name: was[name] for name in changed}, {name: now[name] for name in changed}


async def _add_performers(connection: Connection, event_id: int, body: EventBody) -> None:
    for position, name in enumerate(dict.fromkeys(body.performers)):
        performer_id = await connection.fetchval(CATALOG["upsert_performer"], name)
        await connection.execute(CATALOG["insert_event_performer"], event_id, performer_id, position)


async def _open_sale(connection: Connection, event_id: int, plan: ShelvedPlan, terms: Terms) -> None:
    tier_of = {category.name: tier_no for tier_no, category in enumerate(plan.plan.categories)}
    tiers = [tier_of[placed.seat.category] for placed in plan.plan.placed_seats()]
    for name, tier_no in tier_of.items():
        await connection.execute(CATALOG["insert_tier"], event_id, tier_no, name, tiers.count(tier_no))
    await connection.execute(
        INVENTORY["open_sale"], event_id, secrets.randbits(31), tiers, terms.hold_seconds, terms.on_sale_at,
        terms.starts_at,
    )  # fmt: skip
