"""Seats, commands and their outcomes: the words of the inventory engine. Pure.

available -> held -> booked;  held -> available by release or expiry;  blocked is an organiser's word
"""

import uuid
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Literal, Protocol

import msgspec

from rowlock.inventory.choice.wishes import NothingFits, OrphansLeft, PartyWish, SeatWish


class SeatState(IntEnum):
    """The two-bit codes of the seat snapshot."""

    AVAILABLE = 0
    HELD = 1
    BOOKED = 2
    BLOCKED = 3


STATE_WORDS = tuple(state.name.lower() for state in SeatState)


class Hold(msgspec.Struct, frozen=True, gc=False):
    """Take these seats (distinct seat numbers of one event) for this buyer, all or none."""

    booking_id: uuid.UUID
    event_id: int
    buyer: str
    seat_nos: tuple[int, ...]


class HoldWord(StrEnum):
    """What became of a hold, in order of precedence. `REPLAYED` is a hold that already stood under this id."""

    REPLAYED = "replayed"
    EVENT_NOT_FOUND = "event_not_found"
    SALE_PAUSED = "sale_paused"
    NOT_ON_SALE = "not_on_sale"
    UNKNOWN_SEAT = "unknown_seat"
    SEAT_UNAVAILABLE = "seat_unavailable"
    TOO_MANY_HOLDS = "too_many_holds"
    HELD = "held"


class HoldOutcome(msgspec.Struct, frozen=True, gc=False):
    """`seat_nos`, `tier_nos` and `prices` (all-in minor units) run in parallel and are empty unless held.

    `instead_of` are the seats that were wanted when others are held in their place. `price_list` is the version of the
    event's price list that the prices are from; `order_fee` (minor units) comes on top of them.
    """

    word: HoldWord
    booking_no: int = 0
    held_at: datetime | None = None
    expires_at: datetime | None = None
    seat_nos: tuple[int, ...] = ()
    tier_nos: tuple[int, ...] = ()
    prices: tuple[int, ...] = ()
    conflicts: tuple[int, ...] = ()
    on_sale_at: datetime | None = None
    instead_of: tuple[int, ...] = ()
    price_list: int = 0
    order_fee: int = 0

    @property
    def stands(self) -> bool:
        """Whether the buyer has the seats."""
        return self.word in (HoldWord.HELD, HoldWord.REPLAYED)


class Choose(msgspec.Struct, frozen=True, gc=False):
    """Find seats that fulfil a wish and hold them for this buyer."""

    booking_id: uuid.UUID
    event_id: int
    buyer: str
    wish: PartyWish | SeatWish


ChoiceOutcome = HoldOutcome | NothingFits | OrphansLeft
"""The seats that were found and held, or why not."""


class Accept(msgspec.Struct, frozen=True, gc=False):
    """Keep the seats that stand in for those that were gone."""

    booking_id: uuid.UUID
    buyer: str


class Shorten(msgspec.Struct, frozen=True, gc=False):
    """End a fresh hold `seconds` sooner, for a buyer who let many others lapse."""

    booking_id: uuid.UUID
    seconds: int


class AcceptWord(StrEnum):
    """What became of an acceptance. `NOT_OFFERED`: these are the seats that were asked for."""

    ACCEPTED = "accepted"
    REPLAYED = "replayed"
    NOT_FOUND = "not_found"
    HOLD_EXPIRED = "hold_expired"
    PAYMENT_PENDING = "payment_pending"
    BOOKING_CLOSED = "booking_closed"
    NOT_OFFERED = "not_offered"


class Extend(msgspec.Struct, frozen=True, gc=False):
    """Give a hold more time. The key makes a repeat of this very command extend nothing again."""

    booking_id: uuid.UUID
    buyer: str
    key: str


class ExtendWord(StrEnum):
    """What became of an extension."""

    EXTENDED = "extended"
    REPLAYED = "replayed"
    NOT_FOUND = "not_found"
    HOLD_EXPIRED = "hold_expired"
    PAYMENT_PENDING = "payment_pending"
    BOOKING_CLOSED = "booking_closed"
    NO_MORE_EXTENSIONS = "no_more_extensions"


