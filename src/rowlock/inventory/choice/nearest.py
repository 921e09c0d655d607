"""The nearest equivalent of seats that are gone: as many side by side, in the same tier, as near as can be. Pure."""

from collections.abc import Sequence
from math import dist

from rowlock.inventory.choice.accessible import AccessiblePlaces
from rowlock.inventory.choice.free import FreeSeats
from rowlock.inventory.choice.party import Block, blocks_in_run


def nearest_block(free: FreeSeats, wanted: range, *, neatly: bool) -> range | None:
    """The free block of the same size and tier whose middle is nearest; `neatly`: among those that leave no single."""
    chart = free.chart
    home = chart.row_of[wanted.start]
    target = chart.middle(wanted[0], wanted[-1])
    away = dist(chart.rows[home].middle, target)
    best: Block | None = None
    for least, row_no in chart.rows_by_distance(home):
        if best is not None and least - away > best.distance:
            break
        for run in free.runs(row_no):
            for block in blocks_in_run(free, run, len(wanted), target):
                if neatly and block.singles:
                    continue
                if best is None or (block.distance, block.first) < (best.distance, best.first):
                    best = block
    return None if best is None else best.seats


def equivalent_seats(free: FreeSeats, seat_nos: Sequence[int], *, neatly: bool) -> tuple[int, ...] | None:
    """The nearest equivalent of seats of which some are taken, None when there is none.

    Groups that sat side by side at one price stay together, and those that are wholly free keep their seats. `neatly`:
    leave no single seat where that can be avoided.
    """
    groups = _groups(free, seat_nos)
    found = {group: group for group in groups if 0 not in free.free[group.start : group.stop]}
    try:
        for group in found:
            free.take(group)
        for group in groups:
            if group not in found:
                instead = _instead_of(free, group, neatly=neatly)
                if instead is None:
                    return None
                free.take(instead)
                found[group] = instead
    finally:
        for taken in found.values():
            free.give(taken)
    return tuple(seat_no for group in groups for seat_no in found[group])


def _instead_of(free: FreeSeats, group: range, *, neatly: bool) -> range | None:
    chart = free.chart
    if chart.row_of[group.start] < 0 or chart.row_of[group[-1]] < 0 or any(chart.accessible[group.start : group.stop]):
        return AccessiblePlaces(free, frozenset((chart.tier_nos[group.start],)), None).nearest(group)
    return (nearest_block(free, group, neatly=True) if neatly else None) or nearest_block(free, group, neatly=False)


def _groups(free: FreeSeats, seat_nos: Sequence[int]) -> list[range]:
    """The seats in groups that sit side by side in one tier."""
    tier_nos, groups = free.chart.tier_nos, list[range]()
    for beside in free.chart.groups(seat_nos):
        for seat_no in beside:
            if (
                groups
                and groups[-1].stop == seat_no
                and seat_no > beside[0]
                and tier_nos[seat_no] == tier_nos[seat_no - 1]
            ):
                groups[-1] = range(groups[-1].start, seat_no + 1)
            else:
                groups.append(range(seat_no, seat_no + 1))
    return groups
