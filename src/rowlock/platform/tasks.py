"""Ending tasks for certain."""

import asyncio
from typing import Any

AGAIN_SECONDS = 0.2
"""A task that has something to put in order when it is cancelled has so long for it, then it is cancelled again."""


async def end(*tasks: asyncio.Task[Any], again_seconds: float = AGAIN_SECONDS) -> None:
    """Cancel tasks until they have ended; what they failed with is nobody's concern any more.

    Once is not always enough: up to Python 3.11 `asyncio.wait_for`, which valkey and psycopg call for every command,
    loses a cancellation that comes in the moment it is done.
    """
    while running := [task for task in tasks if not task.done()]:
        for task in running:
            task.cancel()
        await asyncio.wait(running, timeout=again_seconds)
    await asyncio.gather(*tasks, return_exceptions=True)
