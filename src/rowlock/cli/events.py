"""`rowlock event`: create one, import many."""

import asyncio
import json
import sys
from pathlib import Path

import click
import msgspec

from rowlock.cli.installation import VerbFault, data_option, database_of, installation, json_option, one_line_faults
from rowlock.cli.organisers import OPERATOR
from rowlock.cli.prices import terms_of, terms_options
from rowlock.kernel.problems import Problem
from rowlock.organiser import EventBody, Organiser
from rowlock.organiser.commands import CheckedEvent
from rowlock.seating.store import PlanShelf
from rowlock.settings import Settings

REFUSALS_SHOWN_MAX = 50


@click.group()
def event() -> None:
    """Events: create, import, keep seats from sale."""


@event.command("create")
@click.option("--name", required=True)
@click.option("--starts-at", required=True, help="RFC 3339 with offset, e.g. 2027-05-01T19:30:00+02:00.")
@click.option("--timezone", default="UTC", show_default=True, help="IANA name the page shows times in.")
@click.option("--plan", "plan_id", required=True, help="Id of the seating plan.")
@click.option("--price", "prices", multiple=True, required=True, metavar="CATEGORY=AMOUNT", help="Once a category.")
@click.option("--currency", default="EUR", show_default=True)
@click.option("--hold-seconds", type=int, help="How long a hold lasts; else the installation's setting.")
@click.option("--on-sale-at", help="RFC 3339; else on sale at once.")
@click.option("--venue", help="Name of the venue; else the plan's.")
@click.option("--city", default="")
@click.option("--country", default="")
@click.option("--performer", "performers", multiple=True, help="Once a performer.")
@click.option("--no-orphan-seats", is_flag=True, help="Refuse picks that leave a single seat behind.")
@click.option(
    "--offer-nearest/--no-offer-nearest", default=True, help="Offer the nearest equivalent of seats just gone."
)
@click.option("--description", default="")
@click.option("--genre", default="")
@terms_options
@data_option
@json_option
@one_line_faults
def create_event(
    *, name: str, starts_at: str, timezone: str, plan_id: str, prices: tuple[str, ...], currency: str,
    hold_seconds: int | None, on_sale_at: str | None, venue: str | None, city: str, country: str,
    performers: tuple[str, ...], no_orphan_seats: bool, offer_nearest: bool,
    description: str, genre: str, data: Path | None, as_json: bool, **terms: object,
) -> None:  # fmt: skip
    """Create an event and lay its seats out for sale; prints its id."""
    fields = {
        "name": name, "startsAt": starts_at, "timezone": timezone, "planId": plan_id, "currency": currency,
        "prices": dict(_price(price) for price in prices), "performers": list(performers),
        "description": description, "genre": genre, "onSaleAt": on_sale_at, "holdSeconds": hold_seconds,
        "noOrphanSeats": no_orphan_seats, "offerNearest": offer_nearest,
        "venue": {"name": venue, "city": city, "country": country} if venue else None,
        **terms_of(terms),
    }  # fmt: skip
    try:
        body = msgspec.convert(fields, EventBody)
    except msgspec.ValidationError as error:
        raise VerbFault(str(error)) from error
    with installation(data) as settings:
        event_id = asyncio.run(_create(settings, body))
    click.echo(msgspec.json.encode({"id": str(event_id)}) if as_json else str(event_id))


@event.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@data_option
@json_option
@one_line_faults
def import_events(file: Path, data: Path | None, as_json: bool) -> None:
    """Import events from JSON or JSON Lines: all of them, or none and a list of the refused with reasons."""
    entries = _entries(file)
    with installation(data) as settings:
        ids = asyncio.run(_import(settings, entries))
    if as_json:
        click.echo(msgspec.json.encode({"ids": [str(event_id) for event_id in ids]}))
    else:
        click.echo(f"{len(ids)} events imported")


def _price(text: str) -> tuple[str, str]:
    category, separator, amount = text.rpartition("=")
    if not separator or not category:
        raise VerbFault(f"--price {text!r} is not CATEGORY=AMOUNT")
    return category, amount


def _entries(file: Path) -> list[tuple[str, object]]:
    """(place, decoded JSON) of every event in the file."""
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise VerbFault(f"{file.name}: {error}") from error
    try:
        document = json.loads(text)
    except ValueError:
        return _lines(file.name, text)
    items = document.get("items", [document]) if isinstance(document, dict) else document
    if not isinstance(items, list):
        raise VerbFault(f"{file.name}: expected a list of events")
    return [(f"event {number}", item) for number, item in enumerate(items, start=1)]


def _lines(name: str, text: str) -> list[tuple[str, object]]:
    entries = []
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            try:
                entries.append((f"line {number}", json.loads(line)))
            except ValueError as error:
                raise VerbFault(f"{name}: line {number} is not JSON: {error}") from error
    return entries


async def _create(settings: Settings, body: EventBody) -> int:
    async with database_of(settings) as database:
        organiser = Organiser(database, PlanShelf(database), hold_seconds=settings.hold_seconds)
        return await organiser.create_event(body, OPERATOR, None)


async def _import(settings: Settings, entries: list[tuple[str, object]]) -> list[int]:
    async with database_of(settings) as database:
        organiser = Organiser(database, PlanShelf(database), hold_seconds=settings.hold_seconds)
        checked: list[CheckedEvent] = []
        refused: list[str] = []
        for place, entry in entries:
            try:
                checked.append(await organiser.check_event(msgspec.convert(entry, EventBody), OPERATOR))
            except msgspec.ValidationError as error:
                refused.append(f"{place}: {error}")
            except Problem as problem:
                refused.append(f"{place}: {problem.detail}")
        if refused:
            for line in refused[:REFUSALS_SHOWN_MAX]:
                click.echo(line, err=True)
            raise VerbFault(f"{len(refused)} of {len(entries)} events were refused; nothing was imported")
        hidden = not sys.stderr.isatty()
        with click.progressbar(length=len(checked), label="Events", file=sys.stderr, hidden=hidden) as bar:
            return await organiser.import_events(checked, OPERATOR, bar.update)
