"""What organisers do: venues, seating plans, events, prices, the sale switch."""

from rowlock.organiser.commands import Organiser
from rowlock.organiser.model import Created, EventBody, EventPatch, VenueBody

__all__ = ["Created", "EventBody", "EventPatch", "Organiser", "VenueBody"]
