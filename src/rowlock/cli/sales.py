"""`rowlock token` and `rowlock verify`."""

import asyncio
import uuid
from pathlib import Path

import asyncpg
import click
import msgspec

from rowlock.cli.installation import VerbFault, data_option, database_of, installation, json_option, one_line_faults
from rowlock.identity import ROLES, Role, open_signer
from rowlock.inventory.verify import Finding, verify_events
from rowlock.kernel.ids import parse_number_id
from rowlock.settings import Settings

TOKENS_MAX = 1_000_000


@click.command()
@click.option("--role", type=click.Choice(ROLES), required=True)
@click.option("--count", type=click.IntRange(1, TOKENS_MAX), default=1, show_default=True)
@click.option("--subject", help="Whose tokens; else each token is another person's.")
@data_option
@json_option
@one_line_faults
def token(role: Role, count: int, subject: str | None, data: Path | None, as_json: bool) -> None:
    """Print access tokens, one a line, for scripts and load tests. Needs the database, not the network."""
    with installation(data) as settings:
        tokens = asyncio.run(_tokens(settings, role, count, subject))
    click.echo(msgspec.json.encode(tokens) if as_json else "\n".join(tokens))


@click.command()
@click.option("--event", "event_text", metavar="ID", help="Only this event.")
@data_option
@json_option
@one_line_faults
def verify(event_text: str | None, data: Path | None, as_json: bool) -> None:
    """Replay the ledger and check every invariant; exit 0 only if all of them hold."""
    event_id = parse_number_id(event_text) if event_text is not None else None
    if event_text is not None and event_id is None:
        raise VerbFault(f"there is no event {event_text}")
    with installation(data) as settings:
        findings = asyncio.run(_verify(settings, event_id, as_json=as_json))
    if event_id is not None and not findings:
        raise VerbFault(f"there is no event {event_text}")
    broken = [finding for finding in findings if not finding.holds]
    if as_json:
        click.echo(msgspec.json.encode({"holds": not broken, "findings": findings}))
    else:
        events = len({finding.event_id for finding in findings})
        click.echo(f"{len(findings) - len(broken)} of {len(findings)} checks hold over {events} events")
    if broken:
        raise SystemExit(1)


async def _tokens(settings: Settings, role: Role, count: int, subject: str | None) -> list[str]:
    async with database_of(settings) as database:
        signer = await open_signer(database)
    return [signer.issue(subject or f"{role}:{uuid.uuid4()}", role) for _ in range(count)]


async def _verify(settings: Settings, event_id: int | None, *, as_json: bool) -> list[Finding]:
    connection = await asyncpg.connect(settings.database_url)
    try:
        findings = []
        async for finding in verify_events(connection, event_id):
            findings.append(finding)
            if not as_json:
                _print(finding)
        return findings
    finally:
        await connection.close()


def _print(finding: Finding) -> None:
    word = click.style("ok  ", fg="green") if finding.holds else click.style("FAIL", fg="red")
    click.echo(f"{word} event {finding.event_id}: {finding.check} ({finding.looked_at:,})")
    for fault in finding.faults:
        click.echo(f"       {fault}")
