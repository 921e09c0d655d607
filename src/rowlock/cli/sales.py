"""`rowlock token` and `rowlock verify`."""

import asyncio
import uuid
from pathlib import Path

import click
import msgspec

from rowlock.audit import Deed, record
from rowlock.cli.installation import data_option, database_of, installation, json_option, one_line_faults
from rowlock.cli.organisers import OPERATOR, known_organiser, organiser_option
from rowlock.identity import ROLES, Role, open_signer
from rowlock.platform.secrets import SecretBox
from rowlock.settings import Settings

TOKENS_MAX = 1_000_000


@click.command()
@click.option("--role", type=click.Choice(ROLES), required=True)
@click.option("--count", type=click.IntRange(1, TOKENS_MAX), default=1, show_default=True)
@click.option("--subject", help="Whose tokens; else each token is another person's.")
@organiser_option
@data_option
@json_option
@one_line_faults
def token(*, role: Role, count: int, subject: str | None, organiser_id: int, data: Path | None, as_json: bool) -> None:
    """Print access tokens, one a line, for scripts and load tests. Needs the database, not the network."""
    with installation(data) as settings:
        tokens = asyncio.run(_tokens(settings, role, count, subject, organiser_id))
    click.echo(msgspec.json.encode(tokens) if as_json else "\n".join(tokens))


async def _tokens(settings: Settings, role: Role, count: int, subject: str | None, organiser_id: int) -> list[str]:
    async with database_of(settings) as database:
        await known_organiser(database, organiser_id)
        signer = await open_signer(database, SecretBox.of(settings.secret_keys))
        if role != "buyer":
            deed = Deed("issue_tokens", f"role:{role}", organiser_id, after={"count": count, "subject": subject})
            async with database.cold.acquire() as connection, connection.transaction():
                await record(connection, OPERATOR, [deed])
    return [signer.issue(subject or f"{role}:{uuid.uuid4()}", role, organiser_id=organiser_id) for _ in range(count)]
