"""Tokens: only ours, only whole, only until they expire."""

import base64
import json

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey

from rowlock.identity import InvalidToken, TokenSigner, open_signer
from rowlock.identity.keys import KeyRing, opened
from rowlock.identity.tokens import ACCESS_TYPE, AUDIENCE, ISSUER
from rowlock.platform.postgres import Database

SECRET = b"k" * 32


def signer(secret: bytes = SECRET) -> TokenSigner:
    return TokenSigner(KeyRing([opened("one", "HS256", secret)]))


def claims(**changed: object) -> dict[str, object]:
    return {"iss": ISSUER, "aud": AUDIENCE, "sub": "buyer:1", "role": "buyer", "exp": 4_000_000_000} | changed


def signed(payload: dict[str, object], secret: bytes = SECRET, algorithm: str = "HS256") -> str:
    header = {"alg": algorithm, "kid": "one", "typ": ACCESS_TYPE}
    return jwt.encode(header, payload, OctKey.import_key(secret), algorithms=[algorithm])


def test_what_is_issued_is_believed() -> None:
    person = signer().verify(signer().issue("buyer:1", "buyer"))
    assert (person.subject, person.role) == ("buyer:1", "buyer")


def test_a_token_without_a_signature_is_refused() -> None:
    def part(content: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()

    for algorithm in ("none", "None", "HS256"):
        with pytest.raises(InvalidToken):
            signer().verify(f"{part({'alg': algorithm})}.{part(claims(role='operator'))}.")


@pytest.mark.parametrize(
    "payload",
    [
        claims(exp=1),
        claims(exp="soon"),
        claims(iss="somebody"),
        claims(aud="elsewhere"),
        claims(role="king"),
        claims(sub=""),
        claims(sub=7),
        {},
    ],
)
def test_claims_that_are_not_ours_are_refused(payload: dict[str, object]) -> None:
    with pytest.raises(InvalidToken):
        signer().verify(signed(payload))


def test_other_keys_and_other_algorithms_are_refused() -> None:
    with pytest.raises(InvalidToken):
        signer().verify(signed(claims(), secret=b"x" * 32))
    with pytest.raises(InvalidToken):
        signer().verify(signed(claims(), secret=b"k" * 64, algorithm="HS512"))


@pytest.mark.parametrize("text", ["", "a.b.c", "x" * 10_000, "é.ü.ß", "\x00.\x00.\x00"])
def test_noise_is_refused_not_stumbled_over(text: str) -> None:
    with pytest.raises(InvalidToken):
        signer().verify(text)


def test_a_kept_answer_ends_with_its_token() -> None:
    ours = signer()
    token = ours.issue("buyer:1", "buyer", lifetime_seconds=60)
    ours.verify(token)
    ours._verified[token] = ours._verified[token]._replace(expires_at=0.0)
    assert ours.verify(token).subject == "buyer:1", "an answer past its time is looked at anew, and still holds"


async def test_two_processes_share_the_installations_key(database: Database) -> None:
    first, second = await open_signer(database), await open_signer(database)
    assert second.verify(first.issue("buyer:1", "buyer")).subject == "buyer:1"
