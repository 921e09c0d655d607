"""`rowlock money`: statements of providers, what organisers are owed, and who they are on paper."""

import asyncio
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import TextIO

import click
import msgspec

from rowlock.app import open_api
from rowlock.cli.installation import data_option, database_of, installation, json_option, one_line_faults
from rowlock.cli.organisers import known_organiser, organiser_option
from rowlock.money.payout import payout_table
from rowlock.money.statement import Statement, compare
from rowlock.settings import Settings

Day = click.DateTime(formats=["%Y-%m-%d"])


@click.group()
def money() -> None:
    """The books: statements of providers, what organisers are owed."""


@money.command("statement")
@click.option("--day", type=Day, help="The day (UTC); yesterday without it.")
@data_option
@json_option
@one_line_faults
def statement(day: datetime | None, data: Path | None, as_json: bool) -> None:
    """Compare providers' books of a day with ours, to the cent; exit 1 when they differ."""
    wanted = (day or datetime.now(UTC) - timedelta(days=1)).date()
    with installation(data) as settings:
        made = asyncio.run(_statements(settings, datetime.combine(wanted, time(), UTC)))
    if as_json:
        click.echo(msgspec.json.encode(made))
    else:
        for one in made:
            _print(one)
    if not all(one.agrees for one in made):
        raise SystemExit(1)


@money.command("payout")
@organiser_option
@click.option("--from", "since", type=Day, required=True, help="First day (UTC).")
@click.option("--to", "until", type=Day, required=True, help="Last day (UTC).")
@click.argument("file", type=click.File("w", encoding="utf-8", lazy=True), default="-")
@data_option
@one_line_faults
def payout(organiser_id: int, since: datetime, until: datetime, file: TextIO, data: Path | None) -> None:
    """Write what an organiser is owed, event by event, to FILE (default: standard output) as CSV."""
    first, last = since.replace(tzinfo=UTC), until.replace(tzinfo=UTC) + timedelta(days=1)
    with installation(data) as settings:
        file.write(asyncio.run(_payout(settings, organiser_id, first, last)))


async def _statements(settings: Settings, day: datetime) -> list[Statement]:
    api = await open_api(settings)
    try:
        return [await compare(api.database, provider, day.date()) for provider in api.providers.all()]
    finally:
        await api.close()


async def _payout(settings: Settings, organiser_id: int, since: datetime, until: datetime) -> str:
    async with database_of(settings) as database:
        return await payout_table(database, await known_organiser(database, organiser_id), since, until)


def _print(one: Statement) -> None:
    word = click.style("ok  ", fg="green") if one.agrees else click.style("FAIL", fg="red")
    click.echo(f"{word} {one.provider} {one.day}: {one.movements} movements, {len(one.differences)} differences")
    for total in one.sums:
        click.echo(
            f"       {total.kind}: {total.ours.amount} {total.ours.currency} here, "
            f"{total.theirs.amount} {total.theirs.currency} there"
        )
    for difference in one.differences:
        ours, theirs = (side.amount if side else "nothing" for side in (difference.ours, difference.theirs))
        click.echo(f"       {difference.kind} {difference.reference}: {ours} here, {theirs} there")
