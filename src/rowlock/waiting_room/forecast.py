"""What will be left when it is somebody's turn: seats, odds for each price zone, and behind whom nothing is left.

Pure. Everything comes from counts of this sale: how many of those called come, how many of those buy, and how much.
Before there are many, what is usual stands in for them.
"""

from collections.abc import Sequence
from math import erf, sqrt
from typing import Literal, NamedTuple

Chance = Literal["likely", "maybe", "unlikely", "gone"]
LIKELY, MAYBE = 0.8, 0.35
USUAL_WEIGHT = 20
"""How many people of this sale weigh as much as what is usual."""
USUAL_SHOW, USUAL_BUY, USUAL_PARTY, USUAL_RETURN = 0.8, 0.6, 2.4, 0.3
DOUBT = 0.08
"""By how much the habits of those still waiting may differ from those before them, however many these are."""
SURE = 2.0
"""The line is closed only where nothing would be left even if so many standard deviations fewer were bought."""


class Counts(NamedTuple):
    """Of this sale so far. `ended`: shopping sessions that are over, `bought`: with a purchase, `seats`: what they
    bought; `held_ended`: seats whose hold is over, `returned`: of those, the ones that came back."""

    called: int = 0
    came: int = 0
    ended: int = 0
    bought: int = 0
    seats: int = 0
    held_ended: int = 0
    returned: int = 0


class Habits(NamedTuple):
    """Shares of those called who come, of those who come who buy, of held seats that come back; seats a buyer takes.

    `doubt`: by how much all that may be wrong, as a share."""

    show: float
    buy: float
    party: float
    comes_back: float
    doubt: float = DOUBT

    def seats_a_call(self) -> float:
        """What one person who is called takes, on average."""
        return self.show * self.buy * self.party

    def spread_a_call(self) -> float:
        """The variance of that; parties are taken to spread like numbers that chance decides."""
        share = self.show * self.buy
        return share * (self.party + self.party**2) - (share * self.party) ** 2


class Zone(NamedTuple):
    """A price zone: seats `free` and `held`; `wanted` is its share of what is bought, in any unit."""

    tier: str
    free: int
    held: int
    wanted: float


class ZoneOdds(NamedTuple):
    """What a zone will have: about so many seats, and the chance of a party's worth."""

    tier: str
    seats_left: int
    chance: Chance


class Odds(NamedTuple):
    """What will be left in all, and zone by zone."""

    seats_left: int
    chance: Chance
    zones: tuple[ZoneOdds, ...]


class Crowd(NamedTuple):
    """Who takes seats before: `shopping` without a hold yet, `coming` (called and not come), `ahead` in the line."""

    shopping: int
    coming: int
    ahead: int

    def calls(self, habits: Habits) -> float:
        """As if all of them were still to be called."""
        return self.shopping / habits.show + self.coming + self.ahead


def habits_of(counts: Counts) -> Habits:
    """The habits of this sale, as far as it shows them."""
    return Habits(
        show=_mean(min(counts.came, counts.called), counts.called, USUAL_SHOW),
        buy=_mean(min(counts.bought, counts.ended), counts.ended, USUAL_BUY),
        party=_mean(max(counts.seats, counts.bought), counts.bought, USUAL_PARTY),
        comes_back=_mean(min(counts.returned, counts.held_ended), counts.held_ended, USUAL_RETURN),
        doubt=DOUBT + 1 / sqrt(USUAL_WEIGHT + counts.ended),
    )


def odds_for(zones: Sequence[Zone], crowd: Crowd, habits: Habits, party: int = 2) -> Odds:
    """What is left for a party when the crowd has taken what it takes."""
    supply = [zone.free + zone.held * habits.comes_back for zone in zones]
    calls = crowd.calls(habits)
    seats, spread = calls * habits.seats_a_call(), _spread(calls, habits)
    found = []
    for zone, (left, end) in zip(zones, _filled(supply, [zone.wanted for zone in zones], seats), strict=True):
        chance = _chance(end - seats, spread, party) if zone.free + zone.held else "gone"
        found.append(ZoneOdds(zone.tier, _rounded(left), chance))
    any_left = any(zone.free + zone.held for zone in zones)
    margin = sum(supply) - seats
    return Odds(_rounded(margin), _chance(margin, spread, party) if any_left else "gone", tuple(found))


def callers_wanted(zones: Sequence[Zone], crowd: Crowd, habits: Habits) -> float:
    """For how many more people to call there are seats, beside those who shop or come already; below 0: too many."""
    supply = sum(zone.free + zone.held * habits.comes_back for zone in zones)
    return supply / habits.seats_a_call() - crowd._replace(ahead=0).calls(habits)


def callers_sure(zones: Sequence[Zone], crowd: Crowd, habits: Habits) -> float:
    """For how many more there are seats even if those before them buy more than they seem to: who may be told when.

    One standard deviation further in front than the last who may expect a seat."""
    wanted = max(0.0, callers_wanted(zones, crowd, habits))
    return wanted - _spread(crowd._replace(ahead=0).calls(habits) + wanted, habits) / habits.seats_a_call()


def closed_behind(zones: Sequence[Zone], crowd: Crowd, habits: Habits, served: int) -> int:
    """The rank from which on nobody can expect a seat any more, even if those ahead buy less than they seem to."""
    wanted = max(0.0, callers_wanted(zones, crowd, habits))
    # A seat bought less by chance or by habit is a seat for somebody further back.
    more = SURE * _spread(crowd.calls(habits) + wanted, habits) / habits.seats_a_call()
    return served + int(wanted + more) + 1


def _mean(part: int, whole: int, usual: float) -> float:
    return (part + USUAL_WEIGHT * usual) / (whole + USUAL_WEIGHT)


def _spread(calls: float, habits: Habits) -> float:
    """The standard deviation of what so many people take: by chance, and because their habits may differ."""
    return sqrt(calls * habits.spread_a_call() + (habits.doubt * calls * habits.seats_a_call()) ** 2)


def _filled(supply: Sequence[float], wanted: Sequence[float], seats: float) -> list[tuple[float, float]]:
    """For each zone what is left when so many seats are taken, and by how many taken in all it is empty.

    Seats are taken as zones are wanted; who finds one empty turns to the others.
    """
    rest, ends, left, all_taken = list(supply), [0.0] * len(supply), list(supply), 0.0
    for _ in supply:
        still = [no for no, there in enumerate(rest) if there > 0]
        weight = sum(wanted[no] for no in still)
        rates = {no: wanted[no] / weight if weight else 1 / len(still) for no in still}
        if not still:
            break
        until = min(rest[no] / rate for no, rate in rates.items() if rate)
        for no, rate in rates.items():
            if seats > all_taken:
                left[no] = max(0.0, rest[no] - rate * min(until, seats - all_taken))
            rest[no] = rest[no] - rate * until if rest[no] > rate * until * (1 + 1e-12) else 0.0
            ends[no] = all_taken + until
        all_taken += until
    return list(zip(left, ends, strict=True))


def _chance(left: float, spread: float, party: int) -> Chance:
    above = (left - party) / max(spread, 0.5)
    probability = (1 + erf(above / sqrt(2))) / 2
    if probability >= LIKELY:
        return "likely"
    return "maybe" if probability >= MAYBE else "unlikely"


def _rounded(seats: float) -> int:
    """As precise as a guess should sound: two digits."""
    whole = max(0, int(seats))
    unit = int(10 ** max(0, len(str(whole)) - 2))
    return whole // unit * unit
