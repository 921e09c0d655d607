"""`rowlock secrets`: the keys under which secrets lie in PostgreSQL."""

import asyncio
import os
from pathlib import Path

import click
import msgspec

from rowlock.bots.store import SEALED as BOT_SECRET
from rowlock.cli.installation import VerbFault, data_option, database_of, installation, json_option, one_line_faults
from rowlock.identity.accounts.authenticators import SEALED as AUTHENTICATORS
from rowlock.identity.keys import SEALED as SIGNING_KEYS
from rowlock.inventory.proof.certificate import SEALED as CERTIFICATE_KEYS
from rowlock.platform.embedded import DataFolder, default_data_folder
from rowlock.platform.secrets import SealedColumn, SecretBox, SecretsFault, new_key, reseal
from rowlock.settings import Settings, load_settings
from rowlock.waiting_room.draw_desk import SEALED as DRAW_SEEDS

SEALED_COLUMNS: tuple[SealedColumn, ...] = (AUTHENTICATORS, SIGNING_KEYS, CERTIFICATE_KEYS, BOT_SECRET, DRAW_SEEDS)
"""Every column of sealed secrets that the slices have."""


@click.group()
def secrets() -> None:
    """Exchange the keys of stored secrets: `new`, restart every role, `rotate`, take the old key out of the file."""


@secrets.command()
@data_option
@one_line_faults
def new(data: Path | None) -> None:
    """Put a new key first in the keys file; where there is none, print one for ROWLOCK_SECRET_KEYS."""
    named = os.environ.get("ROWLOCK_SECRET_KEYS_FILE")
    if data is None and named is None and load_settings().database_url is not None:
        click.echo(new_key())
        return
    path = Path(named) if named else DataFolder(data or default_data_folder()).secret_keys_file()
    try:
        keys = f"{new_key()}\n{path.read_text('utf-8') if path.exists() else ''}"
        SecretBox.of(keys)
        half = path.with_suffix(".new")
        half.touch(mode=0o600)
        half.write_text(keys, encoding="utf-8")
        half.replace(path)
    except OSError as error:
        raise VerbFault(f"{path}: {error.strerror}") from error
    click.echo(f"{path} begins with a new key: restart every role, then run `rowlock secrets rotate`")


@secrets.command()
@data_option
@json_option
@one_line_faults
def rotate(data: Path | None, as_json: bool) -> None:
    """Seal every stored secret under the first key; the others may then be thrown away."""
    with installation(data) as settings:
        resealed = asyncio.run(_rotate(settings))
    if as_json:
        click.echo(msgspec.json.encode(resealed))
        return
    for name, count in resealed.items():
        click.echo(f"{name}: {count} sealed anew")
    click.echo("the first key opens everything; the others may go")


async def _rotate(settings: Settings) -> dict[str, int]:
    box = SecretBox.of(settings.secret_keys)
    if not box:
        raise SecretsFault("set ROWLOCK_SECRET_KEYS or ROWLOCK_SECRET_KEYS_FILE (`rowlock secrets new` makes one)")
    async with database_of(settings) as database:
        return await reseal(database, box, SEALED_COLUMNS)
