"""How people in a simulation ask: again under the same key when no answer comes, of whichever process is there."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from tests.simulation.virtual_time import pass_time

from rowlock.kernel.problems import Problem
from rowlock.payments.provider import OutcomeUnknown
from rowlock.platform.postgres import DatabaseDown

if TYPE_CHECKING:
    from tests.simulation.schedule import Process, Schedule

ANSWER_SECONDS = 3.0
TRIES_MAX = 6
PAUSE_SECONDS_MAX = 1.0


async def ask(schedule: "Schedule", dice: random.Random, work: "Callable[[Process], Awaitable[Any]]") -> Any:  # noqa: ANN401
    """An answer or a problem; None when none came, however often it was asked for."""
    for _ in range(dice.randint(1, TRIES_MAX)):
        task = schedule.process().spawn(work)
        done, _ = await asyncio.wait({task}, timeout=ANSWER_SECONDS)
        task.add_done_callback(_hear)
        if done and not task.cancelled():
            error = task.exception()
            if error is None:
                return task.result()
            if isinstance(error, Problem):
                return error
            if not isinstance(error, (DatabaseDown, OutcomeUnknown)):
                schedule.surprises.append(f"a request ended with {error!r}")
        await pass_time(dice.uniform(0, PAUSE_SECONDS_MAX))
    return None


def _hear(task: "asyncio.Task[Any]") -> None:
    """Nobody waits for it any more, so its fault is not lost on anybody."""
    if not task.cancelled():
        task.exception()
