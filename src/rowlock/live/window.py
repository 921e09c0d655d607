"""The end of one event's ledger as viewers need it: which seats each row left in which state. Pure."""

from array import array
from collections import deque
from collections.abc import Iterable, Mapping
from itertools import islice

from rowlock.kernel import limits


class LedgerWindow:
    """The rows from `start` (not included) to `end`, oldest dropped first.

    A row is kept as four bytes a seat: its number and, in the lowest two bits, its state.
    """

    def __init__(self, end: int) -> None:
        self.end = end
        self._rows: deque[array[int]] = deque()
        self._changes = 0

    @property
    def start(self) -> int:
        """The oldest position from which the rows here lead to the end."""
        return self.end - len(self._rows)

    def append(self, rows: Iterable[Mapping[int, int]]) -> None:
        """Take the states after each of the next rows."""
        for states in rows:
            self._rows.append(_packed(states))
            self._changes += len(states)
            self.end += 1
        while self._rows and self._overfull():
            self._changes -= len(self._rows.popleft())

    def prepend(self, rows: Iterable[Mapping[int, int]]) -> None:
        """Take the rows just before the oldest, in the ledger's order, as far as there is room."""
        for states in reversed(list(rows)):
            if self._overfull(1, len(states)):
                return
            self._rows.appendleft(_packed(states))
            self._changes += len(states)

    def changes(self, since: int) -> "dict[int, int] | None":
        """The last state of each seat that changed after `since`; None when that is before the window or too much."""
        if not self.start <= since <= self.end:
            return None
        states: dict[int, int] = {}
        for row in islice(self._rows, since - self.start, None):
            for packed in row:
                states[packed >> 2] = packed & 3
        return states if len(states) <= limits.STREAM_CHANGES_MAX else None

    def _overfull(self, rows: int = 0, changes: int = 0) -> bool:
        too_many_rows = len(self._rows) + rows > limits.SINCE_ROWS_MAX
        return too_many_rows or self._changes + changes > limits.STREAM_WINDOW_CHANGES_MAX


def _packed(states: Mapping[int, int]) -> "array[int]":
    return array("I", [seat_no << 2 | state for seat_no, state in states.items()])
