"""The sale's clock as the ledger tells of it: who stood still, and that nobody lost or gained time by it. Pure."""

from collections.abc import Iterator, Mapping, Sequence

from rowlock.inventory.ledger import STANDSTILL_US, Change
from rowlock.inventory.proof.facts import SECOND_US, BookingFacts

BEAT_LATE_AFTER_US = 5 * SECOND_US
"""How long a watched sale gives no sign of life before that is an outage; the same as beat_late_after_v1."""


class ReplayedClock:
    """One event's clock, row by row. `stopped_at` is in microseconds since 1970, None while it runs."""

    def __init__(self) -> None:
        self.stopped_at: int | None = None

    def turn(self, at_us: int, steps: Sequence[Change], live: Mapping[str, BookingFacts]) -> Iterator[str]:
        """Take a row that begins with what befell the clock; the faults in it. `live` are the bookings before it."""
        first, *moved = steps
        stopped, self.stopped_at = self.stopped_at, at_us if first.kind == "stop" else None
        match first.kind:
            case "stop":
                shift, held_until, since = STANDSTILL_US - at_us, at_us, at_us
                needed = stopped is None
            case "start":
                shift, held_until, since = at_us - STANDSTILL_US, at_us, STANDSTILL_US - 1
                needed = stopped is not None
            case _:
                beat_us = first.expires_us or 0
                shift, held_until, since = at_us - beat_us, beat_us, beat_us
                needed = stopped is None and shift > BEAT_LATE_AFTER_US
        if not needed:
            yield f"the clock cannot {first.kind} here"
        due = {
            booking_id: (facts.hold_expires_at + shift, facts.seat_nos if facts.status == "HOLD" else ())
            for booking_id, facts in live.items()
            if facts.status in {"HOLD", "PAYMENT_PENDING"} and facts.held_at <= held_until
            and facts.hold_expires_at > since
        }  # fmt: skip
        told = {step.booking_id: (step.expires_us or 0, step.seat_nos) for step in moved if step.kind == "clock"}
        if len(told) != len(moved):
            yield f"more than holds' ends in a {first.kind} of the clock"
        for booking_id in sorted(due.keys() | told.keys()):
            if due.get(booking_id) != told.get(booking_id):
                yield f"{booking_id} loses or gains time by a {first.kind} of the clock"
