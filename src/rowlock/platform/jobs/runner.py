"""Runs jobs with procrastinate: each at least once, again after a failure or a crash, several at a time.

A job that was killed half way is run again from its start. So every task leaves a mark of what it has done, in the
transaction that does it, and passes over what is marked.
"""

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, NamedTuple

import procrastinate
import structlog
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import DeleteJobCondition
from procrastinate.jobs import Job as StoredJob
from psycopg import OperationalError
from psycopg_pool import PoolTimeout

from rowlock.platform.jobs.book import QUEUE
from rowlock.platform.tasks import end

CONCURRENT_JOBS = 2
"""All of them ask the one database; the second goes on while the first waits for a provider's books."""
FIRST_PAUSE_SECONDS = 5
PAUSE_SECONDS_MAX = 3600
TRIES_MAX = 16
"""With doubling pauses: seven hours until a job counts as failed and waits for somebody to look at it."""
FAILED_KEPT_HOURS = 24 * 30
STALLED_LOOK_SECONDS = 10.0
STALLED_SECONDS = 30.0
"""A worker that has not been heard of for so long is dead, and what it was doing is to be done again."""
RESTART_SECONDS = 1.0
LAST_JOBS_SECONDS = 5.0
"""So long a worker that stops lets its jobs go on; what is broken off is begun anew by the next."""
SESSION = "-c search_path=procrastinate -c timezone=UTC -c statement_timeout=15s"
LOST_CONNECTION = (ConnectorException, OperationalError, PoolTimeout, OSError)

log = structlog.get_logger(__name__)


class Task(NamedTuple):
    """What can be put down as a job. With `cron` it also puts itself down, told `timestamp`, the time that was due."""

    name: str
    run: Callable[[Mapping[str, Any]], Awaitable[None]]
    cron: str | None = None


class _Retry(procrastinate.BaseRetryStrategy):
    """Doubling pauses of the given length, spread so that many jobs that failed together come back apart."""

    def __init__(self, first_pause: float) -> None:
        self._first_pause = first_pause

    def get_retry_decision(self, *, exception: BaseException, job: StoredJob) -> procrastinate.RetryDecision | None:
        failed = job.attempts + 1 >= TRIES_MAX
        log.warning("job_failed", job=job.id, task=job.task_name, error=repr(exception)[:300], given_up=failed)
        if failed:
            return None
        pause = min(self._first_pause * 2**job.attempts, PAUSE_SECONDS_MAX) * random.uniform(0.75, 1.25)
        return procrastinate.RetryDecision(retry_in={"milliseconds": round(pause * 1000)})


class GiveWay(NamedTuple):
    """Jobs wait for `calm` (told how many seconds at most), until they are `seconds_max` old."""

    calm: Callable[[float], Awaitable[None]]
    seconds_max: float

    async def before(self, due_at: datetime | None) -> None:
        """Return when a job that was due then may run."""
        if due_at is not None:
            waited = max(0.0, (datetime.now(UTC) - due_at).total_seconds())
            await self.calm(max(0.0, self.seconds_max - waited))


class JobRunner:
    """Runs the jobs of one worker process on connections of its own."""

    def __init__(
        self,
        url: str,
        tasks: Sequence[Task],
        *,
        give_way: GiveWay | None = None,
        first_pause: float = FIRST_PAUSE_SECONDS,
    ) -> None:
        self._give_way = give_way
        logging.getLogger("procrastinate").setLevel(logging.CRITICAL)  # what it has to say we say ourselves
        self._app = procrastinate.App(
            connector=procrastinate.PsycopgConnector(
                conninfo=url,
                min_size=1,
                max_size=2,
                kwargs={"application_name": "rowlock-jobs", "options": SESSION},
            )
        )
        for task in tasks:
            self._register(task, _Retry(first_pause))

    def _register(self, task: Task, retry: _Retry) -> None:
        async def run(context: procrastinate.JobContext, /, **told: Any) -> None:  # noqa: ANN401  JSON
            if self._give_way is not None:
                await self._give_way.before(context.job.scheduled_at)
            await task.run(told)

        registered = self._app.task(name=task.name, queue=QUEUE, retry=retry, pass_context=True)(run)
        if task.cron is not None:
            self._app.periodic(cron=task.cron)(registered)  # type: ignore[arg-type]  # it takes any keyword, so this one

    async def run_waiting(self) -> None:
        """Run what is due now and return; for tests and tools."""
        async with self._connected():
            await self._take_up_stalled()
            await self._work(wait=False)

    async def run_forever(self, stopping: asyncio.Event) -> None:
        """Run jobs as they come until `stopping` is set; whatever is running then may end."""
        while not stopping.is_set():
            try:
                async with self._connected():
                    await self._until(stopping)
            except LOST_CONNECTION as error:
                log.warning("jobs_interrupted", error=repr(error)[:300])
            await _pause(stopping, RESTART_SECONDS)

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[None]:
        """Closes also what was cut off while it opened: a process with such a pool does not end."""
        try:
            await self._app.open_async()
            yield
        finally:
            await self._app.close_async()

    async def _until(self, stopping: asyncio.Event) -> None:
        """Work until told to stop, or until procrastinate's worker ends because the database went away."""
        work = asyncio.create_task(self._work(wait=True))
        rescue = asyncio.create_task(self._rescue())
        stop = asyncio.create_task(stopping.wait())
        try:
            done, _ = await asyncio.wait({work, rescue, stop}, return_when=asyncio.FIRST_COMPLETED)
            for ended in done:
                ended.result()
        finally:
            await end(rescue, stop)
            await end(work, again_seconds=LAST_JOBS_SECONDS)

    async def _work(self, *, wait: bool) -> None:
        await self._app.run_worker_async(
            concurrency=CONCURRENT_JOBS,
            wait=wait,
            listen_notify=wait,
            delete_jobs=DeleteJobCondition.SUCCESSFUL,
            install_signal_handlers=False,
            stalled_worker_timeout=STALLED_SECONDS,
        )

    async def _rescue(self) -> None:
        """Again and again: put back what dead workers were doing, forget what failed long ago."""
        while True:
            await self._take_up_stalled()
            await self._app.job_manager.delete_old_jobs(
                nb_hours=FAILED_KEPT_HOURS, include_failed=True, include_cancelled=True, include_aborted=True
            )
            await asyncio.sleep(STALLED_LOOK_SECONDS)

    async def _take_up_stalled(self) -> None:
        for job in await self._app.job_manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_SECONDS):
            log.warning("job_stalled", job=job.id, task=job.task_name)
            await self._app.job_manager.retry_job(job)


async def _pause(stopping: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stopping.wait(), seconds)
    except TimeoutError:
        return
