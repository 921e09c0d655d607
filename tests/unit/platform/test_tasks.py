"""Tasks are ended for certain."""

import asyncio

from rowlock.platform.tasks import end


async def test_a_task_that_loses_a_cancellation_is_ended() -> None:
    begun = asyncio.Event()
    lost = 0

    async def forgetful() -> None:
        nonlocal lost
        while True:
            begun.set()
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                lost += 1
                if lost == 3:
                    raise

    task = asyncio.create_task(forgetful())
    await begun.wait()
    await end(task)
    assert task.cancelled()
    assert lost == 3


async def test_tasks_that_are_over_are_left_alone() -> None:
    async def failing() -> None:
        raise ValueError("it was so before")

    task = asyncio.create_task(failing())
    await asyncio.wait([task])
    await end(task, asyncio.create_task(asyncio.Event().wait()))
