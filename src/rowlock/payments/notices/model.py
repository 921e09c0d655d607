"""The words of notices. Pure."""

from typing import Literal

import msgspec

NoticeKind = Literal["payment", "refund", "dispute", "dispute_won", "other"]
NoticeOutcome = Literal["done", "unknown_payment", "other_amount"]


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """What a provider says has happened to something. A reason to ask, never a fact about a payment's state."""

    provider: str
    event_id: str
    """The same for every delivery of one event."""
    kind: NoticeKind
    key: str | None = None
    """Ours: of a payment, or of a refund. None for what the provider did by itself."""
    ref: str | None = None
    """The provider's name of the refund or dispute."""
    payment_ref: str | None = None
    amount: int | None = None
    """In our minor units of `currency`; None where the event names none."""
    currency: str | None = None


class Forged(Exception):  # noqa: N818  an outcome for the caller
    """Not signed by the provider, or too long ago; the message says which, for the log."""


class Unreadable(Exception):  # noqa: N818  an outcome for the caller
    """Signed, but no event as the provider writes it."""
