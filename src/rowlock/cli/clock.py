"""`rowlock event pause` and `resume`: the clock of a sale."""

import asyncio
from pathlib import Path

import click

from rowlock.cli.events import event
from rowlock.cli.installation import VerbFault, data_option, database_of, installation, one_line_faults
from rowlock.cli.organisers import OPERATOR
from rowlock.inventory import SaleClock
from rowlock.kernel.ids import parse_number_id
from rowlock.kernel.problems import Problem
from rowlock.settings import Settings

reason_option = click.option("--reason", help="Stands in the audit log.")


@event.command("pause")
@click.argument("event_id", metavar="EVENT")
@reason_option
@data_option
@one_line_faults
def pause(*, event_id: str, reason: str | None, data: Path | None) -> None:
    """Take no more holds; those that stand keep their time left until the sale is resumed."""
    with installation(data) as settings:
        click.echo(asyncio.run(_turn(settings, event_id, reason, stop=True)))


@event.command("resume")
@click.argument("event_id", metavar="EVENT")
@reason_option
@data_option
@one_line_faults
def resume(*, event_id: str, reason: str | None, data: Path | None) -> None:
    """Take holds again; those that stand go on with the time they had left."""
    with installation(data) as settings:
        click.echo(asyncio.run(_turn(settings, event_id, reason, stop=False)))


async def _turn(settings: Settings, event_id: str, reason: str | None, *, stop: bool) -> str:
    number = parse_number_id(event_id)
    if number is None:
        raise VerbFault(f"There is no event {event_id}.")
    async with database_of(settings) as database:
        clock = SaleClock(database)
        try:
            turn = await (clock.stop if stop else clock.start)(number, OPERATOR, reason)
        except Problem as problem:
            raise VerbFault(problem.detail) from problem
    return f"{turn.outcome}: {turn.holds} bookings {'stand still' if stop else 'go on'}"
