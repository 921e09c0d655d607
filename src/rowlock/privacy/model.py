"""The words of erasure and consent. Pure."""

import secrets
from datetime import date, datetime
from typing import Annotated, Literal

import msgspec

ERASED = "erased:"
"""What the names begin with that stand in bookings for people who are erased; the proof of the ledger knows it."""

AskedBy = Literal["person", "operator"]
Words = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]


class KeepingRules(msgspec.Struct, frozen=True):
    """How long the law has us keep what tells of a payment: whole years after that of the sale, and which law."""

    years: int
    law: str

    def until(self, last_paid: datetime | None) -> date | None:
        """The last day of keeping; None where nothing was paid."""
        return None if last_paid is None else date(last_paid.year + self.years, 12, 31)


class Erasure(msgspec.Struct, frozen=True, rename="camel"):
    """Somebody was erased. `stands_for` is the name in their place, which leads nowhere.

    What is kept of paid bookings (seats, amounts, the payment's reference) is kept until `kept_until`, by `kept_by`.
    """

    stands_for: str
    erased_at: datetime
    bookings: int
    kept_until: date | None
    kept_by: str


class EraseBody(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """That it is meant."""

    confirm: Literal["erase"]


class ConsentBody(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """Yes to a purpose in one version of its words (`newsletter`, `2027-01`), or that yes taken back."""

    purpose: Words
    version: Words
    given: bool


def new_erased_name() -> str:
    """A name that says nothing."""
    return ERASED + secrets.token_hex(12)
