"""`rowlock organiser`: who sells on this installation. Staff of one never see or touch what is another's."""

import asyncio
from pathlib import Path

import click
import msgspec

from rowlock.audit import Deed, record
from rowlock.cli.installation import VerbFault, data_option, database_of, installation, json_option, one_line_faults
from rowlock.identity import HOUSE, Person
from rowlock.identity.organisers import Organisers
from rowlock.kernel import limits
from rowlock.money.documents import set_organiser_papers
from rowlock.organiser.approvals import set_two_people
from rowlock.platform.postgres import Database
from rowlock.settings import Settings

OPERATOR = Person("operator:cli", "operator")
"""Who sits at this machine may do everything."""

organiser_option = click.option(
    "--organiser", "organiser_id", type=click.IntRange(1), default=HOUSE, show_default=True,
    help="Id of the organiser it is for.",
)  # fmt: skip


@click.group()
def organiser() -> None:
    """Organisers who sell here: create, list."""


@organiser.command("create")
@click.argument("name")
@data_option
@json_option
@one_line_faults
def create_organiser(name: str, data: Path | None, as_json: bool) -> None:
    """Create an organiser; prints its id. One of that name must not exist yet."""
    if not 0 < len(name) <= limits.NAME_CHARS_MAX:
        raise VerbFault(f"a name has 1 to {limits.NAME_CHARS_MAX} characters")
    with installation(data) as settings:
        organiser_id = asyncio.run(_create(settings, name))
    click.echo(msgspec.json.encode({"id": str(organiser_id)}) if as_json else str(organiser_id))


@organiser.command("two-people")
@click.argument("organiser_id", type=click.IntRange(1))
@click.argument("wanted", type=click.Choice(["on", "off"]))
@click.option("--reason", help="For the audit log.")
@data_option
@one_line_faults
def two_people(organiser_id: int, wanted: str, reason: str | None, data: Path | None) -> None:
    """Say whether risky changes of live events take two people: prices, calling off, many seats at once."""
    with installation(data) as settings:
        asyncio.run(_two_people(settings, organiser_id, reason, wanted=wanted == "on"))


@organiser.command("set")
@click.argument("organiser_id", type=click.IntRange(1))
@click.option("--legal-name", required=True, help="Who sells, in the words of the law.")
@click.option("--address", required=True, help="As on a letter; lines separated by newlines or semicolons.")
@click.option("--tax-id", default="", help="As it must stand on receipts.")
@data_option
@one_line_faults
def set_papers(organiser_id: int, legal_name: str, address: str, tax_id: str, data: Path | None) -> None:
    """Say who an organiser is on receipts and credit notes; those that were issued stay as they are."""
    lines = "\n".join(line.strip() for line in address.replace(";", "\n").splitlines() if line.strip())
    papers = {"legalName": legal_name.strip(), "address": lines, "taxId": tax_id.strip()}
    for name, text in papers.items():
        if len(text) > limits.NAME_CHARS_MAX or (not text and name != "taxId"):
            raise VerbFault(f"{name} has 1 to {limits.NAME_CHARS_MAX} characters")
    with installation(data) as settings:
        asyncio.run(_set_papers(settings, organiser_id, papers))


@organiser.command("list")
@data_option
@json_option
@one_line_faults
def list_organisers(data: Path | None, as_json: bool) -> None:
    """List the organisers."""
    with installation(data) as settings:
        found = asyncio.run(_list(settings))
    if as_json:
        click.echo(msgspec.json.encode([{"id": str(number), "name": name} for number, name in found.items()]))
    else:
        click.echo("\n".join(f"{number}  {name}" for number, name in found.items()))


async def known_organiser(database: Database, organiser_id: int) -> int:
    """The id if there is such an organiser; VerbFault."""
    if organiser_id not in await Organisers(database).names():
        raise VerbFault(f"there is no organiser {organiser_id}; `rowlock organiser list` shows them")
    return organiser_id


async def _create(settings: Settings, name: str) -> int:
    async with database_of(settings) as database, database.cold.acquire() as connection, connection.transaction():
        organiser_id = await Organisers.create(connection, name)
        if organiser_id is not None:
            deed = Deed("create_organiser", f"organiser:{organiser_id}", organiser_id, after={"name": name})
            await record(connection, OPERATOR, [deed])
    if organiser_id is None:
        raise VerbFault(f"there is an organiser {name!r} already")
    return organiser_id


async def _two_people(settings: Settings, organiser_id: int, reason: str | None, *, wanted: bool) -> None:
    async with database_of(settings) as database:
        await known_organiser(database, organiser_id)
        async with database.cold.acquire() as connection, connection.transaction():
            if await set_two_people(connection, organiser_id, wanted=wanted):
                thing, now = f"organiser:{organiser_id}", {"twoPeople": wanted}
                await record(
                    connection, OPERATOR, [Deed("set_two_people", thing, organiser_id, after=now, reason=reason)]
                )


async def _set_papers(settings: Settings, organiser_id: int, papers: dict[str, str]) -> None:
    async with database_of(settings) as database:
        await known_organiser(database, organiser_id)
        async with database.cold.acquire() as connection, connection.transaction():
            await set_organiser_papers(connection, organiser_id, *papers.values())
            await record(
                connection,
                OPERATOR,
                [Deed("set_organiser_papers", f"organiser:{organiser_id}", organiser_id, after=papers)],
            )


async def _list(settings: Settings) -> dict[int, str]:
    async with database_of(settings) as database:
        return await Organisers(database).names()
