"""What clients remember: every call they made, when, and what they were told. The checker reads nothing else."""

from collections.abc import Iterable
from pathlib import Path
from typing import Literal

import msgspec

Kind = Literal["hold", "extend", "release", "confirm", "look", "map"]
Word = Literal["done", "taken", "expired", "pending", "free", "held", "booked", "closed", "missing"]


class Call(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One call, its retries under the same idempotency key included. Times are seconds of one clock.

    `booking` is the client's own name for what it holds, known before any answer. `word` is None when no answer ever
    came: the call may have taken effect at any later time, or never.
    """

    kind: Kind
    booking: str = ""
    seats: tuple[str, ...]
    asked_at: float
    told_at: float | None = None
    word: Word | None = None
    """hold: done, taken. extend: done, expired. release: done. confirm: done, pending, expired.
    look: held, pending, booked, expired, closed, missing. map, of one seat: free, held, booked."""
    ends_at: float | None = None
    """When the hold ends, as told by a hold or an extension."""
    conflicts: tuple[str, ...] = ()
    """Of a hold that was refused: the seats said to be taken."""


def write_calls(path: Path, calls: Iterable[Call]) -> None:
    """One call a line, as JSON."""
    path.write_bytes(b"".join(msgspec.json.encode(call) + b"\n" for call in calls))


def read_calls(path: Path) -> list[Call]:
    """The calls of a file; msgspec.MsgspecError when a line is none."""
    decode = msgspec.json.Decoder(Call).decode
    return [decode(line) for line in path.read_bytes().splitlines()]
