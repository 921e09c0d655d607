"""Access tokens and stream tickets: only what was signed here is believed, everything else is `InvalidToken`."""

import atheris
from tests.attacks.fuzzing import fuzz

with atheris.instrument_imports(include=["rowlock.identity", "joserfc"]):
    from rowlock.identity import InvalidToken, TokenSigner
    from rowlock.identity.keys import KeyRing, opened

SIGNER = TokenSigner(KeyRing([opened("key", "HS256", b"\x07" * 32)]))
REAL = {SIGNER.issue(f"person:{number}", "operator") for number in range(2)}
NONE = "eyJhbGciOiJub25lIiwidHlwIjoiYXQrand0Iiwia2lkIjoia2V5In0.eyJzdWIiOiJ4Iiwicm9sZSI6Im9wZXJhdG9yIn0."
"""The algorithm `none`."""


def attempt(data: bytes) -> None:
    """Believe or refuse."""
    token = data.decode("latin-1")
    for verify in (SIGNER.verify, SIGNER.verify_ticket):
        try:
            verify(token)
        except InvalidToken:
            continue
        assert token in REAL, token


if __name__ == "__main__":
    fuzz(attempt, [*(token.encode() for token in REAL), NONE.encode(), b"a.b.c", b"...."])
