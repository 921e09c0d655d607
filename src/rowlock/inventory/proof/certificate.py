"""Certificates: what was proven of one event at one moment, signed with Ed25519.

Whoever pinned the public key can check a certificate without the database, and with an exported ledger can replay the
sale and see that it is the one certified. Nobody can later tell another story of it without that being seen.
"""

import base64
import binascii
import os
import uuid
from datetime import datetime

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from rowlock.inventory.model import STATE_WORDS
from rowlock.inventory.proof.findings import Finding
from rowlock.inventory.proof.replay import Replay
from rowlock.inventory.store import SQL
from rowlock.platform.postgres import Connection
from rowlock.platform.secrets import NO_SECRET_KEYS, SealedColumn, SecretBox

FORMAT = "rowlock-certificate/1"
KEY_BYTES = 32
SEALED = SealedColumn("certificate_keys.secret", SQL["sealed_certificate_keys"], SQL["replace_certificate_key"])


class CertificateFault(Exception):  # noqa: N818  an outcome for the reader
    """The certificate or the key cannot be trusted or read; the message says why."""


class Certificate(msgspec.Struct, frozen=True, rename="camel", kw_only=True, forbid_unknown_fields=True):
    """What holds of an event. Hashes are hexadecimal; `owners_digest` is over the final owner of every seat."""

    format: str = FORMAT
    event_id: int
    epoch: int
    seq: int
    head_hash: str
    steps: int
    bookings: int
    counts: dict[str, int]
    owners_digest: str
    checks: tuple[str, ...]
    proven_at: datetime


class Signed(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """A certificate with its signature over the certificate's JSON, and the public key it was made with (base64)."""

    certificate: Certificate
    public_key: str
    signature: str


def certify(replay: Replay, epoch: int, proven_at: datetime, findings: tuple[Finding, ...]) -> Certificate:
    """The certificate of a replayed event of which every finding holds."""
    return Certificate(
        event_id=replay.event_id,
        epoch=epoch,
        seq=replay.rows,
        head_hash=replay.head.hex(),
        steps=replay.changes,
        bookings=replay.bookings,
        counts=dict(zip(STATE_WORDS, replay.counts(), strict=True)),
        owners_digest=replay.owners_digest(),
        checks=tuple(f"{finding.invariant} {finding.check}" for finding in findings),
        proven_at=proven_at,
    )


async def open_certificate_key(connection: Connection, box: SecretBox = NO_SECRET_KEYS) -> Ed25519PrivateKey:
    """The installation's own key; made when there is none, and sealed by `box` when it lies open.

    SecretsFault when it is sealed and `box` does not open it.
    """
    key_id = uuid.uuid4().hex
    kept = box.keep(os.urandom(KEY_BYTES), _purpose(key_id))
    await connection.execute(SQL["add_first_certificate_key"], key_id, *kept)
    row = await connection.fetchrow(SQL["first_certificate_key"])
    assert row is not None
    secret = box.read(bytes(row["secret"]), _purpose(row["id"]), sealed=row["sealed"])
    if box and not row["sealed"]:
        await connection.execute(SQL["seal_certificate_key"], row["id"], box.seal(secret, _purpose(row["id"])))
    return Ed25519PrivateKey.from_private_bytes(secret)


def _purpose(key_id: str) -> str:
    return f"certificate-key:{key_id}"


def public_text(key: Ed25519PrivateKey) -> str:
    """The public key as others pin it: base64 of its 32 bytes."""
    return base64.b64encode(key.public_key().public_bytes_raw()).decode()


def sign(certificate: Certificate, key: Ed25519PrivateKey) -> Signed:
    """The certificate with its signature."""
    signature = key.sign(msgspec.json.encode(certificate))
    return Signed(certificate, public_text(key), base64.b64encode(signature).decode())


def check_certificate(line: bytes, pinned: str) -> Certificate:
    """The certificate of a signed line; CertificateFault unless the pinned public key signed exactly this."""
    try:
        signed = msgspec.json.decode(line, type=Signed)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise CertificateFault(f"this is no certificate: {error}") from error
    if signed.certificate.format != FORMAT:
        raise CertificateFault(f"this certificate is of format {signed.certificate.format}, known is {FORMAT}")
    try:
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(pinned, validate=True))
    except (binascii.Error, ValueError) as error:
        raise CertificateFault(f"{pinned!r} is no public key: it is the base64 of 32 bytes") from error
    if signed.public_key != pinned:
        raise CertificateFault(f"the certificate was signed with another key, {signed.public_key}")
    try:
        key.verify(base64.b64decode(signed.signature, validate=True), msgspec.json.encode(signed.certificate))
    except (binascii.Error, ValueError, InvalidSignature) as error:
        raise CertificateFault("the signature does not fit: the certificate was changed") from error
    return signed.certificate
