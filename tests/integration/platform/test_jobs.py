"""Jobs stand if and only if the transaction that wants them does, and are done through failures and crashes."""

import asyncio
from collections.abc import Mapping
from typing import Any

from rowlock.platform.jobs import GiveWay, Job, JobRunner, Task, defer
from rowlock.platform.jobs.book import list_jobs, retry_failed
from rowlock.platform.jobs.runner import TRIES_MAX
from rowlock.platform.outbox.rush import Rush
from rowlock.platform.postgres import Database
from rowlock.platform.tasks import end

TASK = "greet"
# What a worker leaves behind that was killed a minute ago with a job in its hands.
DEAD_WORKER = """
WITH dead AS (
    INSERT INTO procrastinate.procrastinate_workers (last_heartbeat) VALUES (now() - interval '1 minute') RETURNING id
)
SELECT procrastinate.procrastinate_fetch_job_v2(NULL, dead.id) FROM dead
"""
OLDER = "UPDATE procrastinate.procrastinate_jobs SET scheduled_at = scheduled_at - make_interval(secs => $1)"
MESSAGES = (
    "INSERT INTO outbox (topic, key, payload) SELECT 'test.told', n::text, '{}' FROM generate_series(1, $1::int) n"
)
CUT = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'rowlock-jobs'"


class Greeter:
    """Greets whoever it is told of, after failing as often as it is to."""

    def __init__(self, failures: int = 0) -> None:
        self.greeted: list[str] = []
        self.failures = failures
        self.heard = asyncio.Event()

    async def run(self, told: Mapping[str, Any]) -> None:
        """The task."""
        if self.failures:
            self.failures -= 1
            raise ValueError("not now")
        self.greeted.append(told["name"])
        self.heard.set()


async def _defer(database: Database, *names: str) -> None:
    async with database.cold.acquire() as connection:
        await defer(connection, [Job(TASK, {"name": name}) for name in names])


async def test_a_job_stands_only_if_its_transaction_does(database: Database) -> None:
    greeter = Greeter()
    async with database.cold.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        await defer(connection, [Job(TASK, {"name": "nobody"})])
        await transaction.rollback()
        async with connection.transaction():
            await defer(connection, [Job(TASK, {"name": name}) for name in ("Ada", "Bea")])
    await JobRunner(database.url, [Task(TASK, greeter.run)]).run_waiting()
    assert sorted(greeter.greeted) == ["Ada", "Bea"]
    assert await list_jobs(database, None, 10) == []


async def test_what_failed_is_tried_again_later(database: Database) -> None:
    greeter = Greeter(failures=1)
    await _defer(database, "Ada")
    runner = JobRunner(database.url, [Task(TASK, greeter.run)])
    await runner.run_waiting()
    (job,) = await list_jobs(database, "todo", 10)
    assert (greeter.greeted, job.task, job.tries) == ([], TASK, 1)
    assert job.next_try_at is not None
    assert job.changed_at is not None
    assert 3 < (job.next_try_at - job.changed_at).total_seconds() < 7
    await database.cold.execute("UPDATE procrastinate.procrastinate_jobs SET scheduled_at = now()")
    await runner.run_waiting()
    assert greeter.greeted == ["Ada"]


async def test_what_failed_too_often_waits_for_somebody(database: Database) -> None:
    greeter = Greeter(failures=1)
    await _defer(database, "Ada")
    await database.cold.execute("UPDATE procrastinate.procrastinate_jobs SET attempts = $1", TRIES_MAX - 1)
    runner = JobRunner(database.url, [Task(TASK, greeter.run)])
    await runner.run_waiting()
    (job,) = await list_jobs(database, "failed", 10)
    assert await retry_failed(database, [job.id + 1]) == []
    assert await retry_failed(database, None) == [job.id]
    await runner.run_waiting()
    assert greeter.greeted == ["Ada"]


async def test_what_a_killed_worker_was_doing_is_done_again(database: Database) -> None:
    greeter = Greeter()
    await _defer(database, "Ada")
    await database.cold.execute(DEAD_WORKER)
    assert [job.state for job in await list_jobs(database, None, 10)] == ["doing"]
    await JobRunner(database.url, [Task(TASK, greeter.run)]).run_waiting()
    assert greeter.greeted == ["Ada"]


async def test_a_job_lets_a_rush_pass_until_it_is_too_old(database: Database) -> None:
    greeter, asked = Greeter(), []

    async def calm(at_most: float) -> None:
        asked.append((at_most, list(greeter.greeted)))

    runner = JobRunner(database.url, [Task(TASK, greeter.run)], give_way=GiveWay(calm, 60))
    for name, age in (("Ada", 0), ("Bea", 40), ("Cleo", 90)):
        await _defer(database, name)
        await database.cold.execute(OLDER, age)
        await runner.run_waiting()
    assert [(round(at_most, -1), before) for at_most, before in asked] == [
        (60, []), (20, ["Ada"]), (0, ["Ada", "Bea"])
    ]  # fmt: skip


async def test_many_messages_are_a_rush_until_fewer_come(database: Database) -> None:
    rush = Rush(database)
    await rush.look()
    await rush.give_way(60)
    await database.cold.execute(MESSAGES, 1_000)
    await rush.look()
    waiting = asyncio.create_task(rush.give_way(60))
    await database.ping()
    assert not waiting.done()
    await rush.give_way(0)
    await rush.look()
    await waiting


async def test_a_worker_that_is_cut_off_while_it_begins_leaves_nothing_running(database: Database) -> None:
    before = asyncio.all_tasks()
    for turns_of_the_loop in range(0, 60, 3):
        running = asyncio.create_task(JobRunner(database.url, []).run_forever(asyncio.Event()))
        for _ in range(turns_of_the_loop):
            await asyncio.sleep(0)
        await end(running, again_seconds=20.0)  # longer than it gives its own tasks
        assert asyncio.all_tasks() <= before


async def test_a_running_worker_gets_over_lost_connections(database: Database) -> None:
    greeter, stopping = Greeter(), asyncio.Event()
    running = asyncio.create_task(JobRunner(database.url, [Task(TASK, greeter.run)]).run_forever(stopping))
    for name in ("Ada", "Bea"):
        greeter.heard.clear()
        await _defer(database, name)
        async with asyncio.timeout(30):
            await greeter.heard.wait()
        await database.cold.execute(CUT)
    stopping.set()
    await running
    assert set(greeter.greeted) == {"Ada", "Bea"}, "at least once"
