"""Tickets: what buyers receive once they have paid, and what they are told."""

from rowlock.tickets.calendar import CalendarEntry, calendar_file
from rowlock.tickets.notices import Notices

__all__ = ["CalendarEntry", "Notices", "calendar_file"]
