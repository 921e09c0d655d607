"""Wheelchair places for those of a party who need them, the others beside them. Pure.

A group has exactly as many wheelchair places as it needs: nobody else is given one. Beside them come the companions'
places first, then places for everybody.
"""

from collections.abc import Iterator
from math import dist

from rowlock.inventory.choice.free import FreeSeats


class AccessiblePlaces:
    """The free wheelchair places of some tiers, in one section or in all."""

    def __init__(self, free: FreeSeats, tier_nos: frozenset[int], section_no: int | None) -> None:
        self._free = free
        self._tier_nos = tier_nos
        self._stretches = [
            stretch
            for section, stretch in free.chart.accessible_stretches
            if section_no is None or section == section_no
        ]

    @property
    def exist(self) -> bool:
        """Whether there are such places, free or not."""
        chart = self._free.chart
        return any(
            chart.accessible[seat_no] and chart.tier_nos[seat_no] in self._tier_nos
            for stretch in self._stretches
            for seat_no in stretch
        )

    @property
    def free(self) -> int:
        """How many are free."""
        accessible = self._free.chart.accessible
        return sum(accessible[seat_no] for stretch in self._stretches for seat_no in stretch if self._may_have(seat_no))

    def group(self, size: int, accessible: int) -> range | None:
        """Seats side by side with so many wheelchair places: the best stretch, there the most companions' places."""
        for stretch in self._stretches:
            found = max(self._windows(stretch, size, accessible), key=self._companions, default=None)
            if found is not None:
                return found
        return None

    def nearest(self, wanted: range) -> range | None:
        """As many places with as many for wheelchairs among them, whose middle is nearest to these."""
        middle = self._free.chart.middle
        accessible = sum(self._free.chart.accessible[wanted.start : wanted.stop])
        if accessible == 0:
            return None
        windows = (window for stretch in self._stretches for window in self._windows(stretch, len(wanted), accessible))
        target = middle(wanted[0], wanted[-1])
        return min(windows, key=lambda window: dist(target, middle(window[0], window[-1])), default=None)

    def split(self, size: int, accessible: int) -> tuple[list[range], int] | None:
        """Groups around the wheelchair places of a party, the largest first, and how many are left without a seat.

        None when there are not enough wheelchair places. The groups are taken off the picture.
        """
        groups: list[range] = []
        while accessible:
            found = next(self._groups(size, accessible), None)
            if found is None:
                for group in groups:
                    self._free.give(group)
                return None
            self._free.take(found[0])
            groups.append(found[0])
            size, accessible = size - len(found[0]), accessible - found[1]
        return groups, size

    def _groups(self, size: int, accessible: int) -> Iterator[tuple[range, int]]:
        for count in range(size, 0, -1):
            for places in range(min(accessible, count), 0, -1):
                if size - count >= accessible - places and (group := self.group(count, places)) is not None:
                    yield group, places

    def _windows(self, stretch: range, size: int, accessible: int) -> Iterator[range]:
        flags = self._free.chart.accessible
        for first in range(stretch.start, stretch.stop - size + 1):
            window = range(first, first + size)
            if sum(flags[first : first + size]) == accessible and all(map(self._may_have, window)):
                yield window

    def _may_have(self, seat_no: int) -> bool:
        return bool(self._free.free[seat_no]) and self._free.chart.tier_nos[seat_no] in self._tier_nos

    def _companions(self, window: range) -> int:
        return sum(self._free.chart.companion[window.start : window.stop])
