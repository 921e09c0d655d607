"""Micro-batching without a timer: while one flush is under way, the next commands gather; the next flush takes them.

An idle lane flushes at once and a hot one batches by itself, so latency and rate need no tuning against each other.
"""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import Any, Generic, NamedTuple, TypeVar

from rowlock.kernel import limits

Command = TypeVar("Command")
Outcome = TypeVar("Outcome")


class Overloaded(Exception):  # noqa: N818  a state of the process
    """So many commands wait that one more is better refused now than answered late."""


class Kind(Generic[Command, Outcome]):
    """One kind of command: how to carry out many of them in one transaction, outcomes in the same order.

    Two commands with the same `separate_by` never share a flush; the later one waits for the next.
    """

    def __init__(
        self,
        name: str,
        carry_out: Callable[[Sequence[Command]], Awaitable[Sequence[Outcome]]],
        separate_by: Callable[[Command], Hashable],
    ) -> None:
        self.name = name
        self.carry_out = carry_out
        self.separate_by = separate_by


class _Waiting(NamedTuple):
    kind: Kind[Any, Any]
    command: Any
    answer: asyncio.Future[Any]


class Lane:
    """A queue of commands and at most one flush of it at a time."""

    def __init__(self, on_flush: Callable[[str, int], None] = lambda _kind, _size: None) -> None:
        self._waiting: list[_Waiting] = []
        self._flushing: asyncio.Task[None] | None = None
        self._on_flush = on_flush

    async def submit(self, kind: Kind[Command, Outcome], command: Command) -> Outcome:
        """Queue a command and wait for its outcome. A caller who goes away before its flush takes no part in it."""
        if len(self._waiting) >= limits.QUEUED_COMMANDS_MAX:
            raise Overloaded(f"{len(self._waiting)} commands are waiting")
        answer: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(kind, command, answer))
        if self._flushing is None:
            self._flushing = asyncio.create_task(self._flush_until_empty())
        return await answer

    async def drain(self) -> None:
        """Wait until nothing is queued or under way."""
        if self._flushing is not None:
            await self._flushing

    async def _flush_until_empty(self) -> None:
        try:
            while batch := self._take():
                await self._flush(batch)
        finally:
            self._flushing = None

    async def _flush(self, batch: list[_Waiting]) -> None:
        kind = batch[0].kind
        self._on_flush(kind.name, len(batch))
        try:
            outcomes = await kind.carry_out([waiting.command for waiting in batch])
        except Exception as error:  # noqa: BLE001  every caller of the flush gets the fault; the lane lives on
            for waiting in batch:
                if not waiting.answer.done():
                    waiting.answer.set_exception(error)
            return
        for waiting, outcome in zip(batch, outcomes, strict=True):
            if not waiting.answer.done():
                waiting.answer.set_result(outcome)

    def _take(self) -> list[_Waiting]:
        """The oldest command and all that may share its flush, in order of arrival."""
        queue = [waiting for waiting in self._waiting if not waiting.answer.cancelled()]
        taken: list[_Waiting] = []
        left: list[_Waiting] = []
        seen: set[Hashable] = set()
        for position, waiting in enumerate(queue):
            if len(taken) == limits.FLUSH_COMMANDS_MAX:
                left.extend(queue[position:])
                break
            key = waiting.kind.separate_by(waiting.command)
            if waiting.kind is queue[0].kind and key not in seen:
                seen.add(key)
                taken.append(waiting)
            else:
                left.append(waiting)
        self._waiting = left
        return taken
