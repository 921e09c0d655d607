"""Tickets (a place in a line) and admissions (a turn): what people carry, signed so that nobody makes their own.

Both are short byte strings under a keyed hash, with nothing in them that says how to check them: no algorithm to
choose, no key to name. Each kind has its own key, so neither passes for the other.
"""

import base64
import binascii
import hashlib
import hmac
import struct
from typing import NamedTuple

PERSON_BYTES = 12
PROOF_BYTES = 16
TOKEN_CHARS_MAX = 120
_TICKET = struct.Struct(">QIq12s")
_ADMISSION = struct.Struct(">QIq12sQ")


class QueueTicket(NamedTuple):
    """Somebody's place: `number` in the line of that round of an event's room, joined as `person`.

    Below zero: let in without a place, because nobody could give one.
    """

    event_id: int
    round: int
    number: int
    person: bytes


class Admission(NamedTuple):
    """The turn of a place, for one person, until a moment of the database's clock (whole seconds since 1970)."""

    event_id: int
    round: int
    number: int
    person: bytes
    ends_at: int


class QueueSeals:
    """Signs and reads with keys made from the installation's secret."""

    def __init__(self, secret: bytes) -> None:
        self._person_key = _key(secret, b"queue person")
        self._ticket_key = _key(secret, b"queue ticket")
        self._admission_key = _key(secret, b"queue admission")

    def person(self, event_id: int, subject: str) -> bytes:
        """What a person is called in one event's line: the same every time, and nothing that tells who it is."""
        named = f"{event_id}:{subject}".encode()
        return hashlib.blake2b(named, key=self._person_key, digest_size=PERSON_BYTES).digest()

    def ticket(self, ticket: QueueTicket) -> str:
        """The ticket as text for a cookie or a header line."""
        return _sealed(_TICKET.pack(*ticket), self._ticket_key)

    def read_ticket(self, text: str | None) -> QueueTicket | None:
        """The ticket in a text; None when it is not one of ours."""
        payload = _opened(text, self._ticket_key, _TICKET.size)
        return None if payload is None else QueueTicket._make(_TICKET.unpack(payload))

    def admission(self, admission: Admission) -> str:
        """The admission as text for a cookie or a header line."""
        return _sealed(_ADMISSION.pack(*admission), self._admission_key)

    def read_admission(self, text: str | None) -> Admission | None:
        """The admission in a text; None when it is not one of ours."""
        payload = _opened(text, self._admission_key, _ADMISSION.size)
        return None if payload is None else Admission._make(_ADMISSION.unpack(payload))


def read_unproven(text: str) -> QueueTicket | None:
    """What a ticket says, for its bearer's own use: whether it is one of ours only the installation can tell."""
    try:
        sealed = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        return QueueTicket._make(_TICKET.unpack(sealed[:-PROOF_BYTES]))
    except (binascii.Error, ValueError, struct.error):
        return None


def _key(secret: bytes, purpose: bytes) -> bytes:
    return hmac.new(secret, purpose, hashlib.sha256).digest()


def _proof(payload: bytes, key: bytes) -> bytes:
    return hashlib.blake2b(payload, key=key, digest_size=PROOF_BYTES).digest()


def _sealed(payload: bytes, key: bytes) -> str:
    return base64.urlsafe_b64encode(payload + _proof(payload, key)).decode().rstrip("=")


def _opened(text: str | None, key: bytes, size: int) -> bytes | None:
    if not text or len(text) > TOKEN_CHARS_MAX:
        return None
    try:
        sealed = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    if len(sealed) != size + PROOF_BYTES or not hmac.compare_digest(sealed[size:], _proof(sealed[:size], key)):
        return None
    return sealed[:size]
