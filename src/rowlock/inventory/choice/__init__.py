"""Choosing seats for somebody: the best for a party. Pure: an exact picture in, seat numbers out."""

from rowlock.inventory.choice.chart import Chart
from rowlock.inventory.choice.choosing import seats_for_party
from rowlock.inventory.choice.free import PARTY_MAX, FreeSeats
from rowlock.inventory.choice.wishes import Lack, NothingFits, PartyWish

__all__ = ["PARTY_MAX", "Chart", "FreeSeats", "Lack", "NothingFits", "PartyWish", "seats_for_party"]
