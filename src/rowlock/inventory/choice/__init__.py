"""Choosing seats for somebody: the best for a party, the nearest to those that are gone, and the orphan rule.

Pure: an exact picture in, seat numbers out.
"""

from rowlock.inventory.choice.chart import Chart
from rowlock.inventory.choice.choosing import seats_for_party
from rowlock.inventory.choice.free import PARTY_MAX, FreeSeats
from rowlock.inventory.choice.lacking import surely_nothing
from rowlock.inventory.choice.nearest import equivalent_seats
from rowlock.inventory.choice.orphans import judge_pick
from rowlock.inventory.choice.wishes import Lack, NothingFits, OrphansLeft, PartyWish, SeatWish

__all__ = [
    "PARTY_MAX",
    "Chart",
    "FreeSeats",
    "Lack",
    "NothingFits",
    "OrphansLeft",
    "PartyWish",
    "SeatWish",
    "equivalent_seats",
    "judge_pick",
    "seats_for_party",
    "surely_nothing",
]
