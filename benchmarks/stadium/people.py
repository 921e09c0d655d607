"""The crowd: who comes when, who is a bot, and what each does once it is their turn."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

PREQUEUE_S = 3_600
LATE_S = 1_800


class Manner(NamedTuple):
    """How a kind of visitor shops. `come_s`, `session_s`: means in seconds; shares and parties as they are."""

    come_s: float
    session_s: float
    show: float
    buy: float
    party_mean: float
    party_max: int


HUMAN = Manner(come_s=10, session_s=110, show=0.75, buy=0.6, party_mean=2.4, party_max=6)
BOT = Manner(come_s=1, session_s=15, show=1.0, buy=0.9, party_mean=5.0, party_max=6)


class Crowd(NamedTuple):
    """Everybody, in the order of joining. `joined_s` is in seconds from the opening, so below 0 before it."""

    joined_s: NDArray[np.float32]
    is_bot: NDArray[np.bool_]

    def present_at_opening(self) -> int:
        """How many are in the line when it opens; their numbers are those below."""
        return int(np.searchsorted(self.joined_s, 0.0))


def make_crowd(people: int, bot_share: float, seed: int) -> Crowd:
    """Bots come in the first seconds of the prequeue; people drip in, most in the last minutes, a third too late."""
    chance = np.random.default_rng(seed)
    bots = round(people * bot_share)
    humans = people - bots
    early = round(humans * 2 / 3)
    joined = np.concatenate(
        [
            -PREQUEUE_S + chance.exponential(3.0, bots),
            -np.minimum(chance.exponential(PREQUEUE_S / 5, early), PREQUEUE_S - 1.0),
            np.minimum(chance.exponential(LATE_S / 3, humans - early), LATE_S),
        ]
    ).astype(np.float32)
    order = np.argsort(joined, kind="stable")
    return Crowd(joined[order], order < bots)
