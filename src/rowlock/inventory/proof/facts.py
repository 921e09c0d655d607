"""Everything that is true of a booking, told twice: by the ledger's steps and by its row. Pure."""

import hashlib
from collections.abc import Sequence
from typing import NamedTuple, Self

from rowlock.inventory.ledger import Change

SECOND_US = 1_000_000
STATUS_AFTER = {
    "hold": "HOLD",
    "offer": "HOLD",
    "accept": "HOLD",
    "shorten": "HOLD",
    "keep": "HOLD",
    "extend": "HOLD",
    "resume": "HOLD",
    "reprice": "HOLD",
    "pay": "PAYMENT_PENDING",
    "confirm": "CONFIRMED",
    "expire": "EXPIRED",
    "release": "RELEASED",
    "lapse": "EXPIRED",
    "retake": "CONFIRMED",
}


class BookingFacts(NamedTuple):
    """A booking, its times in microseconds since 1970.

    `terms` is the hash of what was frozen with the hold (number, tiers, prices, total, price list, buyer), `extension`
    that of the last extension's key, `stood_still` by how much the sale's clock has moved the hold's end.
    """

    event_id: int
    status: str
    seat_nos: tuple[int, ...]
    held_at: int
    hold_seconds: int
    hold_expires_at: int
    extensions: int
    extension: str
    payment_id: str
    closed_at: int | None
    terms: str
    returned: tuple[int, ...] = ()
    retaken_at: int | None = None
    stood_still: int = 0

    @classmethod
    def held(cls, event_id: int, at_us: int, step: Change) -> Self:
        """A booking as its hold leaves it."""
        end = step.expires_us or 0
        seconds = (end - at_us) // SECOND_US
        return cls(event_id, "HOLD", step.seat_nos, at_us, seconds, end, 0, "", "", None, step.detail or "")

    def after(self, at_us: int, step: Change) -> Self:
        """The booking one step later."""
        facts = self._replace(status=STATUS_AFTER.get(step.kind, step.kind))
        match step.kind:
            case "clock":
                end = step.expires_us or 0
                still = self.stood_still + end - self.hold_expires_at
                return self._replace(hold_expires_at=end, stood_still=still)
            case "extend":
                end, count = step.expires_us or 0, self.extensions + 1
                return facts._replace(hold_expires_at=end, extensions=count, extension=step.detail or "")
            case "pay":
                return facts._replace(payment_id=step.detail or "")
            case "offer" | "accept":
                return facts._replace(hold_expires_at=step.expires_us or 0)
            case "shorten" | "keep":
                end = step.expires_us or 0
                return facts._replace(
                    hold_expires_at=end, hold_seconds=(end - self.stood_still - self.held_at) // SECOND_US
                )
            case "resume":
                return facts._replace(payment_id="", hold_expires_at=step.expires_us or 0)
            case "lapse":
                return facts._replace(payment_id="", closed_at=at_us)
            case "retake":
                return facts._replace(payment_id=step.detail or "", closed_at=at_us, retaken_at=at_us)
            case "return":
                returned = (*self.returned, *step.seat_nos)
                status = "REFUNDED" if len(returned) == len(self.seat_nos) else "CONFIRMED"
                return facts._replace(returned=returned, status=status)
            case "reprice":
                return facts._replace(terms=step.detail or "")
            case "confirm" | "expire" | "release":
                return facts._replace(closed_at=at_us)
        return facts

    def contradicts(self, row: Self) -> str:
        """What the row says otherwise than the ledger, in words; empty when they agree."""
        pairs = zip(self._fields, self, row, strict=True)
        return ", ".join(f"{field} is {found}, the ledger says {told}" for field, told, found in pairs if told != found)


def terms_hash(
    *, booking_id: str, no: int, tier_nos: Sequence[int], prices: Sequence[int], total: int, price_list: int, buyer: str
) -> str:
    """The hash that a hold's step carries of its terms; the same rule as terms_hash_v1.

    The order fee stands in the total, of which the proof knows that it is prices and order fee.
    """
    tiers, amounts = ",".join(map(str, tier_nos)), ",".join(map(str, prices))
    cost = f"{total}@{price_list}" if price_list > 1 else str(total)
    return short_hash(f"{booking_id}|{no}|{tiers}|{amounts}|{cost}|{buyer}")


def short_hash(text: str) -> str:
    """The first half of a SHA-256, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()[:32]
