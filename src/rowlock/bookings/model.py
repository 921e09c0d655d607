"""A booking as its owner sees it. Fields are the contract's JSON fields."""

import uuid
from datetime import datetime
from typing import Annotated, Literal, NamedTuple

import msgspec

from rowlock.kernel.money import Money

CodeText = Annotated[str, msgspec.Meta(min_length=1, max_length=60)]
BookingStatus = Literal["HOLD", "PAYMENT_PENDING", "CONFIRMED", "REFUNDED", "EXPIRED", "RELEASED"]


class BookedSeat(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """A seat of a booking with its frozen all-in price. `returned`: it was given back after it was paid."""

    id: str
    tier: str
    price: Money
    returned: bool = False


class Ticket(msgspec.Struct, frozen=True, rename="camel"):
    """The right to sit on one seat, once the booking is confirmed."""

    ticket_id: str
    seat_id: str


class Substitute(msgspec.Struct, frozen=True, rename="camel"):
    """These seats are kept in the place of those wanted, until `accept_by` (in `accept_in` seconds)."""

    wanted: tuple[str, ...] = msgspec.field(name="for")
    accept_by: datetime
    accept_in: int


class TaxLine(msgspec.Struct, frozen=True):
    """So much of a booking's total is tax of this rate, in percent. `name` may be empty."""

    name: str
    rate: str
    amount: Money


class Patience(NamedTuple):
    """How long, in seconds from a payment's beginning, seats wait for an outcome, and for a buyer at the provider."""

    unknown_seconds: float = 900.0
    challenge_seconds: float = 600.0

    def left(self, bound_seconds: float, *, waits_for_buyer: bool) -> int:
        """Seconds that seats which were bound for so long stay bound at most."""
        patience = min(self) if waits_for_buyer else self.unknown_seconds
        return max(0, round(patience - bound_seconds))


class OpenPayment(msgspec.Struct, frozen=True, rename="camel"):
    """A payment without an outcome. The seats are kept for `kept_for` seconds more at most.

    It waits for its buyer to act at the provider or their bank, or else for the provider."""

    kept_for: int
    waits_for_buyer: bool


class Booking(msgspec.Struct, frozen=True, rename="camel", kw_only=True, omit_defaults=True):
    """`total` is all seats and the `order_fee`. `fees` and `taxes` are told where there are any: parts of the total.
    `code` is the one the booking bears, `discount` what it takes off, `code_refused` why one that was sent counts for
    nothing.

    `expires_at`, `expires_in` (seconds) and `extensions_left` are there while the hold stands, `tickets` once it is
    paid. `split` and `groups` are told where Rowlock chose the seats: who sits side by side, by seat id.
    `substitute` is there while the hold is an offer in the place of seats that were taken, `payment` while one has no
    outcome. `clock_stopped`: the sale is paused, `expires_in` stands still, and `expires_at` is when the hold would end
    if the sale went on now."""

    booking_id: str
    reference: str
    event_id: str
    status: BookingStatus
    seats: tuple[BookedSeat, ...]
    total: Money
    order_fee: Money | None = None
    fees: Money | None = None
    taxes: tuple[TaxLine, ...] | None = None
    code: str | None = None
    discount: Money | None = None
    code_refused: str | None = None
    expires_at: datetime | None = None
    expires_in: int | None = None
    clock_stopped: bool = False
    extensions_left: int | None = None
    tickets: tuple[Ticket, ...] | None = None
    split: bool | None = None
    groups: tuple[tuple[str, ...], ...] | None = None
    substitute: Substitute | None = None
    payment: OpenPayment | None = None


class BookingList(msgspec.Struct, frozen=True, rename="camel"):
    """The owner's bookings, newest first; `next_cursor` asks for the ones before."""

    items: tuple[Booking, ...]
    next_cursor: str | None


class LoweredPrices(msgspec.Struct, frozen=True):
    """What a code changed of a booking, in minor units: the total before, and the fees and the tax in its seats now."""

    total_before: int
    fees: int
    taxes: int


class BookingRow(msgspec.Struct, frozen=True):
    """A booking as it is stored; prices are all-in minor units in `seat_nos` order, from version `price_list`.

    `total` is what is charged: the prices and the order fee.
    `buyer` is whose name it stands under for good: its owner's, or that of a guest whom the owner's account joined.
    `instead_of` are the seats that were wanted, while the hold is an offer that nobody has accepted.
    `code` is what it was held or lowered with. While the sale's clock is stopped, `hold_expires_at` is when the hold
    would end if it started now.
    """

    id: uuid.UUID
    buyer: str
    no: int
    event_id: int
    seat_nos: tuple[int, ...]
    tier_nos: tuple[int, ...]
    prices: tuple[int, ...]
    total: int
    price_list: int
    order_fee: int
    status: BookingStatus
    hold_expires_at: datetime
    expires_in: float
    extensions: int
    payment_id: uuid.UUID | None = None
    instead_of: tuple[int, ...] = ()
    returned: tuple[int, ...] = ()
    """Of `seat_nos`: given back after they were paid."""
    code: str | None = None
    lowered: LoweredPrices | None = None
    payment: OpenPayment | None = None
    clock_stopped: bool = False


class ReserveBody(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """Which seats of which event. `ticketIds` and `ticketId` are other names for `seatIds`.

    `on_conflict: "nearest"` asks for the nearest equivalent when some of them are taken, as an offer to accept or drop.
    """

    event_id: str | int
    seat_ids: list[str] | None = None
    ticket_ids: list[str] | None = None
    ticket_id: str | None = None
    on_conflict: Literal["nearest"] | None = None
    code: CodeText | None = None


class BestAvailableBody(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """The best free seats for `quantity` people of the event.

    `tier` and `section` are names or ids. `accessible` says how many of them need a wheelchair place, true is one.
    `max_total` caps the price: no seat costs more than its even share. `together` refuses rather than splits the party.
    """

    event_id: str | int
    quantity: int
    tier: str | None = None
    section: str | None = None
    accessible: bool | int = False
    max_total: Money | None = None
    together: bool = False
    code: CodeText | None = None


class CodeBody(msgspec.Struct, frozen=True):
    """The code to put on a hold."""

    code: CodeText