class HoldWithCode(msgspec.Struct, frozen=True, gc=False):
    """Hold seats for a buyer with an access code: before the sale opens, or seats that are blocked for all others.

    `holds_max` standing holds a buyer may have, 0 for any number.
    """

    hold: Hold
    code_id: uuid.UUID
    holds_max: int


class CodeWord(StrEnum):
    """Why a code cannot be used now. `NOT_VALID` is all that a stranger to the code may learn."""

    NOT_VALID = "not_valid"
    USED_BY_YOU = "used_by_you"


class Reprice(msgspec.Struct, frozen=True, gc=False):
    """Put a code on a hold whose total was `total_was`; `prices`, `fees` and `taxes` are per seat, in minor units."""

    booking_id: uuid.UUID
    buyer: str
    code_id: uuid.UUID
    total_was: int
    prices: tuple[int, ...]
    fees: tuple[int, ...]
    taxes: tuple[int, ...]
    order_fee: int


class RestorePrices(msgspec.Struct, frozen=True, gc=False):
    """Take the code off a hold."""

    booking_id: uuid.UUID
    buyer: str


class RepriceWord(StrEnum):
    """What became of a code put on a hold, or taken off it. `CHANGED`: the hold costs something else than was read."""

    REPRICED = "repriced"
    REPLAYED = "replayed"
    NOT_FOUND = "not_found"
    HOLD_EXPIRED = "hold_expired"
    PAYMENT_PENDING = "payment_pending"
    BOOKING_CLOSED = "booking_closed"
    CHANGED = "changed"
    ANOTHER_CODE = "another_code"
    CODE_HOLDS_SEATS = "code_holds_seats"
    NOT_VALID = "not_valid"
    USED_BY_YOU = "used_by_you"


class Release(msgspec.Struct, frozen=True, gc=False):
    """Give the seats of a hold back."""

    booking_id: uuid.UUID
    buyer: str


class ReleaseWord(StrEnum):
    """What became of a release."""

    RELEASED = "released"
    ALREADY_RELEASED = "already_released"
    NOT_FOUND = "not_found"
    HOLD_EXPIRED = "hold_expired"
    PAYMENT_PENDING = "payment_pending"
    BOOKING_CLOSED = "booking_closed"


class BeginPayment(msgspec.Struct, frozen=True, gc=False):
    """Bind a hold to a payment: until it is settled the seats can neither expire nor be released."""

    booking_id: uuid.UUID
    buyer: str
    payment_id: uuid.UUID
    token: str = ""
    provider: str = ""


class BeginWord(StrEnum):
    """What became of the beginning of a payment.

    `ENDED`: this payment came to nothing before. `COOLING`: too many cards were refused for the booking just now.
    """

    BEGUN = "begun"
    REPLAYED = "replayed"
    ENDED = "ended"
    COOLING = "cooling"
    NOT_FOUND = "not_found"
    HOLD_EXPIRED = "hold_expired"
    ALREADY_BEGUN = "already_begun"
    CONFIRMED = "confirmed"
    BOOKING_CLOSED = "booking_closed"


class PaymentFacts(msgspec.Struct, frozen=True, gc=False):
    """A payment as it is written down; `amount` in minor units, `ref` is the provider's own name of it.

    `bound_seconds`: for how long it has been under way.
    """

    id: uuid.UUID
    booking_id: uuid.UUID
    token: str
    amount: int
    currency: str
    phase: str
    next_action_url: str | None
    decline_reason: str | None
    provider: str
    ref: str | None
    bound_seconds: float


class BeginOutcome(msgspec.Struct, frozen=True, gc=False):
    """`payment` binds the booking now, or came to nothing before. `cooling_seconds` until another card may be tried."""

    word: BeginWord
    payment: PaymentFacts | None = None
    cooling_seconds: int = 0


