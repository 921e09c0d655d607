"""`rowlock bots` and `rowlock surge`: what looks like a bot, and fewer requests for everybody while it is needed."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import msgspec
from valkey import Valkey as BlockingValkey
from valkey.asyncio import Valkey
from valkey.exceptions import ValkeyError

from rowlock.bots import Suspect
from rowlock.bots.review import BotReview
from rowlock.cli.installation import VerbFault, data_option, database_of, installation, json_option, one_line_faults
from rowlock.cli.organisers import OPERATOR
from rowlock.platform.valkey.surge import surge_switched_on, switch_surge
from rowlock.settings import Settings


@click.command()
@click.option("--lift", metavar="NAME", help="Ask nothing more of this name for a day.")
@click.option("--confirm", metavar="NAME", help="Let the block of this name stand for a day.")
@click.option("--reason", default="", help="Why; goes into the audit log with --lift and --confirm.")
@data_option
@json_option
@one_line_faults
def bots(*, lift: str | None, confirm: str | None, reason: str, data: Path | None, as_json: bool) -> None:
    """Print who was scored as a bot, for what, and what they were answered; or rule on one of them."""
    if lift and confirm:
        raise VerbFault("--lift and --confirm are two different words; give one")
    if (lift or confirm) and not reason.strip():
        raise VerbFault("say why with --reason: it goes into the audit log")
    with installation(data) as settings, _valkey_faults():
        suspects = asyncio.run(_review(settings, lift, confirm, reason))
    if as_json:
        click.echo(msgspec.json.encode(suspects))
        return
    for suspect in suspects:
        answers = ", ".join(f"{count} x {how}" for how, count in suspect.answers.items()) or "no answer yet"
        click.echo(f"{suspect.score:>4}  {suspect.ruling:<9}  {suspect.name}  ({answers})")
        for finding in suspect.findings:
            click.echo(f"      {finding.points:>3}  {finding.rule}: {finding.seen}")


@click.command()
@click.argument("state", type=click.Choice(["on", "off", "show"]), default="show")
@data_option
@one_line_faults
def surge(state: str, data: Path | None) -> None:
    """Give each person ROWLOCK_REQUESTS_PER_MINUTE_SURGE requests a minute (on), or leave it to the load (off)."""
    with installation(data) as settings, _valkey_faults():
        valkey = BlockingValkey.from_url(_valkey_url(settings))
        if state != "show":
            switch_surge(valkey, on=state == "on")
        click.echo("on" if surge_switched_on(valkey) else "off")
        valkey.close()  # type: ignore[no-untyped-call]


async def _review(settings: Settings, lift: str | None, confirm: str | None, reason: str) -> list[Suspect]:
    valkey = Valkey.from_url(_valkey_url(settings))
    try:
        async with database_of(settings) as database:
            review = BotReview(database, valkey)
            name = lift or confirm
            if name is None:
                return await review.suspects()
            ruled = await review.rule(name, "lift" if lift else "confirm", reason.strip(), OPERATOR)
            if ruled is None:
                raise VerbFault(f"nothing is known of {name}")
            return [ruled]
    finally:
        await valkey.aclose()


def _valkey_url(settings: Settings) -> str:
    if settings.valkey_url is None:
        raise VerbFault("VALKEY_URL is not set: without Valkey nobody is scored, and each process goes by its own load")
    return settings.valkey_url


@contextmanager
def _valkey_faults() -> Iterator[None]:
    try:
        yield
    except (ValkeyError, OSError) as error:
        raise VerbFault(f"VALKEY_URL: {error}") from error
