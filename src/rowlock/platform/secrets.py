"""Secrets that PostgreSQL keeps without being able to read them: AES-256-GCM under keys that only the roles have.

A sealed secret is one byte of format, one byte with the length of the key's id, the id, a nonce of 12 bytes, and the
ciphertext with its tag. What the secret is for is authenticated with it: sealed as `totp:17` it opens as nothing else,
so a row cannot be given the secret of another.
"""

import base64
import binascii
import os
import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from rowlock.platform.postgres import Database

FORMAT = 1
KEY_BYTES = 32
NONCE_BYTES = 12
_KEY_ID = re.compile(r"[A-Za-z0-9._-]{1,32}")
_BETWEEN_KEYS = re.compile(r"[\s,]+")


class SecretsFault(Exception):  # noqa: N818  named like the other faults an operator can act on
    """Keys that cannot be used, or a sealed secret that they do not open; the message is for the operator."""


class Kept(NamedTuple):
    """A secret as it is stored."""

    secret: bytes
    sealed: bool


class SecretBox:
    """Seals and opens secrets. The first key seals; the others only open what was sealed before them."""

    def __init__(self, keys: Mapping[str, bytes]) -> None:
        self._keys = {key_id: AESGCM(key) for key_id, key in keys.items()}
        self._first = next(iter(self._keys), None)

    @classmethod
    def of(cls, text: str) -> Self:
        """From `id:base64` keys, comma- or line-separated. No keys make a box that only says that it has none."""
        keys: dict[str, bytes] = {}
        for entry in filter(None, _BETWEEN_KEYS.split(text)):
            key_id, _, encoded = entry.partition(":")
            if not _KEY_ID.fullmatch(key_id) or key_id in keys:
                raise SecretsFault("ROWLOCK_SECRET_KEYS: each key is `id:base64`, and no id comes twice")
            keys[key_id] = _key_bytes(key_id, encoded)
        return cls(keys)

    def __bool__(self) -> bool:
        """Whether there are keys at all."""
        return self._first is not None

    def seal(self, secret: bytes, purpose: str) -> bytes:
        """The secret, readable only with the first key and only as what `purpose` says it is for."""
        if self._first is None:
            raise SecretsFault("set ROWLOCK_SECRET_KEYS or ROWLOCK_SECRET_KEYS_FILE (`rowlock secrets new` makes one)")
        head = bytes((FORMAT, len(self._first))) + self._first.encode()
        nonce = os.urandom(NONCE_BYTES)
        return head + nonce + self._keys[self._first].encrypt(nonce, secret, head + purpose.encode())

    def open(self, sealed: bytes, purpose: str) -> bytes:
        """What was sealed for `purpose`; SecretsFault when its key is not here, or when it was made otherwise."""
        key_id = key_of(sealed)
        key = self._keys.get(key_id)
        if key is None:
            raise SecretsFault(f"ROWLOCK_SECRET_KEYS lacks the key {key_id!r}, under which a stored secret is sealed")
        start = 2 + len(key_id)
        head, nonce, ciphertext = sealed[:start], sealed[start : start + NONCE_BYTES], sealed[start + NONCE_BYTES :]
        try:
            return key.decrypt(nonce, ciphertext, head + purpose.encode())
        except (InvalidTag, ValueError):
            raise SecretsFault(f"a stored secret is not one that key {key_id!r} sealed as {purpose!r}") from None

    def keep(self, secret: bytes, purpose: str) -> "Kept":
        """The secret as it is stored: sealed, or as it is where there are no keys."""
        return Kept(self.seal(secret, purpose), sealed=True) if self else Kept(secret, sealed=False)

    def read(self, stored: bytes, purpose: str, *, sealed: bool) -> bytes:
        """What was kept; SecretsFault as `open`."""
        return self.open(stored, purpose) if sealed else stored

    def is_current(self, sealed: bytes) -> bool:
        """Whether the first key sealed it."""
        return key_of(sealed) == self._first


NO_SECRET_KEYS = SecretBox({})
"""Of processes that were given none."""


def key_of(sealed: bytes) -> str:
    """The id of the key that sealed it; SecretsFault when nothing of ours did."""
    if len(sealed) < 2 or sealed[0] != FORMAT or len(sealed) < 2 + sealed[1] + NONCE_BYTES:
        raise SecretsFault("a stored secret is not sealed")
    return sealed[2 : 2 + sealed[1]].decode("ascii", "replace")


def new_key() -> str:
    """A fresh key as a line of the keys file; its id says nothing."""
    return f"{os.urandom(4).hex()}:{base64.b64encode(os.urandom(KEY_BYTES)).decode()}"


class SealedColumn(NamedTuple):
    """A column of sealed secrets: its name, the query for `id, sealed, purpose` of every row, and the statement that
    puts $3 where $2 is sealed in row $1."""

    name: str
    rows: str
    replace: str


async def reseal(database: Database, box: SecretBox, columns: Iterable[SealedColumn]) -> dict[str, int]:
    """Seal everything anew that an older key sealed; how many, by column. What changes meanwhile is left alone."""
    resealed: dict[str, int] = {}
    for column in columns:
        rows = await database.fetch(column.rows)
        old = [row for row in rows if not box.is_current(row["sealed"])]
        for row in old:
            secret = box.open(row["sealed"], row["purpose"])
            await database.cold.execute(column.replace, row["id"], row["sealed"], box.seal(secret, row["purpose"]))
        resealed[column.name] = len(old)
    return resealed


def _key_bytes(key_id: str, encoded: str) -> bytes:
    try:
        key = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != KEY_BYTES:
        raise SecretsFault(f"ROWLOCK_SECRET_KEYS: key {key_id!r} is not {KEY_BYTES} bytes in base64")
    return key
