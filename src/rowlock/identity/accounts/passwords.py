"""Passwords: argon2id in a small pool of threads of its own, and a look at what everybody else uses.

A hash costs 100 ms of a core and 64 MiB on purpose. A pool of two threads with a short line before it keeps a wave of
sign-ins from taking the machine away from the sale: who comes when the line is full is told to come back.
"""

import asyncio
import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from rowlock.identity.accounts.breached import BreachedList
from rowlock.kernel import limits
from rowlock.kernel.problems import Problem
from rowlock.platform.batching import Overloaded

Answer = TypeVar("Answer")
THREADS = 2


class Passwords:
    """Makes hashes, checks passwords against them, and says which passwords are too well known."""

    def __init__(self, breached: BreachedList, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._breached = breached
        self._threads = ThreadPoolExecutor(THREADS, "password")
        self._waiting = 0
        self._stand_in: str | None = None

    async def hash(self, password: str) -> str:
        """The hash to keep; Overloaded when too many wait."""
        return await self._run(lambda: self._hasher.hash(password))

    async def fits(self, password: str, kept: str | None) -> bool:
        """Whether the password is the one of the hash. None, nobody's, never fits, and takes just as long."""
        if self._stand_in is None:
            self._stand_in = await self.hash("a password that nobody has")
        against = kept or self._stand_in
        return await self._run(lambda: self._verify(against, password)) and kept is not None

    def require_good(self, password: str, *about: str) -> None:
        """Problem `weak_password` when it is too short, widely known, or made of what is known of its owner."""
        if not limits.PASSWORD_CHARS_MIN <= len(password) <= limits.PASSWORD_CHARS_MAX:
            words = f"A password has {limits.PASSWORD_CHARS_MIN} to {limits.PASSWORD_CHARS_MAX} characters."
            raise Problem("weak_password", words, reason="length")
        plain = password.casefold()
        if any(len(word) > 3 and word.casefold() in plain for word in about):
            raise Problem("weak_password", "Leave your name and address out of the password.", reason="personal")
        if self._breached.has(password):
            raise Problem("weak_password", "That password is on lists that attackers try first.", reason="breached")

    def close(self) -> None:
        """Let the threads end."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _run(self, work: Callable[[], Answer]) -> Answer:
        if self._waiting >= limits.PASSWORD_JOBS_WAITING_MAX + THREADS:
            raise Overloaded
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._waiting -= 1

    def _verify(self, kept: str, password: str) -> bool:
        try:
            return self._hasher.verify(kept, password)
        except (VerificationError, InvalidHashError):
            return False


def sha1_of(password: str) -> bytes:
    """The form in which lists of breached passwords are published; no protection of anything."""
    return hashlib.sha1(password.encode(), usedforsecurity=False).digest()
