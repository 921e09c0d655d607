"""`rowlock keys`: the keys that tokens are signed with."""

import asyncio
from pathlib import Path

import click
import msgspec

from rowlock.audit import Deed, record
from rowlock.cli.installation import data_option, database_of, installation, json_option, one_line_faults
from rowlock.cli.organisers import OPERATOR
from rowlock.identity.keys import rotate_keys
from rowlock.platform.secrets import SecretBox
from rowlock.settings import Settings


@click.group()
def keys() -> None:
    """Signing keys: rotate. The worker does it by itself every ROWLOCK_SIGNING_KEY_DAYS."""


@keys.command()
@click.option("--reason", help="For the audit log.")
@data_option
@json_option
@one_line_faults
def rotate(reason: str | None, data: Path | None, as_json: bool) -> None:
    """Give each signing key its successor; prints their ids. Tokens out there stay good until they expire."""
    with installation(data) as settings:
        made = asyncio.run(_rotate(settings, reason))
    click.echo(msgspec.json.encode(made) if as_json else "\n".join(made))


async def _rotate(settings: Settings, reason: str | None) -> list[str]:
    async with database_of(settings) as database, database.cold.acquire() as connection, connection.transaction():
        made = await rotate_keys(connection, SecretBox.of(settings.secret_keys))
        await record(
            connection, OPERATOR, [Deed("rotate_keys", "keys:signing", None, after={"new": made}, reason=reason)]
        )
    return made
