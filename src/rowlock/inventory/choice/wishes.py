"""What a buyer may ask for instead of naming seats, and what may be answered. Pure."""

from enum import StrEnum

import msgspec


class PartyWish(msgspec.Struct, frozen=True, gc=False):
    """The best seats for a party of `size`, `accessible` of whom need a wheelchair place.

    None is no restriction: `tier_no`, `section_no`, `total_max` (minor units, for the whole party). A party that must
    sit `together` is refused rather than split.
    """

    size: int
    tier_no: int | None = None
    section_no: int | None = None
    accessible: int = 0
    total_max: int | None = None
    together: bool = False


class SeatWish(msgspec.Struct, frozen=True, gc=False):
    """These very seats, all or none; `nearest`: the nearest equivalent when some of them are taken."""

    seat_nos: tuple[int, ...]
    nearest: bool = False


class OrphansLeft(msgspec.Struct, frozen=True, gc=False):
    """The single seats that a pick would leave behind, and picks of as many seats or more that would leave none."""

    orphans: tuple[int, ...]
    offers: tuple[tuple[int, ...], ...] = ()


class Lack(StrEnum):
    """Why nothing fits, the first that holds."""

    NO_SUCH_SEATS = "no_such_seats"
    SOLD_OUT = "sold_out"
    OVER_PRICE_CAP = "over_price_cap"
    TOO_FEW = "too_few"
    NOT_TOGETHER = "not_together"


class NothingFits(msgspec.Struct, frozen=True, gc=False):
    """Why a party cannot be seated.

    `free` counts the seats that are free of those asked for, `together` the longest run among them, `total_min` is what
    the party would pay at least (minor units; 0 where no seat is free). It was judged on the picture after ledger row
    `seq` and `ahead` more holds, which the next rows tell of first.
    """

    lack: Lack
    free: int = 0
    together: int = 0
    total_min: int = 0
    seq: int = 0
    ahead: int = 0
