"""What it costs to know who asks: a token seen before, a new one, one of a public key, and the end of a session.

Baselines in the same rounds: the bare HMAC of the same token, and a look into a dictionary of as many tokens.
"""

import asyncio
import hmac
import statistics
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from joserfc.jwk import RSAKey

from benchmarks.effort import Effort
from benchmarks.report import table
from rowlock.identity import KeyKeeper, Person, TokenSigner, caller, open_keeper
from rowlock.identity.keys import Algorithm, KeyRing, SigningKey, opened
from rowlock.identity.revocations import Revocations, revoke
from rowlock.identity.tokens import InvalidToken
from rowlock.platform.embedded import EmbeddedServers
from rowlock.platform.postgres import Database, open_database
from rowlock.platform.postgres.migrate import migrate

TOKENS = 10_000
SECRET = b"k" * 32
ENDED_SESSIONS = 50


def chapter(effort: Effort) -> str:
    """Time the checks in interleaved rounds, then the end of sessions as another process sees it."""
    signer = TokenSigner(KeyRing([opened("own", "HS256", SECRET), _published()]), Revocations())
    new, public = _tokens(signer, "HS256"), _tokens(signer, "RS256")
    headers = [[(b"host", b"shop"), (b"authorization", f"Bearer {token}".encode())] for token in new]
    known = dict.fromkeys(new)
    seen: dict[str, list[float]] = {}
    for _ in range(max(effort.rounds, 3)):
        signer._verified.clear()
        _time(seen, "a look into a dictionary", new, known.get)
        _time(seen, "bare HMAC-SHA256 of the token", new, lambda token: hmac.digest(SECRET, token.encode(), "sha256"))
        _time(seen, "a new token of ours (HS256)", new, signer.verify)
        _time(seen, "the same again", new, signer.verify)
        _time(
            seen, "from the header lines, seen before", headers, lambda lines: caller("POST", lines, signer, "bookings")
        )
        _time(seen, "a new token of a public key (RS256)", public, signer.verify)
    with tempfile.TemporaryDirectory(prefix="rowlock-benchmark-") as parent, EmbeddedServers() as servers:
        url = servers.start(Path(parent) / "data").database_url
        migrate(url)
        waits = asyncio.run(_ends(url))
    rows = [f"{name} (µs)|{statistics.median(times):.2f}" for name, times in seen.items()]
    return table(
        "who asks|",
        *rows,
        f"a session's end until another process refuses it: median; worst of {ENDED_SESSIONS} (ms)|"
        f"{statistics.median(waits) * 1e3:.0f}; {max(waits) * 1e3:.0f}",
    )


def _published() -> SigningKey:
    return opened("published", "RS256", RSAKey.generate_key(2048).as_bytes(encoding="DER", private=True))


def _tokens(signer: TokenSigner, algorithm: Algorithm) -> list[str]:
    count = TOKENS if algorithm == "HS256" else TOKENS // 10
    people = (Person(f"buyer:{number}", "buyer", session_id=f"session:{number}") for number in range(count))
    return [signer.issue_for(person, algorithm=algorithm) for person in people]


def _time(seen: dict[str, list[float]], name: str, things: Iterable[object], check: Callable[..., object]) -> None:
    """Note the microseconds that one check takes."""
    every = list(things)
    began = time.perf_counter()
    for thing in every:
        check(thing)
    seen.setdefault(name, []).append((time.perf_counter() - began) / len(every) * 1e6)


async def _ends(url: str) -> list[float]:
    """Seconds from the commit that ends a session to its refusal elsewhere."""
    database = await open_database(url)
    keeper, waits = await open_keeper(database), []
    for number in range(ENDED_SESSIONS):
        token = keeper.signer.issue_for(Person("buyer", "buyer", session_id=str(number)))
        keeper.signer.verify(token)
        waits.append(await _end(database, keeper, token, str(number)))
    await keeper.close()
    await database.close()
    return waits


async def _end(database: Database, keeper: KeyKeeper, token: str, session_id: str) -> float:
    async with database.cold.acquire() as connection, connection.transaction():
        await revoke(connection, "session", session_id, 60)
    began = time.perf_counter()
    while True:
        try:
            keeper.signer.verify(token)
        except InvalidToken:
            return time.perf_counter() - began
        await asyncio.sleep(0)
