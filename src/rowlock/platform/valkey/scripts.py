"""Lua files that Valkey runs for us, and that we do without while Valkey does not answer."""

import asyncio
import hashlib
import time
from collections.abc import Sequence
from importlib import resources
from typing import Any, NamedTuple

import structlog
from valkey.asyncio import Valkey
from valkey.exceptions import NoScriptError, ValkeyError

PAUSE_SECONDS = 1.0
"""After a failed call Valkey is left alone for this long; then a ping that nobody waits for asks whether it is back."""

ERROR_CHARS_MAX = 200
"""So much of a fault's end is logged: it says what is wrong, after the command with all the people in it."""

NOT_THERE = (ValkeyError, OSError, TimeoutError)

log = structlog.get_logger(__name__)


class Script(NamedTuple):
    """A Lua file and the digest that Valkey knows it by."""

    text: str
    digest: str


class Call(NamedTuple):
    """One run of a script. Its keys lie in one slot of a cluster, so they share a hash tag."""

    keys: Sequence[str]
    arguments: Sequence[str | bytes]


def load_script(package: str, name: str) -> Script:
    """The file `lua/<name>` of a package."""
    text = resources.files(package).joinpath(f"lua/{name}").read_text("utf-8")
    return Script(text, hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest())


class ScriptRunner:
    """Runs scripts on a Valkey that may be slow, gone, or never there."""

    def __init__(self, valkey: "Valkey | None") -> None:
        self._valkey = valkey
        self._rests_until: float | None = None
        self._asking: asyncio.Task[None] | None = None

    @property
    def resting(self) -> bool:
        """Whether there is no Valkey to run anything now."""
        return self._valkey is None or self._rests_until is not None

    async def run(self, script: Script, calls: Sequence[Call]) -> list[Any] | None:
        """The answers to the calls, sent together; None when Valkey does not answer: the caller does without.

        A call whose answer is lost may have been carried out.
        """
        if self._valkey is None:
            return None
        if self._rests_until is not None:
            if time.monotonic() >= self._rests_until:
                self._rests_until = time.monotonic() + PAUSE_SECONDS
                self._asking = asyncio.create_task(self._ask(self._valkey))
            return None
        try:
            try:
                return await _send(self._valkey, script, calls)
            except NoScriptError:  # a restarted Valkey has forgotten its scripts
                await self._valkey.script_load(script.text)
                return await _send(self._valkey, script, calls)
        except NOT_THERE as error:
            self._rests_until = time.monotonic() + PAUSE_SECONDS
            log.warning("without_valkey", error=str(error)[-ERROR_CHARS_MAX:])
            return None

    async def _ask(self, valkey: "Valkey") -> None:
        try:
            await valkey.ping()
        except NOT_THERE:
            return
        self._rests_until = None
        log.info("with_valkey_again")


async def _send(valkey: "Valkey", script: Script, calls: Sequence[Call]) -> list[Any]:
    if len(calls) == 1:
        return [await valkey.evalsha(script.digest, len(calls[0].keys), *calls[0].keys, *calls[0].arguments)]  # type: ignore[misc,arg-type]
    async with valkey.pipeline(transaction=False) as pipeline:
        for call in calls:
            pipeline.evalsha(script.digest, len(call.keys), *call.keys, *call.arguments)  # type: ignore[arg-type]
        answers: list[Any] = await pipeline.execute()
        return answers
