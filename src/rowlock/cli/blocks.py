"""`rowlock event block`, `unblock`, `blocks`: seats kept from sale."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import get_args

import click
import msgspec

from rowlock.app import open_api
from rowlock.cli.events import event
from rowlock.cli.installation import VerbFault, data_option, installation, json_option, one_line_faults
from rowlock.cli.organisers import OPERATOR
from rowlock.inventory import BlockKind
from rowlock.kernel.problems import Problem
from rowlock.organiser import BlockBody, BlockDesk, BlockItem, BlockList, UnblockBody
from rowlock.settings import Settings

seat_option = click.option("--seat", "seats", multiple=True, metavar="ID", help="Once a seat.")
section_option = click.option("--section", "sections", multiple=True, metavar="ID", help="All seats of it; once each.")
reason_option = click.option("--reason", required=True, help="Stands in the ledger.")


@event.command("block")
@click.argument("event_id", metavar="EVENT")
@seat_option
@section_option
@click.option("--kind", type=click.Choice(get_args(BlockKind)), default="house", show_default=True)
@reason_option
@data_option
@json_option
@one_line_faults
def block(
    *, event_id: str, seats: tuple[str, ...], sections: tuple[str, ...], kind: BlockKind, reason: str,
    data: Path | None, as_json: bool,
) -> None:  # fmt: skip
    """Take free seats from sale, all or none; prints the block's id."""
    with installation(data) as settings, _faults_of_organisers():
        body = msgspec.convert(
            {"kind": kind, "reason": reason, "seatIds": list(seats), "sections": list(sections)}, BlockBody
        )
        made = asyncio.run(_block(settings, event_id, body))
    click.echo(msgspec.json.encode(made) if as_json else made.id)


@event.command("unblock")
@click.argument("event_id", metavar="EVENT")
@seat_option
@section_option
@reason_option
@data_option
@one_line_faults
def unblock(
    *, event_id: str, seats: tuple[str, ...], sections: tuple[str, ...], reason: str, data: Path | None
) -> None:
    """Put blocked seats back on sale; seats that are not blocked are left as they are."""
    with installation(data) as settings, _faults_of_organisers():
        body = msgspec.convert({"reason": reason, "seatIds": list(seats), "sections": list(sections)}, UnblockBody)
        asyncio.run(_unblock(settings, event_id, body))


@event.command("blocks")
@click.argument("event_id", metavar="EVENT")
@data_option
@json_option
@one_line_faults
def blocks(event_id: str, data: Path | None, as_json: bool) -> None:
    """Who blocked which seats, and why."""
    with installation(data) as settings, _faults_of_organisers():
        found = asyncio.run(_blocks(settings, event_id))
    if as_json:
        click.echo(msgspec.json.encode(found))
        return
    for one in found.items:
        click.echo(f"{one.id}  {one.kind}  {one.at:%Y-%m-%d %H:%M}  {one.by}  {one.reason}: {', '.join(one.seat_ids)}")


@contextmanager
def _faults_of_organisers() -> Iterator[None]:
    try:
        yield
    except msgspec.ValidationError as error:
        raise VerbFault(str(error)) from error
    except Problem as problem:
        conflicts = problem.extra.get("conflicts", [])
        assert isinstance(conflicts, list)
        raise VerbFault(" ".join([problem.detail, *conflicts])) from problem


@asynccontextmanager
async def _desk(settings: Settings) -> AsyncIterator[BlockDesk]:
    api = await open_api(settings)
    try:
        yield api.block_desk
    finally:
        await api.close()


async def _block(settings: Settings, event_id: str, body: BlockBody) -> BlockItem:
    async with _desk(settings) as desk:
        return await desk.block(event_id, body, OPERATOR, None)


async def _unblock(settings: Settings, event_id: str, body: UnblockBody) -> None:
    async with _desk(settings) as desk:
        await desk.release(event_id, body, OPERATOR)


async def _blocks(settings: Settings, event_id: str) -> BlockList:
    async with _desk(settings) as desk:
        return await desk.list(event_id, OPERATOR)
