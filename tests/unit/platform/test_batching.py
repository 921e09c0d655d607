"""The micro-batching lane."""

import asyncio
import contextlib
from collections.abc import Sequence

import pytest

from rowlock.kernel import limits
from rowlock.platform import batching
from rowlock.platform.batching import Kind, Lane, Overloaded


class Desk:
    """Carries out commands and remembers its flushes; the first waits until the gate opens."""

    def __init__(self) -> None:
        self.gate = asyncio.Event()
        self.begun = asyncio.Event()
        self.flushes: list[list[int]] = []
        self.kind = Kind[int, int]("double", self.double, lambda command: command % 100)
        self.other = Kind[int, int]("other", self.double, lambda command: command)

    async def double(self, commands: Sequence[int]) -> list[int]:
        """The commands doubled; a negative one makes the flush fail."""
        self.flushes.append(list(commands))
        self.begun.set()
        await self.gate.wait()
        if min(commands) < 0:
            raise ValueError("negative")
        return [command * 2 for command in commands]


async def queued(lane: Lane, desk: Desk, *commands: int) -> list[asyncio.Task[int]]:
    """The first command's flush is under way, the others wait behind it."""
    tasks = [asyncio.create_task(lane.submit(desk.kind, command)) for command in commands]
    await desk.begun.wait()
    return tasks


async def test_what_comes_during_a_flush_shares_the_next_in_order() -> None:
    lane, desk = Lane(), Desk()
    first = await queued(lane, desk, 1)
    rest = [asyncio.create_task(lane.submit(desk.kind, command)) for command in (2, 3, 4)]
    await asyncio.sleep(0)
    desk.gate.set()
    assert await asyncio.gather(*first, *rest) == [2, 4, 6, 8]
    assert desk.flushes == [[1], [2, 3, 4]]


async def test_commands_to_be_kept_apart_never_share_a_flush() -> None:
    lane, desk = Lane(), Desk()
    desk.gate.set()
    answers = await asyncio.gather(*(lane.submit(desk.kind, command) for command in (1, 101, 2, 201)))
    assert answers == [2, 202, 4, 402]
    assert desk.flushes == [[1, 2], [101], [201]]


async def test_kinds_never_share_a_flush() -> None:
    lane, desk = Lane(), Desk()
    desk.gate.set()
    await asyncio.gather(lane.submit(desk.kind, 1), lane.submit(desk.other, 2), lane.submit(desk.kind, 3))
    assert desk.flushes == [[1, 3], [2]]


async def test_a_failing_flush_fails_its_own_callers_only() -> None:
    lane, desk = Lane(), Desk()
    first = await queued(lane, desk, 1)
    bad = [asyncio.create_task(lane.submit(desk.kind, command)) for command in (-2, 3)]
    await asyncio.sleep(0)
    desk.gate.set()
    assert await first[0] == 2
    for task in bad:
        with pytest.raises(ValueError, match="negative"):
            await task
    assert await lane.submit(desk.kind, 5) == 10


async def test_a_caller_who_goes_away_takes_no_part() -> None:
    lane, desk = Lane(), Desk()
    first = await queued(lane, desk, 1)
    gone, stays = (asyncio.create_task(lane.submit(desk.kind, command)) for command in (2, 3))
    await asyncio.sleep(0)
    gone.cancel()
    desk.gate.set()
    assert await asyncio.gather(*first, stays) == [2, 6]
    with contextlib.suppress(asyncio.CancelledError):
        await gone
    assert desk.flushes == [[1], [3]]


async def test_a_caller_who_goes_away_during_the_flush_harms_nobody() -> None:
    lane, desk = Lane(), Desk()
    first = await queued(lane, desk, 1)
    first[0].cancel()
    desk.gate.set()
    assert await lane.submit(desk.kind, 2) == 4
    await lane.drain()


async def test_a_full_queue_refuses_and_then_recovers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "QUEUED_COMMANDS_MAX", 2)
    lane, desk = Lane(), Desk()
    first = await queued(lane, desk, 1)
    waiting = [asyncio.create_task(lane.submit(desk.kind, command)) for command in (2, 3)]
    await asyncio.sleep(0)
    with pytest.raises(Overloaded):
        await lane.submit(desk.kind, 4)
    desk.gate.set()
    assert await asyncio.gather(*first, *waiting) == [2, 4, 6]
    assert await lane.submit(desk.kind, 4) == 8


