"""Proof of work (ALTCHA v2, PBKDF2/SHA-256): a program's time for a place in the queue. It proves no human, it costs.

A challenge names whom it is for, what it opens and until when, all inside its signature, and its solution works once.
The solver looks for the one number below a bound that we drew, so no phone ever has bad luck without end.
"""

import asyncio
import hashlib
import hmac
import random
import time
from collections.abc import Callable
from typing import NamedTuple

import altcha
import msgspec

from rowlock.bots.model import Trace

ALGORITHM = "PBKDF2/SHA-256"
COST = 10_000
"""Iterations of one try: a millisecond or two here, which is what we pay to make a challenge."""
TRIES_BASE = 96
"""The number lies below this many times the difficulty, and above half of that: `data` says so, ours begin there."""
DIFFICULTY_MAX = 4
LIFETIME_SECONDS = 120
PAYLOAD_CHARS_MAX = 4_096
SOLUTION_HEADER = b"x-challenge-solution"
WAIT = "wait"
"""In the place of a solution: whoever cannot or will not compute waits in the slow lane instead."""


class Purpose(NamedTuple):
    """What a solution is good for."""

    who: str
    action: str
    event: str

    @classmethod
    def of(cls, trace: Trace, action: str, event_id: int) -> "Purpose":
        """The person behind a trace doing something about one event."""
        return cls(trace.session or trace.person, action, str(event_id))


class Challenges:
    """Makes challenges and checks solutions with the secret of one installation; `clock` in seconds since 1970, `cost`
    in iterations of one try."""

    def __init__(self, secret: bytes, clock: Callable[[], float] = time.time, *, cost: int = COST) -> None:
        self._cost = cost
        self._secret = hmac.new(secret, b"challenge", hashlib.sha256).digest()
        self._key_secret = hmac.new(secret, b"solution", hashlib.sha256).digest()
        self._clock = clock

    async def make(self, purpose: Purpose, difficulty: int) -> dict[str, object]:
        """A new challenge, as an ALTCHA client reads it; `difficulty` from 1 to `DIFFICULTY_MAX`."""
        tries = TRIES_BASE * max(1, min(difficulty, DIFFICULTY_MAX))
        made = await asyncio.to_thread(
            altcha.create_challenge,
            ALGORITHM,
            self._cost,
            counter=random.randrange(tries // 2, tries),
            expires_at=int(self._clock()) + LIFETIME_SECONDS,
            data={**purpose._asdict(), "from": tries // 2, "to": tries},
            hmac_secret=self._secret,
            hmac_key_secret=self._key_secret,
        )
        parameters: dict[str, object] = made.to_dict()
        return parameters

    def solved(self, payload: str, purpose: Purpose) -> str | None:
        """What to remember so that a right solution works once; None if it is wrong, late or for something else."""
        if len(payload) > PAYLOAD_CHARS_MAX:
            return None
        result = altcha.verify_solution(payload, self._secret, hmac_key_secret=self._key_secret)
        if not result.verified:
            return None
        parameters = altcha.Payload.from_base64(payload).challenge.parameters
        given = {name: value for name, value in (parameters.data or {}).items() if name in purpose._fields}
        if given != purpose._asdict() or parameters.expires_at is None or parameters.expires_at < self._clock():
            return None
        return hashlib.sha256(msgspec.json.encode(parameters.nonce)).hexdigest()[:32]
