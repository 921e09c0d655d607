"""Jobs that are told of many things at once."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import TypeVar

import structlog

Thing = TypeVar("Thing")

log = structlog.get_logger(__name__)


async def together(things: Sequence[Thing], act: Callable[[Sequence[Thing]], Awaitable[object]]) -> None:
    """Act on all at once; should that fail, on each by itself, so that no thing's fault keeps the others back."""
    try:
        await act(things)
    except Exception as error:
        if len(things) == 1:
            raise
        log.info("job_taken_apart", parts=len(things), error=repr(error)[:300])
        await each(things, lambda thing: act([thing]))


async def each(things: Iterable[Thing], act: Callable[[Thing], Awaitable[object]]) -> None:
    """Act on everything, also when one thing fails; the first error is raised at the end, for the job to be retried."""
    first: Exception | None = None
    for thing in things:
        try:
            await act(thing)
        except Exception as error:  # noqa: BLE001  one thing's fault must not keep the others back
            log.warning("part_of_job_failed", error=repr(error)[:300])
            first = first or error
    if first is not None:
        raise first
