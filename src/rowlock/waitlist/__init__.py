"""The waiting list of an event without seats that fit: parties that wait, and seats that are offered to them."""

from rowlock.waitlist.desk import WaitlistDesk
from rowlock.waitlist.kept_back import KeptBackSeats
from rowlock.waitlist.matcher import Matcher
from rowlock.waitlist.seats import Seats

__all__ = ["KeptBackSeats", "Matcher", "Seats", "WaitlistDesk"]
