"""Realistic venues drawn by rule: the same arguments always give the same plan."""

from rowlock.seating.generator.arena import arena
from rowlock.seating.generator.baseball import baseball_stadium
from rowlock.seating.generator.bowl import bowl_stadium
from rowlock.seating.generator.club import club
from rowlock.seating.generator.theatre import theatre

__all__ = ["arena", "baseball_stadium", "bowl_stadium", "club", "theatre"]
