"""Micro-batching that waits for nobody: while one flush is under way, commands gather; the next flush takes them.

An idle lane flushes at once and a hot one batches by itself, so latency and rate need no tuning against each other.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import Any, Generic, NamedTuple, TypeVar

from rowlock.kernel import limits

Command = TypeVar("Command")
Outcome = TypeVar("Outcome")


PATIENCE_SECONDS = 0.05
"""How long a flush may take before commands that need not wait for it go round it."""


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
    line: Hashable
    answer: asyncio.Future[Any]


class Lane:
    """A queue of commands and one flush of it at a time, for the larger a flush the less each command costs.

    Commands of one line (an event, say) are never in two flushes at once. A flush that takes longer than
    `PATIENCE_SECONDS` waits for something that others need not wait for: those of other lines go on in a flush beside
    it, up to `flushes_max`.
    """

    def __init__(
        self, on_flush: Callable[[str, int], None] = lambda _kind, _size: None, *, flushes_max: int = 1
    ) -> None:
        self._waiting: list[_Waiting] = []
        self._flushing: dict[asyncio.Task[None], bool] = {}  # and whether its flush is young
        self._lines_under_way: set[Hashable] = set()
        self._held_up: dict[Hashable, int] = {}  # commands of lines whose flush others go round, by line
        self._flushes_max = flushes_max
        self._on_flush = on_flush

    async def submit(self, kind: Kind[Command, Outcome], command: Command, line: Hashable = None) -> Outcome:
        """Queue a command and wait for its outcome. A caller who goes away before its flush takes no part in it."""
        if len(self._waiting) >= limits.QUEUED_COMMANDS_MAX:
            raise Overloaded(f"{len(self._waiting)} commands are waiting")
        if line in self._held_up:
            if self._held_up[line] >= limits.HELD_UP_COMMANDS_MAX:
                raise Overloaded(f"{self._held_up[line]} commands are held up")
            self._held_up[line] += 1
        answer: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(kind, command, line, answer))
        if line not in self._lines_under_way:
            self._start_flush()
        return await answer

    def held_up(self) -> int:
        """How many commands, waiting or under way, stand behind a slow flush that others go round."""
        return sum(self._held_up.values())

    async def drain(self) -> None:
        """Wait until nothing is queued or under way."""
        while self._flushing:
            await asyncio.wait(list(self._flushing))

    def _start_flush(self) -> None:
        """Start a flush, unless one is under way that will soon take what waits."""
        if len(self._flushing) < self._flushes_max and not any(self._flushing.values()):
            self._flushing[asyncio.create_task(self._flush_until_empty())] = True

    def _go_round(self, task: "asyncio.Task[None]", batch: Sequence[_Waiting]) -> None:
        """A flush has taken long: let those go on who need not wait for it."""
        self._flushing[task] = False
        if self._flushes_max > 1:
            lines = {waiting.line for waiting in batch}
            behind = (waiting.line for waiting in (*batch, *self._waiting) if waiting.line in lines)
            self._held_up.update(Counter(behind))
        if any(waiting.line not in self._lines_under_way for waiting in self._waiting):
            self._start_flush()

    async def _flush_until_empty(self) -> None:
        this = asyncio.current_task()
        assert this is not None
        try:
            while batch := self._take():
                lines = {waiting.line for waiting in batch}
                self._lines_under_way |= lines
                self._flushing[this] = True
                impatience = asyncio.get_running_loop().call_later(PATIENCE_SECONDS, self._go_round, this, batch)
                await self._flush(batch)
                impatience.cancel()
                self._lines_under_way -= lines
                for line in lines:
                    self._held_up.pop(line, None)
                if any(young for task, young in self._flushing.items() if task is not this):
                    break
        finally:
            del self._flushing[this]

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
        kind = next((waiting.kind for waiting in queue if waiting.line not in self._lines_under_way), None)
        taken: list[_Waiting] = []
        left: list[_Waiting] = []
        seen: set[Hashable] = set()
        for position, waiting in enumerate(queue):
            if len(taken) == limits.FLUSH_COMMANDS_MAX:
                left.extend(queue[position:])
                break
            key = waiting.kind.separate_by(waiting.command)
            if waiting.kind is kind and key not in seen and waiting.line not in self._lines_under_way:
                seen.add(key)
                taken.append(waiting)
            else:
                left.append(waiting)
        self._waiting = left
        return taken


class Gatherer(Generic[Command, Outcome]):
    """Commands of one kind on a lane of their own: asked one by one, carried out together.

    `carry_out` and `separate_by` are those of `Kind`; without `separate_by` any two commands may share a flush.
    """

    def __init__(
        self,
        name: str,
        carry_out: Callable[[Sequence[Command]], Awaitable[Sequence[Outcome]]],
        separate_by: Callable[[Command], Hashable] = id,
    ) -> None:
        self._kind = Kind(name, carry_out, separate_by)
        self._lane = Lane()

    async def ask(self, command: Command) -> Outcome:
        """Wait for this command's outcome; raises what its flush raised, and Overloaded."""
        return await self._lane.submit(self._kind, command)
