"""What choosing must come to, found by looking at everything: small plans only, none of the product's own search."""

import math
from collections.abc import Iterator, Sequence
from itertools import combinations

from rowlock.seating import PlacedSeat, SeatingPlan


class Oracle:
    """All seats of a plan and which are free."""

    def __init__(self, plan: SeatingPlan, free: Sequence[bool]) -> None:
        self.seats = list(plan.placed_seats())
        self.free = list(free)
        self._stage = next((shape.points for shape in plan.shapes if shape.kind == "stage"), None)

    def neighbours(self, left: PlacedSeat, right: PlacedSeat) -> bool:
        """Whether two seats follow in a row, a seat's width apart, at one price, both for everybody."""
        return (
            self.beside(left, right)
            and left.seat.category == right.seat.category
            and not (left.seat.accessible or left.seat.companion or right.seat.accessible or right.seat.companion)
        )

    def beside(self, left: PlacedSeat, right: PlacedSeat) -> bool:
        """Whether two seats follow in a row, one apart; over an aisle it is three."""
        return (
            left.section.id == right.section.id
            and left.row.label == right.row.label
            and right.seat_no - left.seat_no == 1
            and right.seat.x - left.seat.x < 1.5
        )

    def eligible(self, seat_no: int, tiers: Sequence[str], section: str | None) -> bool:
        """Whether a seat is free, for everybody, and of those asked for."""
        placed = self.seats[seat_no]
        return (
            self.free[seat_no]
            and not (placed.seat.accessible or placed.seat.companion)
            and placed.seat.category in tiers
            and section in (None, placed.section.id)
        )

    def blocks(self, size: int, tiers: Sequence[str], section: str | None) -> Iterator[tuple[int, ...]]:
        """Every way to seat a party side by side."""
        for first in range(len(self.seats) - size + 1):
            block = tuple(range(first, first + size))
            if all(self.eligible(seat_no, tiers, section) for seat_no in block) and all(
                self.neighbours(self.seats[one], self.seats[one + 1]) for one in block[:-1]
            ):
                yield block

    def singles_left(self, taken: Sequence[int]) -> int:
        """Free seats that would lose their last free neighbour."""
        gone = set(taken)

        def free_neighbours(seat_no: int, without: set[int]) -> int:
            pairs = ((seat_no - 1, seat_no), (seat_no, seat_no + 1))
            return sum(
                left >= 0 and right < len(self.seats)
                and self.neighbours(self.seats[left], self.seats[right])
                and self.free[left] and self.free[right]
                and (left if right == seat_no else right) not in without
                for left, right in pairs
            )  # fmt: skip

        return sum(
            self.free[seat_no] and seat_no not in gone
            and free_neighbours(seat_no, set()) > 0 and free_neighbours(seat_no, gone) == 0
            for seat_no in range(len(self.seats))
        )  # fmt: skip

    def badness(self, block: Sequence[int]) -> tuple[int, float, int, int, float]:
        """The documented order: no single left, the row nearest to the stage, of several the plan's first, there the
        first tier, the place in it."""
        placed = self.seats[block[0]]
        row = [one for one in self.seats if one.row is placed.row and one.section is placed.section]
        middle = _halfway(row[0], row[-1])
        stage = self._stage
        focus = middle if stage is None else _mean(stage)
        row_rank = float(placed.seat_no - row.index(placed)) if stage is None else math.dist(middle, focus)
        place = math.dist(_halfway(self.seats[block[0]], self.seats[block[-1]]), focus)
        tiers = list(dict.fromkeys(one.seat.category for one in row if not (one.seat.accessible or one.seat.companion)))
        tier_rank = tiers.index(placed.seat.category)
        return self.singles_left(block), round(row_rank, 9), row[0].seat_no, tier_rank, round(place, 9)

    def fewest_groups(self, size: int, tiers: Sequence[str], section: str | None) -> int | None:
        """The least number of blocks that seat a party, by trying all."""
        lengths = sorted(self._longest_runs(tiers, section))
        for groups in range(1, len(lengths) + 1):
            if any(sum(some) >= size for some in combinations(lengths, groups)):
                return groups
        return None

    def groups(self, seat_nos: Sequence[int]) -> list[list[int]]:
        """Seats in groups that sit side by side."""
        groups: list[list[int]] = []
        for seat_no in sorted(seat_nos):
            follows = groups and groups[-1][-1] == seat_no - 1
            if follows and self.beside(self.seats[seat_no - 1], self.seats[seat_no]):
                groups[-1].append(seat_no)
            else:
                groups.append([seat_no])
        return groups

    def _longest_runs(self, tiers: Sequence[str], section: str | None) -> list[int]:
        lengths: list[int] = []
        for seat_no, placed in enumerate(self.seats):
            if not self.eligible(seat_no, tiers, section):
                continue
            joined = (
                seat_no > 0
                and self.eligible(seat_no - 1, tiers, section)
                and self.neighbours(self.seats[seat_no - 1], placed)
            )
            if joined:
                lengths[-1] += 1
            else:
                lengths.append(1)
        return lengths


def _halfway(left: PlacedSeat, right: PlacedSeat) -> tuple[float, float]:
    return (left.seat.x + right.seat.x) / 2, (left.seat.y + right.seat.y) / 2


def _mean(points: Sequence[tuple[float, float]]) -> tuple[float, float]:
    return sum(x for x, _ in points) / len(points), sum(y for _, y in points) / len(points)
