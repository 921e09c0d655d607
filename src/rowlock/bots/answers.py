"""Which answer a score gets: nothing, a proof of work, the slow lane, no checkout. Pure.

Harder answers come only after milder ones, and staff have the last word. In a calm sale nobody is answered at all but
who was blocked before, and nobody gets a puzzle: scripts of the house's own look like bots as well.
"""

from collections.abc import Sequence
from enum import Enum, auto

import msgspec

from rowlock.bots.challenge import DIFFICULTY_MAX
from rowlock.bots.model import SCORE_MAX, Mark, Ruling


class Steps(msgspec.Struct, frozen=True):
    """The points from which each answer is due."""

    log: int = 15
    prove: int = 30
    slow: int = 60
    block: int = 90


class Answer(Enum):
    """What a request meets."""

    GO = auto()
    PROVE = auto()
    SLOW = auto()


class Proof(Enum):
    """What came with a request."""

    NONE = auto()
    SOLVED = auto()
    WAITS = auto()
    """It would rather wait."""
    UNKNOWN = auto()
    """It is right, but nobody can tell whether it was used before: Valkey is away."""


STEPS = Steps()


def worst(marks: Sequence[Mark]) -> Mark:
    """The marks of all names of a request as one: points add up, one block is a block, a pardon beats both."""
    rulings = {mark.ruling for mark in marks}
    if Ruling.LIFTED in rulings:
        return Mark(0, Ruling.LIFTED)
    score = min(SCORE_MAX, sum(mark.score for mark in marks))
    return Mark(score, max(rulings, default=Ruling.NONE), max((mark.steps_shorter for mark in marks), default=0))


def answer_to(mark: Mark, level: int, proof: Proof, steps: Steps = STEPS) -> Answer:
    """The answer to an attempt to book; `level` is the contention."""
    blocked = mark.ruling in {Ruling.BLOCKED, Ruling.CONFIRMED}
    if level == 0:
        return Answer.SLOW if blocked else Answer.GO
    due = Answer.GO
    if blocked or mark.score >= steps.slow:
        due = Answer.SLOW
    elif mark.score >= steps.prove:
        due = Answer.PROVE
    if due is Answer.GO:
        return due
    match proof:
        case Proof.NONE:
            return Answer.PROVE
        case Proof.SOLVED:
            return Answer.GO if due is Answer.PROVE else Answer.SLOW
        case _:
            return Answer.SLOW


def difficulty(mark: Mark, level: int, steps: Steps = STEPS) -> int:
    """How hard the proof is: more in a crowd, and more for a higher score."""
    return min(DIFFICULTY_MAX, max(1, level) + (mark.score >= steps.slow))
