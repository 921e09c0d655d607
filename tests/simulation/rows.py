"""The rows of the simulation's books."""

import dataclasses
import uuid
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple

OPENING = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
EVENT_ID = 1
PRICE = 4950
ORDER_FEE = 150
OPEN_PHASES = {"authorising", "challenged", "authorised", "abandoned"}


class Row:
    """A row by position and by name, as asyncpg has it."""

    def __init__(self, values: dict[str, object]) -> None:
        self.values = values
        self._placed = tuple(values.values())

    @classmethod
    def of(cls, **values: object) -> "Row":
        """A row of these columns."""
        return cls(values)

    def __getitem__(self, key: int | str) -> Any:  # noqa: ANN401
        return self.values[key] if isinstance(key, str) else self._placed[key]

    def __iter__(self) -> Iterator[object]:
        return iter(self._placed)


@dataclasses.dataclass
class Booking:
    """A row of bookings."""

    id: uuid.UUID
    no: int
    buyer: str
    seat_nos: tuple[int, ...]
    held_at: datetime
    hold_seconds: int
    hold_expires_at: datetime
    status: str = "HOLD"
    extensions: int = 0
    extension_key: str | None = None
    payment_id: uuid.UUID | None = None
    declines: int = 0
    declined_at: datetime = OPENING

    @property
    def total(self) -> int:
        """What it costs."""
        return PRICE * len(self.seat_nos) + ORDER_FEE

    @property
    def live(self) -> bool:
        """Whether it has its seats."""
        return self.status in {"HOLD", "PAYMENT_PENDING", "CONFIRMED"}


@dataclasses.dataclass
class Payment:
    """A row of payments."""

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
    started_at: datetime
    updated_at: datetime


@dataclasses.dataclass
class Refund:
    """A row of refunds, of a payment that came too late."""

    payment_id: uuid.UUID
    amount: int
    paid: bool = False


class Kept(NamedTuple):
    """The books at one moment."""

    bookings: dict[uuid.UUID, Booking]
    payments: dict[uuid.UUID, Payment]
    refunds: dict[uuid.UUID, Refund]
    blocks: dict[int, uuid.UUID]
    ledger: list[str]
    versions: Counter[int]
