"""An event loop whose clock leaps to the next timer: hours pass in milliseconds, and a seed decides what meets what."""

import asyncio
import selectors
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import Executor
from typing import Any, TypeVar, TypeVarTuple, Unpack

Result = TypeVar("Result")
Arguments = TypeVarTuple("Arguments")


class NobodyWakesUpError(Exception):
    """Everything waits, and no timer is set: the schedule would hang for ever."""


class _LeapingSelector(selectors.SelectSelector):
    """Waits for nothing: what it is asked to wait is how far the clock leaps."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise NobodyWakesUpError
        self.now += max(timeout, 0.0)
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    """A loop on a clock of its own, which begins at zero."""

    def __init__(self) -> None:
        self._leaping = _LeapingSelector()
        super().__init__(self._leaping)

    def time(self) -> float:
        """Seconds since the loop was made."""
        return self._leaping.now

    def run_in_executor(
        self,
        executor: Executor | None,  # noqa: ARG002  the real one's signature
        func: Callable[[Unpack[Arguments]], Result],
        *args: *Arguments,
    ) -> "asyncio.Future[Result]":
        """Work for another thread is done here and now: threads run in no order that a seed could draw."""
        done: asyncio.Future[Result] = self.create_future()
        done.set_result(func(*args))
        return done


async def pass_time(seconds: float) -> None:
    """Let the virtual clock go on: it costs no real time, so no test waits for it."""
    loop = asyncio.get_running_loop()
    over = loop.create_future()
    timer = loop.call_later(seconds, over.set_result, None)
    try:
        await over
    finally:
        timer.cancel()


def run(main: Coroutine[Any, Any, Result]) -> Result:
    """Run to the end on a virtual loop, whatever loop is running around it."""
    loop = VirtualLoop()
    faults: list[Mapping[str, Any]] = []
    loop.set_exception_handler(lambda _loop, context: faults.append(context))
    outer = asyncio._get_running_loop()
    asyncio._set_running_loop(None)
    try:
        result = loop.run_until_complete(main)
        loop.run_until_complete(loop.shutdown_asyncgens())
    finally:
        asyncio._set_running_loop(outer)
        loop.close()
    assert not faults, faults
    return result
