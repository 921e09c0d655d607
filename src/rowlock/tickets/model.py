"""What is said to and by the api about tickets. Fields are the contract's JSON fields."""

from datetime import datetime
from typing import Literal

import msgspec


class ContactBody(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """Where a guest's tickets go, and in which language (`en`, `de`, `fr`)."""

    email: str
    language: str | None = None


class OfferBody(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """Whose tickets go to whom: seats of a booking, to a mail address."""

    booking_id: str
    seat_ids: list[str]
    email: str


class TakeBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What stands in the mailed link behind `#offer=`."""

    offer: str


class Transfer(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """Tickets that somebody offered: `open` until `expires_at`, then `ended`; `taken`, or `withdrawn`."""

    transfer_id: str
    booking_id: str
    seat_ids: tuple[str, ...]
    email: str | None
    state: Literal["open", "ended", "taken", "withdrawn"]
    expires_at: datetime


class TransferList(msgspec.Struct, frozen=True):
    """What one offered, newest first."""

    items: tuple[Transfer, ...]


class HeldTicket(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A ticket that one was given by somebody else."""

    ticket_id: str
    booking_id: str
    event_id: str
    event_name: str
    starts_at: datetime
    timezone: str
    place: str
    seat_id: str
    since: datetime


class HeldTickets(msgspec.Struct, frozen=True):
    """Tickets from others, the next event first."""

    items: tuple[HeldTicket, ...]
