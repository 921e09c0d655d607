"""Signing keys: which there are, which one signs, and how the next takes over.

`HS256` signs what only we read: sessions, tokens from the command line, stream tickets. Checking it costs a tenth of a
public-key signature, and a sale checks one for every new buyer. `RS256` signs what other programs check with our
published keys: ID tokens and the access tokens that they are given.
"""

import os
import time
import uuid
from collections.abc import Iterable
from typing import Literal, NamedTuple

from joserfc.jwk import KeyParameters, OctKey, RSAKey

from rowlock.kernel import limits
from rowlock.platform.postgres import Connection, Database, load_queries
from rowlock.platform.secrets import NO_SECRET_KEYS, SealedColumn, SecretBox

SQL = load_queries("rowlock.identity")
SEALED = SealedColumn("signing_keys.secret", SQL["sealed_signing_keys"], SQL["replace_signing_key"])

Algorithm = Literal["HS256", "RS256"]
ALGORITHMS: tuple[Algorithm, ...] = ("HS256", "RS256")
RSA_BITS = 3072
PUBLISHED_BEFORE_USE_SECONDS = 3_600
"""A new RS256 key stands in the published set so long before it signs: who keeps the set for an hour knows it."""
KNOWN_BEFORE_USE_SECONDS = 5
"""The same for HS256: by then all our processes have read it."""

BELIEVED_AFTER_SECONDS = limits.SESSION_TOKEN_SECONDS + 3_600
"""A key is believed so long after it last signed: longer than any token lives."""


class SigningKey(NamedTuple):
    """One key. It signs from `use_from` until the next of its algorithm does, and is believed as long as it is here."""

    id: str
    algorithm: Algorithm
    key: OctKey | RSAKey
    use_from: float


class KeyRing:
    """All keys that signatures are believed from."""

    def __init__(self, keys: Iterable[SigningKey]) -> None:
        self._keys: dict[str, SigningKey] = {}
        self.replace(keys)

    def replace(self, keys: Iterable[SigningKey]) -> None:
        """Believe these keys and no others."""
        self._keys = {key.id: key for key in keys}

    def find(self, key_id: object) -> SigningKey | None:
        """The key of that id."""
        return self._keys.get(key_id) if isinstance(key_id, str) else None

    def signing(self, algorithm: Algorithm) -> SigningKey:
        """The key that signs now: the newest that may, else the first to come."""
        ours = sorted((key for key in self._keys.values() if key.algorithm == algorithm), key=lambda key: key.use_from)
        now = time.time()
        return next((key for key in reversed(ours) if key.use_from <= now), ours[0])

    def published(self) -> list[dict[str, object]]:
        """The public halves of the keys that others may check with, as a JSON Web Key Set has them."""
        rsa = [key for key in self._keys.values() if key.algorithm == "RS256"]
        return [dict(key.key.as_dict(private=False)) for key in sorted(rsa, key=lambda key: -key.use_from)]


def opened(key_id: str, algorithm: Algorithm, secret: bytes, use_from: float = 0.0) -> SigningKey:
    """A key from what is stored of it: the secret itself, for RS256 the private key in PKCS 8."""
    facts: KeyParameters = {"kid": key_id, "alg": algorithm, "use": "sig"}
    kind = OctKey if algorithm == "HS256" else RSAKey
    return SigningKey(key_id, algorithm, kind.import_key(secret, facts), use_from)


async def open_keys(database: Database, box: SecretBox = NO_SECRET_KEYS) -> list[SigningKey]:
    """The keys of this installation. Its first ones are made when there are none, and `box` seals those that lie open.

    SecretsFault when a stored one is sealed and `box` does not open it.
    """
    rows = await database.fetch(SQL["signing_keys"])
    for algorithm in ALGORITHMS:
        if not any(row["algorithm"] == algorithm for row in rows):
            await database.cold.execute(SQL["add_first_signing_key"], *_new(algorithm, box))
    for row in rows:
        if box and not row["sealed"]:
            sealed = box.seal(bytes(row["secret"]), _purpose(row["id"]))
            await database.cold.execute(SQL["seal_signing_key"], row["id"], sealed)
    return await read_keys(database, box)


async def read_keys(database: Database, box: SecretBox = NO_SECRET_KEYS) -> list[SigningKey]:
    """All keys that are to be believed now; SecretsFault as `open_keys`."""
    found = []
    for row in await database.fetch(SQL["signing_keys"]):
        secret = box.read(bytes(row["secret"]), _purpose(row["id"]), sealed=row["sealed"])
        found.append(opened(row["id"], row["algorithm"], secret, row["use_from"].timestamp()))
    return found


async def rotate_keys(connection: Connection, box: SecretBox = NO_SECRET_KEYS) -> list[str]:
    """Make the next key of each algorithm; those before are believed as long as a token of theirs may live.

    Run it in a transaction: all processes read the keys anew once it is committed. Answers the new keys' ids.
    """
    made = []
    for algorithm in ALGORITHMS:
        ahead = KNOWN_BEFORE_USE_SECONDS if algorithm == "HS256" else PUBLISHED_BEFORE_USE_SECONDS
        new = _new(algorithm, box)
        await connection.execute(SQL["add_next_signing_key"], *new, ahead, BELIEVED_AFTER_SECONDS)
        made.append(new.id)
    await connection.execute(SQL["forget_retired_keys"])
    await connection.execute(SQL["tell_keys_changed"])
    return made


async def rotate_when_old(database: Database, days: int, box: SecretBox = NO_SECRET_KEYS) -> bool:
    """Rotate when the keys have signed for `days` (0: never); answers whether it did. Several callers do it once."""
    async with database.cold.acquire() as connection, connection.transaction():
        await connection.execute(SQL["lock_signing_keys"])
        age = await connection.fetchval(SQL["signing_key_age_days"])
        if not days or age is None or age < days:
            return False
        await rotate_keys(connection, box)
        return True


class _NewKey(NamedTuple):
    """A key as it is stored."""

    id: str
    algorithm: Algorithm
    secret: bytes
    sealed: bool


def _new(algorithm: Algorithm, box: SecretBox) -> _NewKey:
    key_id = uuid.uuid4().hex
    secret = os.urandom(32)
    if algorithm == "RS256":
        secret = RSAKey.generate_key(RSA_BITS).as_bytes(encoding="DER", private=True)
    return _NewKey(key_id, algorithm, *box.keep(secret, _purpose(key_id)))


def _purpose(key_id: str) -> str:
    return f"signing-key:{key_id}"
