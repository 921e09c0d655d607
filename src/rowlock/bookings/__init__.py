"""Bookings: what a buyer holds or has bought."""

from rowlock.bookings.codes import CodeDesk
from rowlock.bookings.commands import BookingDesk, booking_closed, hold_expired, no_booking, payment_pending
from rowlock.bookings.gate import Rates, SaleGate
from rowlock.bookings.model import Booking, BookingList, BookingRow, Patience
from rowlock.bookings.ticket_cap import TicketCap
from rowlock.bookings.views import BookingViews
from rowlock.bookings.wishes import price_cap

__all__ = [
    "Booking",
    "BookingDesk",
    "BookingList",
    "BookingRow",
    "BookingViews",
    "CodeDesk",
    "Patience",
    "Rates",
    "SaleGate",
    "TicketCap",
    "booking_closed",
    "hold_expired",
    "no_booking",
    "payment_pending",
    "price_cap",
]
