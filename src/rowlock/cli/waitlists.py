"""`rowlock event waitlist`: who waits for seats of an event, in numbers."""

import asyncio
from pathlib import Path

import click
import msgspec

from rowlock.app import open_api
from rowlock.cli.events import event
from rowlock.cli.installation import data_option, installation, json_option, one_line_faults
from rowlock.cli.organisers import OPERATOR
from rowlock.settings import Settings
from rowlock.waitlist.model import WaitlistFigures


@event.command("waitlist")
@click.argument("event_id", metavar="EVENT")
@data_option
@json_option
@one_line_faults
def waitlist(event_id: str, data: Path | None, as_json: bool) -> None:
    """Print how an event's waiting list stands: parties by size, and what became of offers."""
    with installation(data) as settings:
        figures = asyncio.run(_figures(settings, event_id))
    if as_json:
        click.echo(msgspec.json.encode(figures))
        return
    parties = sum(count.parties for count in figures.waiting)
    sizes = ", ".join(f"{count.parties:,} of {count.party_size}" for count in figures.waiting)
    click.echo(f"{parties:,} parties wait for {figures.seats_wanted:,} seats" + (f": {sizes}" if sizes else ""))
    click.echo(
        f"{figures.offered:,} have an offer, {figures.bought:,} bought, {figures.lapsed:,} let it lapse, "
        f"{figures.declined:,} did not want it, {figures.left:,} left the list"
    )


async def _figures(settings: Settings, event_id: str) -> WaitlistFigures:
    api = await open_api(settings)
    try:
        return await api.waitlist.figures(event_id, OPERATOR)
    finally:
        await api.close()
