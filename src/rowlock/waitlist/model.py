"""What people wish for and are told. Fields are the JSON fields of the API."""

import uuid
from datetime import datetime
from typing import Annotated, Literal, NamedTuple

import msgspec

from rowlock.inventory import PartyWish
from rowlock.kernel import limits
from rowlock.kernel.money import Money

EntryStatus = Literal["waiting", "offered", "bought", "lapsed", "declined", "left", "closed"]
TierName = Annotated[str, msgspec.Meta(min_length=1, max_length=limits.NAME_CHARS_MAX)]


class WishBody(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """A party and what it would take: `tiers` in the order they are liked (none: any), `max_total` for all its seats.

    `email` is for who has no account; with one, its address is written to."""

    party_size: Annotated[int, msgspec.Meta(ge=1)]
    together: bool = True
    accessible: Annotated[int, msgspec.Meta(ge=0)] = 0
    tiers: Annotated[tuple[TierName, ...], msgspec.Meta(max_length=50)] = ()
    max_total: Money | None = None
    email: Annotated[str, msgspec.Meta(max_length=320)] | None = None
    language: Annotated[str, msgspec.Meta(max_length=20)] = "en"


class WaitlistEntry(msgspec.Struct, frozen=True, rename="camel", kw_only=True, omit_defaults=True):
    """How somebody's entry stands.

    `ahead`: parties that wait since before. `booking_id`: the seats that are offered, held until `offer_ends_at`, in
    `offer_ends_in` seconds; pay for it like any hold. `told_by_mail`: whether there is an address to write to."""

    event_id: str
    status: EntryStatus
    party_size: int
    together: bool
    accessible: int = 0
    tiers: tuple[str, ...] = ()
    max_total: Money | None = None
    joined_at: datetime
    told_by_mail: bool = False
    ahead: int | None = None
    booking_id: str | None = None
    offer_ends_at: datetime | None = None
    offer_ends_in: int | None = None


class PartyCount(msgspec.Struct, frozen=True, rename="camel"):
    """So many parties of a size."""

    party_size: int
    parties: int


class WaitlistFigures(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """How a waiting list stands: parties that wait, by size; how many have an offer; what became of the others."""

    event_id: str
    waiting: tuple[PartyCount, ...]
    seats_wanted: int
    offered: int
    bought: int
    lapsed: int
    declined: int
    left: int
    closed: int


class Waiting(NamedTuple):
    """A party that waits, as the matcher reads it."""

    id: uuid.UUID
    no: int
    subject: str
    size: int
    together: bool
    accessible: int
    tier_nos: tuple[int, ...]
    total_max: int | None
    tries: int

    def wishes(self) -> list[PartyWish]:
        """What to look for, the most liked first."""
        return wishes_of(self)

    def offer_id(self) -> uuid.UUID:
        """The booking that is to be the offer: the same however often it is tried, another once a hold was lost."""
        return uuid.uuid5(self.id, str(self.tries))


class PartyTerms(NamedTuple):
    """What a party wishes, in numbers."""

    size: int
    together: bool
    accessible: int
    tier_nos: tuple[int, ...]
    total_max: int | None


def wishes_of(party: Waiting | PartyTerms) -> list[PartyWish]:
    """The same party in each tier it would take."""
    return [
        PartyWish(
            size=party.size,
            tier_no=tier_no,
            accessible=party.accessible,
            total_max=party.total_max,
            together=party.together,
        )
        for tier_no in party.tier_nos or (None,)
    ]
