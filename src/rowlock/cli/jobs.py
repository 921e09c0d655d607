"""`rowlock jobs`: what is still to be done in the background, and what failed."""

import asyncio
from pathlib import Path

import click
import msgspec

from rowlock.cli.installation import VerbFault, data_option, database_of, installation, json_option, one_line_faults
from rowlock.platform.jobs.book import JobLine, list_jobs, retry_failed
from rowlock.settings import Settings

LISTED_MAX = 1_000


@click.group()
def jobs() -> None:
    """Background work: mails, documents, statements."""


@jobs.command("list")
@click.option("--state", type=click.Choice(["todo", "doing", "failed"]), help="Only jobs in this state.")
@data_option
@json_option
@one_line_faults
def list_verb(state: str | None, data: Path | None, as_json: bool) -> None:
    """List the jobs that wait, run or failed; what succeeded is forgotten at once, what failed after 30 days."""
    with installation(data) as settings:
        found = asyncio.run(_list(settings, state))
    if as_json:
        click.echo(msgspec.json.encode(found))
        return
    for job in found:
        again = f", again at {job.next_try_at.isoformat()}" if job.tries and job.next_try_at else ""
        click.echo(f"{job.id}  {job.state:<6}  {job.task}  tries: {job.tries}{again}")


@jobs.command("retry")
@click.argument("job_ids", metavar="[JOB]...", nargs=-1, type=click.IntRange(1))
@click.option("--all", "every", is_flag=True, help="All that failed.")
@data_option
@one_line_faults
def retry_verb(job_ids: tuple[int, ...], every: bool, data: Path | None) -> None:
    """Have failed jobs tried again now. Each passes over what it has done already."""
    if bool(job_ids) == every:
        raise VerbFault("name the jobs, or say --all")
    with installation(data) as settings:
        found = asyncio.run(_retry(settings, job_ids, every=every))
    missing = sorted(set(job_ids) - set(found))
    if missing:
        raise VerbFault(f"no failed job {', '.join(map(str, missing))}; `rowlock jobs list --state failed` shows them")
    click.echo(f"{len(found)} jobs will be tried again")


async def _list(settings: Settings, state: str | None) -> list[JobLine]:
    async with database_of(settings) as database:
        return await list_jobs(database, state, LISTED_MAX)


async def _retry(settings: Settings, job_ids: tuple[int, ...], *, every: bool) -> list[int]:
    async with database_of(settings) as database:
        return await retry_failed(database, None if every else job_ids)
