"""The orphan rule: whoever picks seats leaves no single free seat between taken ones, an aisle or the row's end. Pure.

The rule is judged group by group, a group being picked neighbours. It is relaxed for a group that could not sit
anywhere in its tier without leaving a single seat, as when the tier is nearly sold out, and for groups of more than
`PARTY_MAX`. Wheelchair places and their companions' have no neighbours and are never orphans.
"""

from collections.abc import Sequence

from rowlock.inventory.choice.free import PARTY_MAX, FreeSeats, fitting_neatly
from rowlock.inventory.choice.nearest import nearest_block
from rowlock.inventory.choice.wishes import OrphansLeft


def orphans_left(free: FreeSeats, seat_nos: Sequence[int]) -> list[int]:
    """The free seats that would lose their last free neighbour if these, which are free, were taken."""
    picked = set(seat_nos)
    beside = {near for seat_no in picked for near in free.chart.neighbours(seat_no)} - picked
    return sorted(
        seat_no
        for seat_no in beside
        if free.free[seat_no]
        and not any(free.free[near] and near not in picked for near in free.chart.neighbours(seat_no))
    )


def judge_pick(free: FreeSeats, seat_nos: Sequence[int], seats_max: int) -> OrphansLeft | None:
    """Why the rule forbids these free seats, with what to take instead, or None when it does not.

    What is offered: the orphans as well, if that leaves none and is no more than `seats_max`; or the nearest seats that
    leave none.
    """
    groups = picked_groups(free, seat_nos)
    faulty = [group for group in groups if orphans_left(free, group) and _could_sit_neatly(free, group)]
    orphans = [
        seat_no
        for seat_no in orphans_left(free, seat_nos)
        if any(near in group for group in faulty for near in free.chart.neighbours(seat_no))
    ]
    if not orphans:
        return None
    offers = []
    widened = sorted([*seat_nos, *orphans])
    if len(widened) <= seats_max and not orphans_left(free, widened):
        offers.append(tuple(widened))
    shifted = _shifted(free, groups, faulty)
    if shifted is not None and not orphans_left(free, shifted):
        offers.append(shifted)
    return OrphansLeft(tuple(orphans), tuple(offers))


def picked_groups(free: FreeSeats, seat_nos: Sequence[int]) -> list[range]:
    """The seats in groups of neighbours."""
    groups: list[range] = []
    for seat_no in sorted(seat_nos):
        if groups and groups[-1].stop == seat_no and free.chart.neighbour_left[seat_no]:
            groups[-1] = range(groups[-1].start, seat_no + 1)
        else:
            groups.append(range(seat_no, seat_no + 1))
    return groups


def _could_sit_neatly(free: FreeSeats, group: range) -> bool:
    pool = free.pool(free.chart.tier_nos[group.start], None)
    return len(group) <= PARTY_MAX and pool is not None and pool.best(fitting_neatly(len(group))) is not None


def _shifted(free: FreeSeats, groups: Sequence[range], faulty: Sequence[range]) -> tuple[int, ...] | None:
    """The groups with the faulty ones moved to the nearest seats that leave no orphan."""
    kept = [group for group in groups if group not in faulty]
    moved: list[range] = []
    try:
        for group in kept:
            free.take(group)
        for group in faulty:
            found = nearest_block(free, group, neatly=True)
            if found is None:
                return None
            free.take(found)
            moved.append(found)
    finally:
        for group in (*kept, *moved):
            free.give(group)
    return tuple(sorted(seat_no for group in (*kept, *moved) for seat_no in group))
