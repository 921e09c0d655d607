"""`rowlock event refund`, `refund-all`: money back, by the organiser's word."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import click
import msgspec

from rowlock.app import open_api
from rowlock.cli import blocks as _blocks  # noqa: F401  its verbs belong to `event`, too
from rowlock.cli import clock as _clock  # noqa: F401  its verbs, too
from rowlock.cli import waitlists as _waitlists  # noqa: F401  and its
from rowlock.cli.events import event
from rowlock.cli.installation import VerbFault, data_option, installation, json_option, one_line_faults
from rowlock.cli.organisers import OPERATOR
from rowlock.kernel.problems import Problem
from rowlock.organiser import RefundDesk, RefundRunBody
from rowlock.payments import Refund, RefundBody, RefundRun
from rowlock.settings import Settings

LOOK_SECONDS = 0.5


@event.command("refund")
@click.argument("event_id", metavar="EVENT")
@click.argument("booking_id", metavar="BOOKING")
@click.option("--seat", "seats", multiple=True, metavar="ID", help="Once a seat; without any, all that are left.")
@click.option("--reason", default="", help="The buyer reads it.")
@data_option
@json_option
@one_line_faults
def refund(
    *, event_id: str, booking_id: str, seats: tuple[str, ...], reason: str, data: Path | None, as_json: bool
) -> None:
    """Pay a booking back, or some of its seats; they are on sale again at once."""
    with installation(data) as settings:
        made = asyncio.run(_refund(settings, event_id, booking_id, RefundBody(list(seats) or None, reason)))
    click.echo(msgspec.json.encode(made) if as_json else f"{made.amount.amount} {made.amount.currency}: {made.state}")


@event.command("refund-all")
@click.argument("event_id", metavar="EVENT")
@click.option("--reason", required=True, help="Buyers read it.")
@click.option("--wait/--no-wait", default=True, help="Until all refunds are with the provider; a worker does the work.")
@data_option
@json_option
@one_line_faults
def refund_all(*, event_id: str, reason: str, wait: bool, data: Path | None, as_json: bool) -> None:
    """Pay everybody back for an event that was called off. It may be begun again, and goes on where it was."""
    with installation(data) as settings:
        run = asyncio.run(_refund_all(settings, event_id, RefundRunBody(reason), wait=wait))
    if as_json:
        click.echo(msgspec.json.encode(run))
        return
    click.echo(f"{run.asked} refunds, {run.amount.amount} {run.amount.currency}: {run.paid} paid, {run.failed} failed")


@asynccontextmanager
async def _desk(settings: Settings) -> AsyncIterator[RefundDesk]:
    api = await open_api(settings)
    try:
        yield api.refund_desk
    except Problem as problem:
        raise VerbFault(problem.detail) from problem
    finally:
        await api.close()


async def _refund(settings: Settings, event_id: str, booking_id: str, body: RefundBody) -> Refund:
    async with _desk(settings) as desk:
        return await desk.refund(event_id, booking_id, body, OPERATOR)


async def _refund_all(settings: Settings, event_id: str, body: RefundRunBody, *, wait: bool) -> RefundRun:
    async with _desk(settings) as desk:
        run = await desk.begin_run(event_id, body, OPERATOR)
        while wait and (run.ended_at is None or run.paid + run.failed < run.asked):
            _show(run)
            await asyncio.sleep(LOOK_SECONDS)
            run = await desk.run(event_id, OPERATOR)
    _show(run, end="\n")
    return run


def _show(run: RefundRun, end: str = "") -> None:
    """One line that moves, on a terminal."""
    if sys.stderr.isatty():
        words = f"\r{time.strftime('%H:%M:%S')}  {run.asked} of {run.bookings} bookings, {run.paid} paid "
        click.echo(words + end, err=True, nl=False)
