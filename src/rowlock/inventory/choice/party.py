"""The best free seats for a party. Pure.

Side by side where that can be; then so that no single seat is left behind; then the best row; then the place in it
that is nearest to the row's anchor. A party is split only when no run is long enough: into as few groups as can be,
within one section where that can be, near each other, nobody alone where that can be.
"""

from collections.abc import Iterable, Iterator, Sequence
from math import dist
from typing import NamedTuple

from rowlock.inventory.choice.chart import Point
from rowlock.inventory.choice.free import LONG_RUN, FreeSeats, Pool, Run, fitting, fitting_neatly


class Block(NamedTuple):
    """Seats `first` to `stop - 1` of one run; `singles` counts the seats beside them that would be left alone.

    The less, the better.
    """

    singles: int
    distance: float
    first: int
    stop: int

    @property
    def seats(self) -> range:
        """The seat numbers."""
        return range(self.first, self.stop)


class FreeRun(NamedTuple):
    """A run of free neighbours and the row it is in."""

    row_no: int
    run: Run


def best_block(free: FreeSeats, pools: Sequence[Pool], size: int) -> range | None:
    """The best block for a party that sits together, None when no run is long enough."""
    for lengths in (fitting_neatly(size), fitting(size)):
        row_no = min((row for pool in pools if (row := pool.best(lengths)) is not None), default=None)
        if row_no is not None:
            return block_in_row(free, row_no, size, free.chart.rows[row_no].anchor).seats
    return None


def block_in_row(free: FreeSeats, row_no: int, size: int, near: Point) -> Block:
    """The best block in a row that has room for it: no single left, then nearest to a point."""
    return min(block for run in free.runs(row_no) for block in blocks_in_run(free, run, size, near))


def blocks_in_run(free: FreeSeats, run: Run, size: int, near: Point) -> Iterator[Block]:
    """Every place for a party in a run."""
    middle = free.chart.middle
    for first in range(run.start, run.stop - size + 1):
        singles = (first - run.start == 1) + (run.stop - first - size == 1)
        yield Block(singles, dist(near, middle(first, first + size - 1)), first, first + size)


def split_party(free: FreeSeats, tier_nos: Iterable[int], section_no: int | None, size: int) -> list[range] | None:
    """Groups for a party that no run is long enough for; None when there are not enough free seats."""
    tiers = list(tier_nos)
    everywhere = [pool for tier_no in tiers if (pool := free.pool(tier_no, section_no)) is not None]
    groups = fewest_groups(everywhere, size)
    if groups is None:
        return None
    if section_no is None:
        for section in dict.fromkeys(section for tier_no in tiers for section in free.sections_of(tier_no)):
            pools = [pool for tier_no in tiers if (pool := free.pool(tier_no, section)) is not None]
            if fewest_groups(pools, size) == groups:
                return _groups_near_each_other(free, pools, size, groups)
    return _groups_near_each_other(free, everywhere, size, groups)


def fewest_groups(pools: Sequence[Pool], size: int) -> int | None:
    """Into how many groups a party must be split at least, None when there are not enough seats."""
    groups, left = 0, size
    for length in range(LONG_RUN, 0, -1):
        for _ in range(min(sum(pool.counts[length] for pool in pools), -(-left // length))):
            groups, left = groups + 1, left - length
        if left <= 0:
            return groups
    return None


def _groups_near_each_other(free: FreeSeats, pools: Sequence[Pool], size: int, groups: int) -> list[range]:
    """The best row that can be part of a split into so many groups, and the rows nearest to it that can be the rest."""
    row_nos = sorted(row_no for pool in pools for row_no in pool.all(fitting(1)))
    runs = [FreeRun(row_no, run) for row_no in row_nos for run in free.runs(row_no)]
    lengths = sorted((len(run) for _, run in runs), reverse=True)
    shortest = size - sum(lengths[: groups - 1])
    candidates = [one for one in runs if len(one.run) >= shortest]
    first = candidates.pop(0)
    here = free.chart.middle(first.run[0], first.run[-1])
    candidates.sort(key=lambda one: dist(here, free.chart.middle(one.run[0], one.run[-1])))
    chosen, seated = [first], len(first.run)
    longest = sorted((len(one.run) for one in candidates), reverse=True)
    for one in candidates:
        missing = groups - len(chosen)
        if missing == 0:
            break
        longest.remove(len(one.run))
        if seated + len(one.run) + sum(longest[: missing - 1]) >= size:
            chosen.append(one)
            seated += len(one.run)
    return _seated(free, chosen, size)


def _seated(free: FreeSeats, runs: Sequence[FreeRun], size: int) -> list[range]:
    """Spread a party over runs: nobody alone, then no single seat left, then as evenly as can be."""

    def badness(sizes: tuple[int, ...]) -> tuple[int, int, int]:
        left = [len(one.run) - count for one, count in zip(runs, sizes, strict=True)]
        return sizes.count(1), left.count(1), max(sizes) - min(sizes)

    sizes = min(_shares(size, [len(one.run) for one in runs]), key=badness)
    blocks: list[range] = []
    for one, count in zip(runs, sizes, strict=True):
        near = free.chart.middle(blocks[0][0], blocks[0][-1]) if blocks else free.chart.rows[one.row_no].anchor
        blocks.append(min(blocks_in_run(free, one.run, count, near)).seats)
    return blocks


def _shares(size: int, room: Sequence[int]) -> Iterator[tuple[int, ...]]:
    """Every way to spread a party over runs with so much room, at least one in each."""
    if len(room) == 1:
        yield (size,)
        return
    least = max(1, size - sum(room[1:]))
    for share in range(least, min(room[0], size - len(room) + 1) + 1):
        for rest in _shares(size - share, room[1:]):
            yield (share, *rest)
