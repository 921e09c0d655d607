"""Identifiers: booking ids, booking references, request ids.

Venues, plans, performers and events are numbered by the database; on the wire every id is an opaque string.
"""

import hashlib
import os
import time
import uuid

REFERENCE_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford base 32: no I, L, O or U, so a reference survives being read out over a telephone."""

REFERENCE_BITS = 40
_HALF_BITS = REFERENCE_BITS // 2
_HALF_MASK = (1 << _HALF_BITS) - 1
_ROUND_KEYS = (0x9E37B, 0x4F1BB, 0x2545F, 0x7A6D3)


def new_booking_id() -> uuid.UUID:
    """A version 7 UUID (RFC 9562): time-ordered, so new bookings land on one end of the primary key."""
    milliseconds = time.time_ns() // 1_000_000
    random_bits = int.from_bytes(os.urandom(10))
    high = (milliseconds << 16) | 0x7000 | (random_bits >> 68)
    low = (0b10 << 62) | (random_bits & ((1 << 62) - 1))
    return uuid.UUID(int=(high << 64) | low)


def booking_id_for_key(buyer: str, key: str) -> uuid.UUID:
    """The booking id that belongs to a buyer's idempotency key.

    A retry after a crash asks for the same booking again instead of making a second one. The id is a version 8
    UUID (RFC 9562), whose bits are set by hand: Python 3.11 knows no version past 5.
    """
    digest = int.from_bytes(hashlib.sha256(f"booking\0{buyer}\0{key}".encode()).digest()[:16])
    high = (digest >> 64) & ~0xF000 | 0x8000
    low = digest & ((1 << 62) - 1) | (0b10 << 62)
    return uuid.UUID(int=(high << 64) | low)


def _scramble(half: int, round_key: int) -> int:
    mixed = (half * 0x5BD1 + round_key) & 0xFFFFFFFF
    mixed ^= mixed >> 13
    return (mixed * 0x6C8E9CF5 >> 11) & _HALF_MASK


def reference_of(booking_no: int) -> str:
    """The eight-character booking reference of a booking number (1 <= number < 2**40).

    A four-round Feistel network permutes the 40-bit numbers: references are unique because numbers are, they
    need no index of their own, and neighbours do not look alike.
    """
    if not 0 < booking_no < 1 << REFERENCE_BITS:
        raise ValueError(f"booking number {booking_no} is outside 1 .. 2**{REFERENCE_BITS} - 1")
    left, right = booking_no >> _HALF_BITS, booking_no & _HALF_MASK
    for key in _ROUND_KEYS:
        left, right = right, left ^ _scramble(right, key)
    value = (left << _HALF_BITS) | right
    return "".join(REFERENCE_ALPHABET[(value >> shift) & 31] for shift in range(35, -1, -5))


def booking_no_of(reference: str) -> int:
    """The booking number behind a reference; ValueError when it cannot be one. O, I and L read as 0, 1 and 1."""
    text = reference.strip().upper().replace("-", "").replace("O", "0").replace("I", "1").replace("L", "1")
    if len(text) != REFERENCE_BITS // 5 or any(letter not in REFERENCE_ALPHABET for letter in text):
        raise ValueError(f"{reference!r} is not a booking reference of eight letters and digits")
    value = 0
    for letter in text:
        value = (value << 5) | REFERENCE_ALPHABET.index(letter)
    left, right = value >> _HALF_BITS, value & _HALF_MASK
    for key in reversed(_ROUND_KEYS):
        left, right = right ^ _scramble(left, key), left
    return (left << _HALF_BITS) | right


def new_request_id() -> str:
    """128 random bits in hexadecimal, named in every answer, problem and log line of one request."""
    return os.urandom(16).hex()


def parse_number_id(text: str) -> int | None:
    """The number behind an event, venue, plan or performer id, or None when it cannot be one."""
    if not (text.isascii() and text.isdecimal() and len(text) <= 18):
        return None
    return int(text)


def parse_booking_id(text: str) -> uuid.UUID | None:
    """The UUID behind a booking id, or None when it cannot be one."""
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