async def test_a_flush_has_a_largest_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "FLUSH_COMMANDS_MAX", 3)
    lane, desk = Lane(), Desk()
    desk.gate.set()
    await asyncio.gather(*(lane.submit(desk.kind, command) for command in range(1, 8)))
    assert desk.flushes == [[1, 2, 3], [4, 5, 6], [7]]


class Counter:
    """An event's worth of work: how many flushes ran at once, and which lines were in two of them."""

    def __init__(self) -> None:
        self.stuck = asyncio.Event()
        self.begun = asyncio.Event()
        self.at_once = 0
        self.most = 0
        self.lines: list[str] = []
        self.kind = Kind[str, str]("work", self.work, lambda command: command)

    async def work(self, commands: Sequence[str]) -> list[str]:
        """The commands; those of line "s" are stuck until let go."""
        lines = {command[0] for command in commands}
        assert lines.isdisjoint(self.lines), "a line is in two flushes at once"
        self.lines.extend(lines)
        self.at_once += 1
        self.begun.set()
        self.most = max(self.most, self.at_once)
        if "s" in lines:
            await self.stuck.wait()
        await asyncio.sleep(0)
        self.at_once -= 1
        self.lines = [line for line in self.lines if line not in lines]
        return list(commands)


async def test_others_go_round_a_flush_that_is_stuck_and_its_own_line_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batching, "PATIENCE_SECONDS", 0.001)
    lane, counter = Lane(flushes_max=3), Counter()
    stuck = [asyncio.create_task(lane.submit(counter.kind, command, "s")) for command in ("s1", "s2")]
    await asyncio.sleep(0)
    later = asyncio.create_task(lane.submit(counter.kind, "s3", "s"))
    others = [lane.submit(counter.kind, f"{line}{number}", line) for number in range(20) for line in "abc"]
    assert len(await asyncio.wait_for(asyncio.gather(*others), 5)) == 60
    assert not later.done()
    counter.stuck.set()
    assert await asyncio.gather(*stuck, later) == ["s1", "s2", "s3"]
    assert counter.most == 2
    await asyncio.gather(*(lane.submit(counter.kind, f"a{number}", "a") for number in range(20)))
    await lane.drain()
    assert counter.at_once == 0


async def test_what_stands_behind_a_stuck_flush_is_counted_and_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batching, "PATIENCE_SECONDS", 0.001)
    monkeypatch.setattr(limits, "HELD_UP_COMMANDS_MAX", 3)
    lane, counter = Lane(flushes_max=3), Counter()
    stuck = [asyncio.create_task(lane.submit(counter.kind, command, "s")) for command in ("s1", "s2")]
    await counter.begun.wait()
    assert lane.held_up() == 0
    while not lane.held_up():
        await lane.submit(counter.kind, "a1", "a")
    assert lane.held_up() == 2
    behind = asyncio.create_task(lane.submit(counter.kind, "s3", "s"))
    await asyncio.sleep(0)
    assert lane.held_up() == 3
    with pytest.raises(Overloaded):
        await lane.submit(counter.kind, "s4", "s")
    assert await lane.submit(counter.kind, "a2", "a") == "a2"
    counter.stuck.set()
    assert await asyncio.gather(*stuck, behind) == ["s1", "s2", "s3"]
    assert lane.held_up() == 0
    assert await lane.submit(counter.kind, "s5", "s") == "s5"


async def test_one_flush_at_a_time_is_all_a_lane_has_while_it_is_quick() -> None:
    lane, counter = Lane(flushes_max=3), Counter()
    await asyncio.gather(
        *(lane.submit(counter.kind, f"{line}{number}", line) for number in range(50) for line in "abcd")
    )
    assert counter.most == 1


async def test_a_lane_of_one_flush_waits_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batching, "PATIENCE_SECONDS", 0.0)
    lane, counter = Lane(), Counter()
    stuck = asyncio.create_task(lane.submit(counter.kind, "s1", "s"))
    await asyncio.sleep(0)
    other = asyncio.create_task(lane.submit(counter.kind, "a1", "a"))
    for _ in range(10):
        await asyncio.sleep(0)
    assert not other.done()
    counter.stuck.set()
    assert [await stuck, await other] == ["s1", "a1"]
