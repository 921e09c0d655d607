"""What a check found: whether an invariant holds, how much was looked at, and the first faults."""

from typing import Literal

import msgspec

FAULTS_SHOWN_MAX = 5

Invariant = Literal["I1", "I2", "I3", "I4", "I5", "I6", "I7", "A1", "M1", "M2", "M3", "M4", "M5", "M6"]
CHECKS: dict[Invariant, str] = {
    "I1": "every seat had at most one owner at every moment",
    "I2": "every acknowledged booking and confirmation is there, as it was frozen",
    "I3": "every captured payment paid one confirmed booking, and every confirmed booking was paid",
    "I4": "every seat is free, sold, or held with an end in sight",
    "I5": "the same idempotency key had one effect",
    "I6": "available + held + booked + blocked = seats of the plan, each as the replay leaves it",
    "I7": "the ledger is whole: no gap, every row hashed onto the one before",
    "A1": "the audit log is whole: no gap, every row hashed onto the one before",
    "M1": "every posting balances and is of its booking's event, organiser and currency",
    "M2": "every paid booking is posted as one sale, and its buyer owes nothing once the money is taken",
    "M3": "providers have what they took less what they paid back, and every open refund is owed",
    "M4": "every captured payment paid one booking or goes back, and is posted once",
    "M5": "nothing goes back that was not taken, and every refund is posted as it is",
    "M6": "the ledger of money is whole: every seal is of the postings as they were",
}
"""The invariants of a sale, in the order in which they are told. I8, that viewers converge, is not in the database."""


class Finding(msgspec.Struct, frozen=True):
    """One invariant of one event; of all events when `event_id` is None."""

    event_id: int | None
    invariant: Invariant
    check: str
    holds: bool
    looked_at: int
    faults: tuple[str, ...] = ()


class Faults:
    """The first faults of a check and the number of all of them, however many there are."""

    def __init__(self) -> None:
        self.first: list[str] = []
        self.count = 0

    def add(self, fault: str) -> None:
        """Note one more."""
        self.count += 1
        if len(self.first) < FAULTS_SHOWN_MAX:
            self.first.append(fault)

    def finding(self, event_id: int | None, invariant: Invariant, looked_at: int) -> Finding:
        """What the check found."""
        shown = (
            [*self.first, f"and {self.count - len(self.first)} more"] if self.count > len(self.first) else self.first
        )
        return Finding(event_id, invariant, CHECKS[invariant], not self.count, looked_at, tuple(shown))
