"""`rowlock audit`: what staff did, searched and taken away."""

import asyncio
from pathlib import Path

import click
import msgspec

from rowlock.audit import ACTIONS, Action, AuditEntry, AuditLog
from rowlock.cli.installation import data_option, database_of, installation, json_option, one_line_faults
from rowlock.cli.organisers import OPERATOR
from rowlock.settings import Settings

PAGE_SIZE = 1_000


@click.command()
@click.option("--actor", help="Only what this person did.")
@click.option("--action", type=click.Choice(ACTIONS), help="Only this kind of act.")
@click.option("--object", "thing", metavar="KIND:ID", help="Only what was done to this, such as event:12.")
@click.option("--limit", type=click.IntRange(1), help="At most so many, the newest; else all.")
@data_option
@json_option
@one_line_faults
def audit(
    *, actor: str | None, action: Action | None, thing: str | None, limit: int | None, data: Path | None, as_json: bool
) -> None:
    """Print the audit log, newest first; with --json one object a line, for keeping elsewhere."""
    with installation(data) as settings:
        asyncio.run(_print_log(settings, actor, action, thing, limit=limit, as_json=as_json))


async def _print_log(
    settings: Settings, actor: str | None, action: Action | None, thing: str | None, *, limit: int | None, as_json: bool
) -> None:
    async with database_of(settings) as database:
        log, below, left = AuditLog(database), None, limit
        while left is None or left > 0:
            size = PAGE_SIZE if left is None else min(left, PAGE_SIZE)
            page = await log.page(OPERATOR, actor=actor, action=action, thing=thing, below=below, size=size)
            for entry in page.items:
                click.echo(msgspec.json.encode(entry) if as_json else _line(entry))
            if page.next_cursor is None:
                return
            below, left = int(page.next_cursor), None if left is None else left - len(page.items)


def _line(entry: AuditEntry) -> str:
    change = " -> ".join(bytes(raw).decode() for raw in (entry.before, entry.after) if raw is not None)
    reason = f" ({entry.reason})" if entry.reason else ""
    when = entry.at.isoformat(timespec="seconds")
    return f"{entry.no:>6}  {when}  {entry.actor}  {entry.action} {entry.object}  {change}{reason}"
