"""Certificates, exported ledgers and sealed secrets: files and columns that somebody may have changed."""

from datetime import UTC, datetime

import atheris
from tests.attacks.fuzzing import fuzz

with atheris.instrument_imports(include=["rowlock.inventory.proof", "rowlock.platform.secrets"]):
    import msgspec
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from rowlock.inventory.proof.certificate import Certificate, CertificateFault, check_certificate, public_text, sign
    from rowlock.inventory.proof.export import LedgerFileFault, replay_file
    from rowlock.platform.secrets import SecretBox, SecretsFault

KEY = Ed25519PrivateKey.from_private_bytes(b"\x07" * 32)
PINNED = public_text(KEY)
CERTIFICATE = Certificate(
    event_id=1, epoch=1, seq=2, head_hash="00" * 32, steps=3, bookings=1, counts={"held": 1}, owners_digest="00" * 32,
    checks=("I1",), proven_at=datetime(2027, 1, 1, tzinfo=UTC),
)  # fmt: skip
LINE = msgspec.json.encode(sign(CERTIFICATE, KEY))
BOX = SecretBox({"key": b"\x07" * 32})
SEALED = BOX.seal(b"secret", "totp:1")
LEDGER = b"""{"format":"rowlock-ledger/1","eventId":1,"epoch":1,"tiers":[1,1]}
{"seq":1,"atUs":1,"changes":"[]","prevHash":"00","hash":"00"}"""


def attempt(data: bytes) -> None:
    """A certificate says what was signed or nothing; so does a sealed secret."""
    try:
        assert check_certificate(data, PINNED) == CERTIFICATE
    except CertificateFault as fault:
        assert str(fault)
    try:
        assert (BOX.open(data, "totp:1"), data) == (b"secret", SEALED)
    except SecretsFault as fault:
        assert str(fault)
    try:
        assert replay_file(data.splitlines(), [CERTIFICATE])
    except LedgerFileFault as fault:
        assert str(fault)


if __name__ == "__main__":
    fuzz(attempt, [LINE, SEALED, LEDGER])
