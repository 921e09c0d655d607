"""Tickets: what buyers receive once they have paid, and what they are told."""

from rowlock.tickets.calendar import CalendarEntry, calendar_file
from rowlock.tickets.commands import TicketDesk
from rowlock.tickets.notices import Notices
from rowlock.tickets.transfers import Transfers

__all__ = ["CalendarEntry", "Notices", "TicketDesk", "Transfers", "calendar_file"]
