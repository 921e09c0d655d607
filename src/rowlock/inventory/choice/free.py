"""Which seats are free, kept so that the best row with a long enough run of them is found at once. Pure."""

from collections.abc import Iterable, Iterator

from rowlock.inventory.choice.chart import Chart

PARTY_MAX = 10
LONG_RUN = PARTY_MAX + 2
"""Runs of this length and longer are alike: any party fits and need not leave a single seat."""

_LENGTHS = (1 << (LONG_RUN + 1)) - 1


def fitting(size: int) -> int:
    """The run lengths that a party fits into, as a bit mask."""
    return _LENGTHS & (-1 << size)


def fitting_neatly(size: int) -> int:
    """The run lengths that a party fits into without leaving a single seat: not one longer than the party."""
    return fitting(size) & ~(1 << (size + 1))


class Pool:
    """Rows of one tier (of one section or of all) in order of preference, each with the lengths of its free runs.

    A tree of bit masks: a node has the lengths of all rows below it, so the best row with a wanted length is one walk
    down. `counts[n]` is the number of free runs of length n, `seats` that of free seats.
    """

    def __init__(self, row_nos: list[int]) -> None:
        self.row_nos = row_nos
        self.counts = [0] * (LONG_RUN + 1)
        self.seats = 0
        self._leaves = 1 << max(0, len(row_nos) - 1).bit_length()
        self._masks = [0] * (2 * self._leaves)

    def put(self, place: int, mask: int) -> None:
        """Say which lengths the row at this place has."""
        masks, node = self._masks, self._leaves + place
        masks[node] = mask
        while node > 1:
            node >>= 1
            mask = masks[2 * node] | masks[2 * node + 1]
            if masks[node] == mask:
                return
            masks[node] = mask

    def best(self, lengths: int) -> int | None:
        """The best row that has a run of one of these lengths."""
        return next(self.all(lengths), None)

    def all(self, lengths: int) -> Iterator[int]:
        """All rows that have a run of one of these lengths, best first."""
        masks, waiting = self._masks, [1]
        while waiting:
            node = waiting.pop()
            if masks[node] & lengths:
                if node >= self._leaves:
                    yield self.row_nos[node - self._leaves]
                else:
                    waiting += (2 * node + 1, 2 * node)


Run = range
"""Free neighbours, as seat numbers; the seat before and the one after are taken, or there is none."""


class FreeSeats:
    """The free seats of one event on its plan's chart."""

    def __init__(self, chart: Chart, free: Iterable[bool]) -> None:
        self.chart = chart
        self.free = bytearray(free)
        self._runs: list[list[Run]] = [[] for _ in chart.rows]
        self._tiers: dict[int, Pool] = {}
        self._sections: dict[tuple[int, int], Pool] = {}
        self._places: list[tuple[tuple[Pool, int], ...]] = []
        self._lay_out()
        self._stale = set(range(len(chart.rows)))
        self._freshen()

    def take(self, seat_nos: Iterable[int]) -> None:
        """These seats are no longer free."""
        self._mark(seat_nos, 0)

    def give(self, seat_nos: Iterable[int]) -> None:
        """These seats are free."""
        self._mark(seat_nos, 1)

    def runs(self, row_no: int) -> list[Run]:
        """The free runs of a row, in the order of its seats."""
        self._freshen()
        return self._runs[row_no]

    def pool(self, tier_no: int, section_no: int | None) -> Pool | None:
        """The rows of a tier, of one section or of all; None when there are none."""
        self._freshen()
        return self._tiers.get(tier_no) if section_no is None else self._sections.get((section_no, tier_no))

    def sections_of(self, tier_no: int) -> Iterable[int]:
        """The sections that have seats of the tier, the one with the best row first."""
        return [section_no for section_no, tier in self._sections if tier == tier_no]

    def _lay_out(self) -> None:
        by_tier: dict[int, list[int]] = {}
        by_section: dict[tuple[int, int], list[int]] = {}
        for row_no, row in enumerate(self.chart.rows):
            by_tier.setdefault(row.tier_no, []).append(row_no)
            by_section.setdefault((row.section_no, row.tier_no), []).append(row_no)
        self._tiers = {tier_no: Pool(row_nos) for tier_no, row_nos in by_tier.items()}
        self._sections = {key: Pool(row_nos) for key, row_nos in by_section.items()}
        places: list[list[tuple[Pool, int]]] = [[] for _ in self.chart.rows]
        for pool in (*self._tiers.values(), *self._sections.values()):
            for place, row_no in enumerate(pool.row_nos):
                places[row_no].append((pool, place))
        self._places = [tuple(found) for found in places]

    def _mark(self, seat_nos: Iterable[int], value: int) -> None:
        free, row_of, stale = self.free, self.chart.row_of, self._stale
        for seat_no in seat_nos:
            free[seat_no] = value
            row_no = row_of[seat_no]
            if row_no >= 0:
                stale.add(row_no)

    def _freshen(self) -> None:
        while self._stale:
            row_no = self._stale.pop()
            before = self._runs[row_no]
            after = [run for stretch in self.chart.rows[row_no].stretches for run in self._runs_within(stretch)]
            self._runs[row_no] = after
            mask = 0
            for run in after:
                mask |= 1 << min(len(run), LONG_RUN)
            for pool, place in self._places[row_no]:
                for run in before:
                    pool.counts[min(len(run), LONG_RUN)] -= 1
                    pool.seats -= len(run)
                for run in after:
                    pool.counts[min(len(run), LONG_RUN)] += 1
                    pool.seats += len(run)
                pool.put(place, mask)

    def _runs_within(self, stretch: range) -> Iterator[Run]:
        start = self.free.find(1, stretch.start, stretch.stop)
        while start >= 0:
            stop = self.free.find(0, start, stretch.stop)
            if stop < 0:
                stop = stretch.stop
            yield range(start, stop)
            start = self.free.find(1, stop, stretch.stop)
