"""Keys follow one another without anybody being signed out; what is revoked ends everywhere within a second."""

import asyncio
import base64
import hmac
import json
import time
from itertools import product

import pytest
from joserfc.jwk import RSAKey

from rowlock.identity import InvalidToken, KeyKeeper, Person, TokenSigner, open_keeper
from rowlock.identity.keys import (
    BELIEVED_AFTER_SECONDS,
    SEALED,
    KeyRing,
    open_keys,
    opened,
    read_keys,
    rotate_keys,
    rotate_when_old,
)
from rowlock.identity.oauth.model import ACCESS_SECONDS
from rowlock.identity.revocations import Revocations, revoke
from rowlock.identity.tokens import ACCESS_TYPE, AUDIENCE, ISSUER, TOKEN_LIFETIME_SECONDS
from rowlock.kernel import limits
from rowlock.platform.postgres import Database
from rowlock.platform.secrets import SecretBox, SecretsFault, new_key, reseal

WITHIN_SECONDS = 1.0
STORED = "SELECT secret, sealed FROM signing_keys"


async def refused(keeper: KeyKeeper, token: str) -> float:
    """The seconds until this process refuses the token."""
    began = time.monotonic()
    while True:
        try:
            keeper.signer.verify(token)
        except InvalidToken:
            return time.monotonic() - began
        await asyncio.sleep(0)


async def known(keeper: KeyKeeper, key_ids: list[str]) -> None:
    """Return when this process has read these keys."""
    while True:
        if all(keeper.signer.ring.find(key_id) is not None for key_id in key_ids):
            return
        await asyncio.sleep(0)


async def test_an_ended_session_is_refused_by_every_process_within_a_second(database: Database) -> None:
    here, there = await open_keeper(database), await open_keeper(database)
    ended, going_on = (here.signer.issue_for(Person("buyer:1", "buyer", session_id=name)) for name in ("a", "b"))
    assert there.signer.verify(ended) == Person("buyer:1", "buyer", session_id="a"), "believed, and kept as checked"
    async with database.cold.acquire() as connection, connection.transaction():
        await revoke(connection, "session", "a", 60)
    async with asyncio.timeout(WITHIN_SECONDS):
        await asyncio.gather(refused(here, ended), refused(there, ended))
    assert there.signer.verify(going_on).session_id == "b"
    late = await open_keeper(database)
    with pytest.raises(InvalidToken):
        late.signer.verify(ended)
    for keeper in (here, there, late):
        await keeper.close()


async def test_all_tokens_of_a_person_end_and_later_ones_hold(database: Database) -> None:
    keeper = await open_keeper(database)
    before = keeper.signer.issue("buyer:1", "buyer")
    other = keeper.signer.issue("buyer:2", "buyer")
    async with database.cold.acquire() as connection, connection.transaction():
        await revoke(connection, "subject", "buyer:1", 60)
    async with asyncio.timeout(WITHIN_SECONDS):
        await refused(keeper, before)
    assert keeper.signer.verify(other).subject == "buyer:2"
    revocations = Revocations()
    await revocations.catch_up(database)
    assert not revocations.voids("buyer:1", None, time.time() + 1)
    await keeper.close()


async def test_a_reader_misses_no_revocation_whatever_the_order_of_commits(database: Database) -> None:
    """A row that is numbered first and committed last would stay unseen by who has gone on to the second."""
    known, first_written, second_done = Revocations(), asyncio.Event(), asyncio.Event()

    async def slow() -> None:
        async with database.cold.acquire() as connection, connection.transaction():
            await revoke(connection, "session", "slow", 60)
            first_written.set()
            await asyncio.wait([asyncio.ensure_future(second_done.wait())], timeout=0.2)

    async def quick() -> None:
        await first_written.wait()
        async with database.cold.acquire() as connection, connection.transaction():
            await revoke(connection, "session", "quick", 60)
        second_done.set()
        await known.catch_up(database)

    await asyncio.gather(slow(), quick())
    await known.catch_up(database)
    assert known.voids("anybody", "slow", 0.0)
    assert known.voids("anybody", "quick", 0.0)


