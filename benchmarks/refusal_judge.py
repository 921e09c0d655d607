"""Was a party refused although it could have been seated? Judged from the seating plan and the ledger alone.

The judge shares nothing with the code that chooses: it replays the ledger up to the very point a refusal was decided at
(`seq`, and `ahead` holds of the flush that came next) and looks for seats itself.
"""

import json
from collections import Counter, deque
from collections.abc import Iterable
from typing import NamedTuple

from rowlock.seating import SeatingPlan

FREED = {"expire", "release"}
TAKEN = {"hold"}


class Refusal(NamedTuple):
    """A party of `size` was refused; `together` when it would not be split."""

    seq: int
    ahead: int
    size: int
    together: bool


class RefusalJudge:
    """Replays one event's ledger, in which no hold may lapse: a flush that holds seats is then one row.

    Every seat is free at first and for everybody; those of one row and tier sit side by side.
    """

    def __init__(self, plan: SeatingPlan) -> None:
        self._row_of: list[int] = []
        self._rows: list[bytearray] = []
        self._first: list[int] = []
        before: tuple[object, ...] = ()
        for placed in plan.placed_seats():
            here = (placed.section.id, placed.row.label, placed.seat.category)
            if here != before:
                self._rows.append(bytearray())
                self._first.append(placed.seat_no)
                before = here
            self._rows[-1] += b"1"
            self._row_of.append(len(self._rows) - 1)
        self._longest = [len(row) for row in self._rows]
        self._rows_by_longest = Counter(self._longest)
        self.free = len(self._row_of)

    def false_refusals(self, ledger: Iterable[tuple[int, str]], refusals: Iterable[Refusal]) -> list[Refusal]:
        """The refusals that should have been holds; `ledger` has (seq, changes) of every row from the first."""
        waiting = deque(sorted(refusals))
        false: list[Refusal] = []
        last = 0
        for last, text in ledger:
            held = 0
            for kind, _, _, seat_nos, *_ in json.loads(text):
                self._judge(waiting, (last - 1, held), false)
                if kind in TAKEN | FREED:
                    self._mark(seat_nos, b"1" if kind in FREED else b"0")
                held += kind in TAKEN
            self._judge(waiting, (last - 1, held), false)
        self._judge(waiting, (last, 0), false)
        if waiting:
            raise ValueError(f"{len(waiting)} refusals were made where the ledger never was: {waiting[0]}")
        return false

    def _judge(self, waiting: deque[Refusal], point: tuple[int, int], false: list[Refusal]) -> None:
        """Judge the refusals of this point of the ledger: after row `point[0]` and `point[1]` holds of the next."""
        while waiting and waiting[0][:2] <= point:
            refusal = waiting.popleft()
            if self._could_seat(refusal):
                false.append(refusal)

    def _could_seat(self, refusal: Refusal) -> bool:
        if refusal.together:
            return any(count and longest >= refusal.size for longest, count in self._rows_by_longest.items())
        return self.free >= refusal.size

    def _mark(self, seat_nos: Iterable[int], mark: bytes) -> None:
        touched = set()
        for seat_no in seat_nos:
            row_no = self._row_of[seat_no]
            self._rows[row_no][seat_no - self._first[row_no]] = mark[0]
            self.free += 1 if mark == b"1" else -1
            touched.add(row_no)
        for row_no in touched:
            self._rows_by_longest[self._longest[row_no]] -= 1
            self._longest[row_no] = max(map(len, bytes(self._rows[row_no]).split(b"0")))
            self._rows_by_longest[self._longest[row_no]] += 1
