"""Bots: scored by what they do, answered in steps, never judged by one sign alone."""

from rowlock.bots.challenge import Challenges
from rowlock.bots.contention import Contention
from rowlock.bots.guard import Guard, ShareCap
from rowlock.bots.model import Attempt, Finding, Mark, Ruling, Suspect, Trace
from rowlock.bots.traces import DEVICE_COOKIE, DEVICE_COOKIE_DAYS, Traces
from rowlock.bots.watch import EndOfHold, Patience, Watch

__all__ = [
    "DEVICE_COOKIE",
    "DEVICE_COOKIE_DAYS",
    "Attempt",
    "Challenges",
    "Contention",
    "EndOfHold",
    "Finding",
    "Guard",
    "Mark",
    "Patience",
    "Ruling",
    "ShareCap",
    "Suspect",
    "Trace",
    "Traces",
    "Watch",
]