async def test_old_tokens_outlive_their_key_s_turn(database: Database) -> None:
    keeper = await open_keeper(database)
    old = keeper.signer.issue("buyer:1", "buyer")
    async with database.cold.acquire() as connection, connection.transaction():
        made = await rotate_keys(connection)
    async with asyncio.timeout(WITHIN_SECONDS):
        await known(keeper, made)
    keeper.signer._verified.clear()
    assert keeper.signer.verify(old).subject == "buyer:1"
    ring = KeyRing([key._replace(use_from=0.0) if key.id in made else key for key in await read_keys(database)])
    assert {ring.signing("HS256").id, ring.signing("RS256").id}.isdisjoint(made), "the oldest turn is long over"
    later = KeyRing([key._replace(use_from=1.0 if key.id in made else 0.0) for key in await read_keys(database)])
    assert {later.signing("HS256").id, later.signing("RS256").id} == set(made)
    assert all("d" not in key and key["kty"] == "RSA" for key in later.published()), "only public halves are published"
    await keeper.close()


def test_a_key_is_believed_for_longer_than_its_tokens_live() -> None:
    lifetimes = (TOKEN_LIFETIME_SECONDS, limits.SESSION_TOKEN_SECONDS, limits.STAFF_TOKEN_SECONDS, ACCESS_SECONDS)
    assert max(lifetimes) < BELIEVED_AFTER_SECONDS


async def test_keys_rotate_by_age_and_once_however_many_try(database: Database) -> None:
    before = len(await read_keys(database))
    assert not await rotate_when_old(database, 90)
    assert not await rotate_when_old(database, 0)
    await database.cold.execute("UPDATE signing_keys SET use_from = now() - interval '91 days'")
    done = await asyncio.gather(*(rotate_when_old(database, 90) for _ in range(4)))
    assert sorted(done) == [False, False, False, True]
    assert len(await read_keys(database)) == before + 2


def part(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def test_a_public_key_is_no_secret_to_sign_with() -> None:
    """Algorithm confusion: the published RSA key used as an HMAC secret, with any claim about the algorithm."""
    private = RSAKey.generate_key(2048)
    key = opened("rsa", "RS256", private.as_bytes(encoding="DER", private=True))
    ours = TokenSigner(KeyRing([key, opened("hmac", "HS256", b"k" * 32)]))
    claims = json.dumps({"iss": ISSUER, "aud": AUDIENCE, "sub": "x", "role": "operator", "exp": 4_000_000_000}).encode()
    for encoding, key_id, algorithm in product(("PEM", "DER"), ("rsa", "hmac"), ("HS256", "RS256")):
        secret = private.as_bytes(encoding=encoding, private=False)  # type: ignore[arg-type]
        head = json.dumps({"alg": algorithm, "kid": key_id, "typ": ACCESS_TYPE}).encode()
        signed = f"{part(head)}.{part(claims)}"
        forged = f"{signed}.{part(hmac.digest(secret, signed.encode(), 'sha256'))}"
        with pytest.raises(InvalidToken):
            ours.verify(forged)
    assert ours.verify(ours.issue_for(Person("x", "operator"), algorithm="RS256")).role == "operator"


async def test_signing_keys_lie_sealed_and_move_to_a_new_key(database: Database) -> None:
    """Who has a dump cannot sign: not with keys made sealed, not with those that lay open before."""
    in_the_open = await open_keys(database)
    lay_open = await database.fetch(STORED)
    old, new = new_key(), new_key()
    sealed = await open_keys(database, SecretBox.of(old))
    assert [key.key.as_dict() for key in sealed] == [key.key.as_dict() for key in in_the_open]
    async with database.cold.acquire() as connection, connection.transaction():
        await rotate_keys(connection, SecretBox.of(old))
    stored = await database.fetch(STORED)
    assert all(row["sealed"] for row in stored)
    assert len(stored) == 4
    assert not [row for row in stored for plain in lay_open if plain["secret"] in row["secret"]]
    with pytest.raises(SecretsFault, match="lacks the key"):
        await open_keys(database)
    assert await reseal(database, SecretBox.of(f"{new} {old}"), [SEALED]) == {"signing_keys.secret": 4}
    moved = await read_keys(database, SecretBox.of(new))
    assert {key.id for key in moved} >= {key.id for key in in_the_open}
