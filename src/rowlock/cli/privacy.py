"""`rowlock privacy`: hand over what is known of a person, or forget it."""

import asyncio
from pathlib import Path

import click
import msgspec
from valkey.asyncio import Valkey

from rowlock.cli.installation import VerbFault, data_option, database_of, installation, one_line_faults
from rowlock.cli.organisers import OPERATOR
from rowlock.privacy import Erasure, KeepingRules, PeoplesData
from rowlock.settings import Settings

subject_option = click.option("--subject", help="The person, as their tokens name them.")
mail_option = click.option("--mail", help="The person, by the address of their account.")


@click.group()
def privacy() -> None:
    """What is known of a person: export, erase. Both go into the audit log."""


@privacy.command()
@subject_option
@mail_option
@data_option
@one_line_faults
def export(subject: str | None, mail: str | None, data: Path | None) -> None:
    """Print everything about a person as JSON."""
    with installation(data) as settings:
        click.echo(asyncio.run(_export(settings, subject, mail)))


@privacy.command()
@subject_option
@mail_option
@click.option("--yes", is_flag=True, help="It cannot be undone; without this nothing is done.")
@data_option
@one_line_faults
def erase(subject: str | None, mail: str | None, yes: bool, data: Path | None) -> None:
    """Forget a person; prints the evidence as JSON."""
    if not yes:
        raise VerbFault("this cannot be undone: say --yes when it is meant")
    with installation(data) as settings:
        click.echo(msgspec.json.encode(asyncio.run(_erase(settings, subject, mail))))


async def _export(settings: Settings, subject: str | None, mail: str | None) -> str:
    async with database_of(settings) as database:
        people = PeoplesData(database, None, _rules(settings))
        return await people.export(await _named(people, subject, mail), OPERATOR)


async def _erase(settings: Settings, subject: str | None, mail: str | None) -> Erasure:
    valkey = None if settings.valkey_url is None else Valkey.from_url(settings.valkey_url)
    async with database_of(settings) as database:
        people = PeoplesData(database, valkey, _rules(settings))
        try:
            return await people.erase(await _named(people, subject, mail), OPERATOR)
        finally:
            if valkey is not None:
                await valkey.aclose()


async def _named(people: PeoplesData, subject: str | None, mail: str | None) -> str:
    if (subject is None) == (mail is None):
        raise VerbFault("name the person with --subject or with --mail")
    found = subject if mail is None else await people.subject_of(mail)
    if not found:
        raise VerbFault(f"there is no account of {mail}")
    return found


def _rules(settings: Settings) -> KeepingRules:
    return KeepingRules(settings.payment_record_years, settings.payment_record_law)
