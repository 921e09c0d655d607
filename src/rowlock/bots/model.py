"""The words of the bots slice. Pure."""

from collections.abc import Sequence
from enum import IntEnum
from typing import NamedTuple

import msgspec


class Trace(NamedTuple):
    """The hidden names a request goes by; an empty one is not there.

    None of them can be turned back into an address, a person or a device without this installation's secret.
    """

    person: str
    session: str = ""
    device: str = ""
    prefix: str = ""
    look: str = ""
    """How its header lines look: the same for all who use the same browser in the same language."""

    @property
    def scored(self) -> tuple[str, ...]:
        """The names that are scored, each on its own: a bot that changes one of them keeps the others."""
        return tuple(name for name in (self.person, self.device, self.prefix, self.look) if name)

    @property
    def clusters(self) -> tuple[str, ...]:
        """What many accounts of one hand have in common."""
        return tuple(name for name in (self.device, self.prefix) if name)


class Attempt(NamedTuple):
    """What somebody tries to hold: so many of the `seat_count` seats of an event; without `seat_nos` we choose them."""

    trace: Trace
    event_id: int
    seats: int
    seat_nos: Sequence[int]
    seat_count: int


class Ruling(IntEnum):
    """What stands about a name besides its score."""

    NONE = 0
    BLOCKED = 1
    """It was scored so high, after milder answers, that it may not check out until staff have looked."""
    CONFIRMED = 2
    """Staff have looked, and the block stands."""
    LIFTED = 3
    """Staff have looked: nothing more is asked of it for a while."""


class Mark(NamedTuple):
    """What the gate reads of a name with the rate limits: one whole number in Valkey."""

    score: int
    ruling: Ruling = Ruling.NONE
    steps_shorter: int = 0
    """How many steps shorter this name's holds are, because it let so many others lapse."""

    @property
    def number(self) -> int:
        """The mark as it is kept."""
        return self.steps_shorter * _SHORTER + self.ruling * _RULING + self.score


_RULING, _SHORTER = 1_000, 10_000
SCORE_MAX = _RULING - 1
STEPS_SHORTER_MAX = 9


def mark_of(number: int) -> Mark:
    """The mark that a kept number says; 0 when there is none."""
    steps_shorter, rest = divmod(max(number, 0), _SHORTER)
    ruling, score = divmod(rest, _RULING)
    return Mark(score, Ruling(min(ruling, Ruling.LIFTED)), min(steps_shorter, STEPS_SHORTER_MAX))


class Finding(msgspec.Struct, frozen=True):
    """One rule that fired: its name, its points, and what was seen, in words for staff."""

    rule: str
    points: int
    seen: str


class Suspect(msgspec.Struct, frozen=True, rename="camel"):
    """A scored name as operators see it, with all that was held against it."""

    name: str
    kind: str
    score: int
    ruling: str
    findings: tuple[Finding, ...]
    answers: dict[str, int]
    """How often each answer was given to it: `challenge`, `slow_lane`, `blocked`."""