class SettlePayment(msgspec.Struct, frozen=True, gc=False):
    """The provider has spoken about this payment: paid, the seats are booked; else the hold goes on."""

    booking_id: uuid.UUID
    payment_id: uuid.UUID
    paid: bool
    end: Literal["declined", "voided", "abandoned"] = "declined"
    """If not paid: a card was refused, or we let it go, or nobody knows and the provider is asked on."""
    reason: str | None = None
    ref: str | None = None

    @property
    def phase(self) -> str:
        """The phase of the payment from here on."""
        return "authorised" if self.paid else self.end


class SettleWord(StrEnum):
    """What became of a settlement.

    `NOT_PENDING`: another path was first. `LATE`: money for a booking that this payment does not bind any more.
    """

    LATE = "late"
    CONFIRMED = "confirmed"
    ALREADY_CONFIRMED = "already_confirmed"
    RESUMED = "resumed"
    NOT_PENDING = "not_pending"
    NOT_FOUND = "not_found"


BlockKind = Literal["house", "kill"]
"""`house` seats are kept for guests of the house, a `kill` is not to be sold at all."""


class Block(msgspec.Struct, frozen=True, gc=False):
    """Take these free seats of one event from sale, all or none."""

    block_id: uuid.UUID
    event_id: int
    kind: BlockKind
    reason: str
    by: str
    seat_nos: tuple[int, ...]


class BlockWord(StrEnum):
    """What became of a block, in order of precedence. `REPLAYED` is a block that already stood under this id."""

    EVENT_NOT_FOUND = "event_not_found"
    UNKNOWN_SEAT = "unknown_seat"
    REPLAYED = "replayed"
    SEAT_UNAVAILABLE = "seat_unavailable"
    BLOCKED = "blocked"


class BlockOutcome(msgspec.Struct, frozen=True, gc=False):
    """`at` is when the seats were blocked, if they are; `conflicts` are the seats that were not free."""

    word: BlockWord
    at: datetime | None = None
    conflicts: tuple[int, ...] = ()


class Unblock(msgspec.Struct, frozen=True, gc=False):
    """Put these seats of one event back on sale, as far as they are blocked. The ledger knows it by `release_id`."""

    release_id: uuid.UUID
    event_id: int
    reason: str
    by: str
    seat_nos: tuple[int, ...]


class UnblockWord(StrEnum):
    """What became of it: none of the seats is blocked now, or there is no such event."""

    EVENT_NOT_FOUND = "event_not_found"
    UNBLOCKED = "unblocked"


class InventoryEngine(Protocol):
    """The port behind which a hold strategy stands. Every command is safe to repeat.

    Commands of one event queue behind each other; those of other events do not wait for an event that is stuck.
    """

    async def hold(self, command: Hold) -> HoldOutcome:
        """Hold seats."""

    async def choose(self, command: Choose) -> ChoiceOutcome:
        """Choose seats and hold them."""

    async def accept(self, event_id: int, command: Accept) -> AcceptWord:
        """Accept seats that were offered."""

    async def shorten(self, event_id: int, command: Shorten) -> datetime | None:
        """Make a fresh hold end sooner: when it ends now, None when it is no hold any more."""

    async def extend(self, event_id: int, command: Extend) -> ExtendWord:
        """Extend a hold."""

    async def hold_with_code(self, command: HoldWithCode) -> HoldOutcome | CodeWord:
        """Hold seats by an access code."""

    async def reprice(self, event_id: int, command: Reprice | RestorePrices) -> RepriceWord:
        """Put a code on a hold or take it off."""

    async def release(self, event_id: int, command: Release) -> ReleaseWord:
        """Release a hold."""

    async def begin_payment(self, event_id: int, command: BeginPayment) -> BeginOutcome:
        """Bind a hold to a payment."""

    async def settle_payment(self, event_id: int, command: SettlePayment) -> SettleWord:
        """Confirm or resume a hold whose payment has an outcome."""

    async def block(self, command: Block) -> BlockOutcome:
        """Take free seats from sale."""

    async def unblock(self, command: Unblock) -> UnblockWord:
        """Put blocked seats back on sale."""
