"""About two hundred events over the year after a given day, in the shape that `event import` takes.

Pure and repeatable: the same day gives the same events. Instead of `planId` an event names a generated plan by
`plan`, a key of PLANS.
"""

from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from typing import Final, TypedDict
from zoneinfo import ZoneInfo

from rowlock.demo.programme import BASEBALL, STADIUM_CONCERTS, STAGE, TOURING_ACTS, Production
from rowlock.demo.venues import CLUBS, PRICES, STADIUM, THEATRES, DemoVenue, PlanKey
from rowlock.pricing.countries import country_tax
from rowlock.seating import SeatingPlan
from rowlock.seating.generator import baseball_stadium, club, theatre

PLANS: Final[dict[PlanKey, Callable[[], SeatingPlan]]] = {
    "dodger-stadium": baseball_stadium,
    "theatre-1200": lambda: theatre("Theatre, 1,200 seats"),
    "club-300": lambda: club("Club, 300 seats"),
}

ON_SALE_AHEAD = timedelta(days=240)  # how long before the event its sale opens
ON_SALE_TIME = time(10, 0)
GIGS_PER_CLUB = 13
GAME_MONTHS = (4, 5, 6, 8, 9)
WEDNESDAY, FRIDAY, SATURDAY, SUNDAY = 2, 4, 5, 6


class VenueBody(TypedDict):
    """The venue part of an event."""

    name: str
    city: str
    country: str


class EventBody(TypedDict):
    """One event; times are RFC 3339 in the venue's own offset, prices decimal strings by price category.

    The tax is in the prices; an empty one is as usual in the venue's country.
    """

    name: str
    startsAt: str
    timezone: str
    plan: PlanKey
    currency: str
    prices: dict[str, str]
    tax: dict[str, str]
    performers: list[str]
    venue: VenueBody
    description: str
    genre: str
    onSaleAt: str
    holdSeconds: int


def events(today: date) -> list[EventBody]:
    """The demo's events, by start. The first at the stadium is on sale already; some others are not yet."""
    every = [*_stadium(today), *_theatres(today), *_clubs(today)]
    return sorted(every, key=lambda event: (datetime.fromisoformat(event["startsAt"]), event["name"]))


def _stadium(today: date) -> Iterator[EventBody]:
    """Three concerts on Fridays, the second of which goes on sale tomorrow at ten, and games on summer Saturdays."""
    opening = _next(today + timedelta(days=14), FRIDAY)
    yield _event(STADIUM, STADIUM_CONCERTS[0], opening, time(19, 0), _long_ago(opening))
    soon = _next(today + timedelta(days=95), FRIDAY)
    yield _event(STADIUM, STADIUM_CONCERTS[1], soon, time(19, 30), today + timedelta(days=1))
    late = _next(today + timedelta(days=310), FRIDAY)
    yield _event(STADIUM, STADIUM_CONCERTS[2], late, time(20, 0), _long_ago(late))
    for month, game in zip(GAME_MONTHS, BASEBALL, strict=True):
        day = next(
            second
            for year in (today.year, today.year + 1, today.year + 2)
            if (second := _next(date(year, month, 8), SATURDAY)) > today + timedelta(days=10)
        )
        yield _event(STADIUM, game, day, time(18, 10), _long_ago(day))


def _theatres(today: date) -> Iterator[EventBody]:
    """Each house gives four productions, from a Wednesday on; the last evening of a long run is a Sunday matinee."""
    for house, venue in enumerate(THEATRES):
        for number in range(4):
            production = STAGE[(house * 4 + number * 2) % len(STAGE)]
            first = _next(today + timedelta(days=5 + house * 11 + number * 84), WEDNESDAY)
            for evening in range(production.performances):
                matinee = evening == 3
                day = _next(first, SUNDAY) if matinee else first + timedelta(days=evening)
                yield _event(venue, production, day, time(15, 0) if matinee else time(19, 30), _long_ago(first))


def _clubs(today: date) -> Iterator[EventBody]:
    """A gig every four weeks in each club, acts travelling from one to the next."""
    for room, venue in enumerate(CLUBS):
        for number in range(GIGS_PER_CLUB):
            act = TOURING_ACTS[(room * 5 + number * 2 + number // 13) % len(TOURING_ACTS)]
            day = _next(today + timedelta(days=3 + room * 3 + number * 27), FRIDAY if number % 2 else SATURDAY)
            yield _event(venue, act, day, time(20, 30), _long_ago(day))


def _event(venue: DemoVenue, production: Production, day: date, at: time, on_sale: date) -> EventBody:
    zone = ZoneInfo(venue.timezone)
    return EventBody(
        name=production.name,
        startsAt=datetime.combine(day, at, zone).isoformat(),
        timezone=venue.timezone,
        plan=venue.plan,
        currency=venue.currency,
        prices={
            category: _price(euros * production.price_level * venue.price_level)
            for category, euros in PRICES[venue.plan].items()
        },
        tax={} if country_tax(venue.country) else {"rate": "9.5", "name": "Sales tax"},
        performers=list(production.performers),
        venue=VenueBody(name=venue.name, city=venue.city, country=venue.country),
        description=production.description,
        genre=production.genre,
        onSaleAt=datetime.combine(on_sale, ON_SALE_TIME, zone).isoformat(),
        holdSeconds=300,
    )


def _long_ago(day: date) -> date:
    return day - ON_SALE_AHEAD


def _next(day: date, weekday: int) -> date:
    """The first such weekday on or after `day`; Monday is 0."""
    return day + timedelta(days=(weekday - day.weekday()) % 7)


def _price(amount: float) -> str:
    """To the half below a hundred, to whole fives above: prices as box offices write them."""
    step = 0.5 if amount < 100 else 5.0
    return f"{round(amount / step) * step:.2f}"
