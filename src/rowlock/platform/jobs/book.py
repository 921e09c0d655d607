"""Putting jobs down, and looking at those that are there."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from rowlock.platform.postgres import Connection, Database, load_queries

SQL = load_queries("rowlock.platform.jobs")
QUEUE = "rowlock"


class Job(NamedTuple):
    """A task by its name, and what it is told: JSON, and never more of a person than a booking's id."""

    task: str
    told: Mapping[str, Any]


class JobLine(msgspec.Struct, frozen=True, rename="camel"):
    """A job as operators see it. `state` is todo, doing or failed: what succeeded is gone."""

    id: int
    task: str
    state: str
    tries: int
    next_try_at: datetime | None
    changed_at: datetime | None


async def defer(connection: Connection, jobs: Sequence[Job]) -> None:
    """Put jobs down within the caller's transaction: they are run if and only if that commits."""
    if jobs:
        tasks, told = [job.task for job in jobs], [msgspec.json.encode(job.told).decode() for job in jobs]
        await connection.execute(SQL["defer_jobs"], QUEUE, tasks, told)


async def list_jobs(database: Database, state: str | None, at_most: int) -> list[JobLine]:
    """Jobs that wait, run or failed, the oldest first; only those in one state unless it is None."""
    rows = await database.fetch(SQL["list_jobs"], state, at_most)
    return [msgspec.convert(dict(row), JobLine, str_keys=False) for row in rows]


async def retry_failed(database: Database, ids: Sequence[int] | None) -> list[int]:
    """Have failed jobs tried again at once, all of them with None; the ids of those there were."""
    rows = await database.cold.fetch(SQL["retry_failed"], ids)
    return [row["id"] for row in rows]
