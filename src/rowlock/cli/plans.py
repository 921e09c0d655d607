"""`rowlock plan`: seating plans in and out."""

import asyncio
import sys
import zlib
from pathlib import Path

import click
import msgspec

from rowlock.cli.installation import VerbFault, data_option, database_of, installation, json_option, one_line_faults
from rowlock.cli.organisers import OPERATOR, known_organiser, organiser_option
from rowlock.kernel.ids import parse_number_id
from rowlock.organiser import Organiser, VenueBody
from rowlock.seating import FORMATS, PlanFileError, SeatingPlan, read_plan_file, write_plan
from rowlock.seating.store import SQL, PlanShelf, StoredPlan, plan_summary
from rowlock.settings import Settings

_file = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
_repair = click.option("--repair", is_flag=True, help="Give seats that are named twice new numbers.")


@click.group()
def plan() -> None:
    """Seating plans: import, export, check."""


@plan.command("import")
@_file
@click.option("--venue", help="Name of the venue it belongs to; made when there is none.")
@organiser_option
@_repair
@data_option
@json_option
@one_line_faults
def import_plan(
    *, file: Path, venue: str | None, organiser_id: int, repair: bool, data: Path | None, as_json: bool
) -> None:
    """Import a plan (Rowlock JSON, pretix JSON, CSV, SVG), whole or not at all; prints its id and counts."""
    read = _read(file, repair=repair)
    with installation(data) as settings:
        stored = asyncio.run(_store(settings, read, venue, organiser_id))
    _print(stored, as_json=as_json)


@plan.command("check")
@_file
@_repair
@json_option
def check_plan(file: Path, repair: bool, as_json: bool) -> None:
    """Say whether a file could be imported, and its counts; exit 1 with the place of the fault."""
    _print(plan_summary(_read(file, repair=repair), 0, 0), as_json=as_json)


@plan.command("export")
@click.argument("plan_id", metavar="ID")
@click.option("--format", "name", type=click.Choice([name for name, known in FORMATS.items() if known.write]),
              default="rowlock", show_default=True)  # fmt: skip
@click.option("--output", "-o", type=click.Path(dir_okay=False, path_type=Path), help="File to write; else stdout.")
@data_option
@one_line_faults
def export_plan(plan_id: str, name: str, output: Path | None, data: Path | None) -> None:
    """Write a stored plan."""
    number = parse_number_id(plan_id)
    with installation(data) as settings:
        stored = asyncio.run(_load(settings, number)) if number is not None else None
    if stored is None:
        raise VerbFault(f"there is no seating plan {plan_id}")
    written = write_plan(stored, name)
    if output is None:
        click.echo(written, nl=False)
    else:
        output.write_bytes(written)


def _read(file: Path, *, repair: bool) -> SeatingPlan:
    hidden = not sys.stderr.isatty()
    with click.progressbar(length=1, label=f"Reading {file.name}", file=sys.stderr, hidden=hidden) as bar:

        def progress(done: int, total: int) -> None:
            bar.length = total
            bar.update(done - bar.pos)

        try:
            return read_plan_file(file, repair=repair, progress=progress)
        except PlanFileError as error:
            raise VerbFault(f"{file.name}: {error}") from error


async def _store(settings: Settings, read: SeatingPlan, venue: str | None, organiser_id: int) -> StoredPlan:
    async with database_of(settings) as database:
        by = msgspec.structs.replace(OPERATOR, organiser_id=await known_organiser(database, organiser_id))
        organiser = Organiser(database, PlanShelf(database), hold_seconds=settings.hold_seconds)
        return await organiser.create_plan(read, VenueBody(name=venue) if venue else None, by)


async def _load(settings: Settings, plan_id: int) -> SeatingPlan | None:
    async with database_of(settings) as database:
        row = await database.fetchrow(SQL["find_plan"], plan_id)
        if row is None:
            return None
        return msgspec.json.decode(zlib.decompress(row["document"]), type=SeatingPlan)


def _print(stored: StoredPlan, *, as_json: bool) -> None:
    if as_json:
        click.echo(msgspec.json.encode(stored))
        return
    if stored.plan_id != "0":
        click.echo(f"plan {stored.plan_id}")
    click.echo(f"{stored.name}: {stored.seat_count} seats in {stored.rows} rows of {stored.sections} sections")
    for name, seats in stored.categories.items():
        click.echo(f"  {name}: {seats} seats")
