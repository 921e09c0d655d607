"""Filling an empty installation with the demo house."""

import asyncio
import sys
from datetime import UTC, datetime

import click
import msgspec

from rowlock.demo.catalogue import PLANS, events
from rowlock.identity import Person
from rowlock.organiser import EventBody, Organiser, VenueBody
from rowlock.platform.postgres import load_queries, open_database
from rowlock.seating.store import PlanShelf
from rowlock.settings import Settings

SQL = load_queries("rowlock.demo")

DEMO = Person("demo", "operator")


def fill_demo(settings: Settings) -> None:
    """Create the demo's plans and events unless the installation has events; a progress bar on a terminal."""
    asyncio.run(_fill(settings))


async def _fill(settings: Settings) -> None:
    assert settings.database_url is not None
    database = await open_database(settings.database_url, hot=1, cold=2)
    try:
        if not await database.cold.fetchval(SQL["has_events"]):
            await _create(Organiser(database, PlanShelf(database), hold_seconds=settings.hold_seconds))
            await database.cold.execute(SQL["analyze"])
    finally:
        await database.close()


async def _create(organiser: Organiser) -> None:
    wanted = events(datetime.now(UTC).date())
    plans: dict[tuple[str, str], str] = {}
    checked = []
    for event in wanted:
        venue = msgspec.convert(event["venue"], VenueBody)
        seat = (event["plan"], venue.name)
        if seat not in plans:
            plans[seat] = (await organiser.create_plan(PLANS[event["plan"]](), venue, DEMO)).plan_id
        fields = {name: value for name, value in event.items() if name != "plan"}
        body = msgspec.convert({**fields, "planId": plans[seat]}, EventBody)
        checked.append(await organiser.check_event(body, DEMO))
    hidden = not sys.stderr.isatty()
    with click.progressbar(length=len(checked), label="Demo events", file=sys.stderr, hidden=hidden) as bar:
        await organiser.import_events(checked, DEMO, bar.update)
