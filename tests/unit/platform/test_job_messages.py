"""What is done for many at once is done for the others when one cannot have it."""

from collections.abc import Sequence

import pytest

from rowlock.platform.jobs.messages import together


class Desk:
    """Serves numbers in one go, and remembers in which; whatever is among `faulty` spoils it for all who came along."""

    def __init__(self, *faulty: int) -> None:
        self.faulty = set(faulty)
        self.served: list[list[int]] = []

    async def serve(self, numbers: Sequence[int]) -> None:
        if self.faulty & set(numbers):
            raise ValueError(sorted(self.faulty & set(numbers)))
        self.served.append(list(numbers))


async def test_all_at_once_when_nothing_is_wrong() -> None:
    desk = Desk()
    await together([1, 2, 3], desk.serve)
    assert desk.served == [[1, 2, 3]]


async def test_one_fault_keeps_nobody_back_and_is_told() -> None:
    desk = Desk(2)
    with pytest.raises(ValueError, match=r"\[2\]"):
        await together([1, 2, 3], desk.serve)
    assert desk.served == [[1], [3]]


async def test_the_only_one_is_not_tried_twice() -> None:
    desk = Desk(1)
    tried = 0

    async def serve(numbers: Sequence[int]) -> None:
        nonlocal tried
        tried += 1
        await desk.serve(numbers)

    with pytest.raises(ValueError, match=r"\[1\]"):
        await together([1], serve)
    assert tried == 1
