"""`rowlock queue show`, `set`, `revoke`: the waiting rooms, by the operator's word."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import TypeVar

import click
import msgspec

from rowlock.app import open_api
from rowlock.cli.installation import VerbFault, data_option, installation, json_option, one_line_faults
from rowlock.cli.organisers import OPERATOR
from rowlock.cli.queues import queue
from rowlock.kernel.clock import parse_wire_time
from rowlock.waiting_room.control import RoomControl
from rowlock.waiting_room.model import MODES, ControlBody, RoomFigures

Answer = TypeVar("Answer")
event_argument = click.argument("event_id", metavar="EVENT")


@queue.command("show")
@event_argument
@data_option
@json_option
@one_line_faults
def show(event_id: str, data: Path | None, as_json: bool) -> None:
    """Print how a waiting room stands: its mode and pace, who waits, who shops, who has bought."""
    _tell(_with_control(data, lambda control: control.figures(event_id, OPERATOR)), as_json=as_json)


@queue.command("set")
@event_argument
@click.option("--mode", type=click.Choice(MODES), help="off; passthrough, fifo, draw, hold or reject.")
@click.option("--per-minute", "admit_per_minute", type=int, help="How many are called a minute.")
@click.option("--min", "admit_min", type=int, help="The least and ...")
@click.option("--max", "admit_max", type=int, help="... the most a minute that following the load may come to.")
@click.option("--follow/--fixed", "follows_load", default=None, help="Let the pace follow what the sale serves.")
@click.option("--shoppers", "shoppers_max", type=int, help="How many may shop at once; 0: no bound.")
@click.option("--shopping-seconds", type=int, help="How long one may shop.")
@click.option("--turn-seconds", type=int, help="How long somebody who is called has to come.")
@click.option("--without-line", type=click.Choice(["failOpen", "failClosed"]), help="While Valkey is away.")
@click.option("--message", help="Everybody who waits reads it.")
@click.option("--opens-at", metavar="TIME", help="RFC 3339; the moment of the draw.")
@click.option("--prequeue-at", metavar="TIME", help="RFC 3339; nobody joins before.")
@click.option("--beacon-source", help="Which public value goes into the draw.")
@click.option("--beacon", help="That value, once it is known.")
@click.option("--pause/--resume", "paused", default=None, help="Stop calling, and all timers.")
@click.option("--new-round", is_flag=True, help="Let the line begin anew: places of the old one are void.")
@data_option
@json_option
@one_line_faults
def set_room(*, event_id: str, data: Path | None, as_json: bool, **changes: object) -> None:
    """Change a waiting room; what is not named stays as it is. It stands in the audit log."""
    wanted = {name: value for name, value in changes.items() if value is not None and value is not False}
    wanted |= {name: False for name in ("paused", "follows_load") if changes[name] is False}
    for name in ("opens_at", "prequeue_at"):
        if name in wanted:
            wanted[name] = _moment(name, str(wanted[name]))
    fields = {field.name: field.encode_name for field in msgspec.structs.fields(ControlBody)}
    try:
        body = msgspec.convert({fields[name]: value for name, value in wanted.items()}, ControlBody)
    except msgspec.ValidationError as error:
        raise VerbFault(str(error)) from error
    _tell(_with_control(data, lambda control: control.change(event_id, body, OPERATOR)), as_json=as_json)


@queue.command("revoke")
@event_argument
@click.argument("place", type=int)
@click.option("--reason", required=True, help="Goes into the audit log.")
@data_option
@one_line_faults
def revoke(event_id: str, place: int, reason: str, data: Path | None) -> None:
    """Take a place back: it opens nothing any more, and ends what it has opened."""
    _with_control(data, lambda control: control.revoke(event_id, place, reason, OPERATOR))
    click.echo(f"place {place} is taken back")


def _moment(name: str, text: str) -> datetime:
    try:
        return parse_wire_time(text)
    except ValueError as error:
        raise VerbFault(f"--{name.replace('_', '-')}: {error}, such as 2027-01-15T10:00:00+01:00") from error


def _with_control(data: Path | None, act: Callable[[RoomControl], Awaitable[Answer]]) -> Answer:
    """What comes of an act of the operator's on the installation."""

    async def run() -> Answer:
        api = await open_api(settings)
        try:
            return await act(api.waiting_room.control)
        finally:
            await api.close()

    with installation(data) as settings:
        return asyncio.run(run())


def _tell(figures: RoomFigures, *, as_json: bool) -> None:
    if as_json:
        click.echo(msgspec.json.encode(figures))
        return
    pace = f"{figures.admit_per_minute:,} a minute" + (", following the load" if figures.follows_load else "")
    click.echo(f"{figures.mode}, {figures.phase}{', PAUSED' if figures.paused else ''}; {pace}; round {figures.round}")
    click.echo(
        f"{figures.joined:,} joined, {figures.waiting:,} wait, {figures.admitted:,} were let in, "
        f"{figures.shopping:,} shop, {figures.bought:,} have bought"
    )
    if not figures.line_known:
        click.echo("Valkey does not answer: nobody can join")
