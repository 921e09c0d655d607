"""`rowlock code`: make codes that lower prices or open doors, list them, take them back."""

import asyncio
import csv
import sys
from pathlib import Path
from typing import get_args

import click
import msgspec

from rowlock.catalog import SaleFactsShelf
from rowlock.cli.installation import VerbFault, data_option, database_of, installation, json_option, one_line_faults
from rowlock.cli.organisers import OPERATOR, known_organiser, organiser_option
from rowlock.organiser import CodeRegister
from rowlock.organiser.codes import CodeItem, CodePage, CodesBody
from rowlock.pricing.codes import CodeKind
from rowlock.settings import Settings

COLUMNS = ("code", "kind", "eventId", "percent", "amount", "uses", "usesMax", "channel", "disabledAt", "id")


@click.group()
def code() -> None:
    """Codes: percent or amount off, presales, seats kept for guests."""


@code.command("create")
@click.argument("name", required=False)
@click.option("--count", type=click.IntRange(1), help="So many random codes instead of a named one.")
@click.option("--prefix", default="", help="What random codes begin with.")
@click.option("--kind", type=click.Choice(get_args(CodeKind)), required=True)
@click.option("--event", "event_id", help="Id of the event it is for; else all of the organiser's.")
@click.option("--percent", help="Off each ticket.")
@click.option("--amount", metavar="AMOUNT:CURRENCY", help="Off each ticket, e.g. 5.00:EUR.")
@click.option("--uses", "uses_max", type=click.IntRange(1), help="Bookings that may bear it.")
@click.option("--uses-per-person", "uses_per_person_max", type=click.IntRange(1))
@click.option("--valid-from", help="RFC 3339.")
@click.option("--valid-until", help="RFC 3339.")
@click.option("--tier", "tiers", multiple=True, help="Once a tier; else all of them.")
@click.option("--seats-min", type=click.IntRange(1), default=1, help="Fewer seats of its tiers do not count.")
@click.option("--channel", default="", help="Where it is given out: a label of yours.")
@click.option("--block", "block_id", help="Access: id of the block whose seats it opens.")
@click.option("--opens-at", help="Access: when its presale begins, RFC 3339.")
@click.option(
    "--csv", "csv_file", type=click.Path(dir_okay=False, path_type=Path), help="Write the codes to this file."
)
@organiser_option
@data_option
@json_option
@one_line_faults
def create_codes(
    *, name: str | None, amount: str | None, csv_file: Path | None, organiser_id: int, data: Path | None,
    as_json: bool, **words: object,
) -> None:  # fmt: skip
    """Make one code by its NAME, or --count random ones; prints them."""
    fields = {_camel(word): value for word, value in words.items() if value not in (None, ())}
    fields |= {"code": name} if name is not None else {}
    fields |= {"amount": _money(amount)} if amount is not None else {}
    try:
        body = msgspec.convert(fields, CodesBody)
    except msgspec.ValidationError as error:
        raise VerbFault(str(error)) from error
    with installation(data) as settings:
        made = asyncio.run(_create(settings, body, organiser_id))
    if csv_file is not None:
        with csv_file.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([COLUMNS, *(_line(item) for item in made)])
    _show(CodePage(tuple(made), None), as_json=as_json)


@code.command("list")
@click.option("--event", "event_id", help="Only codes of this event.")
@click.option("--cursor", help="`nextCursor` of the page before.")
@data_option
@json_option
@one_line_faults
def list_codes(event_id: str | None, cursor: str | None, data: Path | None, as_json: bool) -> None:
    """The newest 500 codes, with how often each is in use."""
    with installation(data) as settings:
        found = asyncio.run(_list(settings, event_id, cursor))
    _show(found, as_json=as_json)


@code.command("disable")
@click.argument("code_id", metavar="ID")
@data_option
@one_line_faults
def disable_code(code_id: str, data: Path | None) -> None:
    """Take a code back; bookings that bear it keep it."""
    with installation(data) as settings:
        asyncio.run(_disable(settings, code_id))


def _camel(word: str) -> str:
    first, *others = word.split("_")
    return first + "".join(other.capitalize() for other in others)


def _money(text: str) -> dict[str, str]:
    amount, separator, currency = text.partition(":")
    if not separator:
        raise VerbFault(f"--amount {text!r} is not AMOUNT:CURRENCY")
    return {"amount": amount, "currency": currency}


def _line(item: CodeItem) -> list[object]:
    facts = msgspec.to_builtins(item)
    amount = facts["amount"]
    return [
        f"{amount['amount']} {amount['currency']}" if column == "amount" and amount else facts[column]
        for column in COLUMNS
    ]


def _show(page: CodePage, *, as_json: bool) -> None:
    if as_json:
        click.echo(msgspec.json.encode(page))
        return
    for item in page.items:
        state = "disabled" if item.disabled_at is not None else f"{item.uses} of {item.uses_max or 'any number'}"
        click.echo(f"{item.code}  {item.kind}  {state}  {item.channel}  {item.id}")


async def _create(settings: Settings, body: CodesBody, organiser_id: int) -> list[CodeItem]:
    async with database_of(settings) as database:
        by = msgspec.structs.replace(OPERATOR, organiser_id=await known_organiser(database, organiser_id))
        hidden = body.count is None or not sys.stderr.isatty()
        with click.progressbar(length=body.count or 1, label="Codes", file=sys.stderr, hidden=hidden) as bar:
            return await CodeRegister(database, SaleFactsShelf(database)).create(body, by, bar.update)


async def _list(settings: Settings, event_id: str | None, cursor: str | None) -> CodePage:
    async with database_of(settings) as database:
        return await CodeRegister(database, SaleFactsShelf(database)).list(event_id, cursor, OPERATOR)


async def _disable(settings: Settings, code_id: str) -> None:
    async with database_of(settings) as database:
        await CodeRegister(database, SaleFactsShelf(database)).disable(code_id, OPERATOR)
