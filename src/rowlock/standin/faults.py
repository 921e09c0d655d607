"""What goes wrong, and when: set from outside at /control, one thing at a time."""

import asyncio
from typing import Literal

import msgspec
from starlette.requests import Request

from rowlock.standin.cards import SLOW_SECONDS, Trouble

HANG_SECONDS_MAX = 120.0


class Switches(msgspec.Struct, rename="camel", forbid_unknown_fields=True, kw_only=True):
    """How the stand-in misbehaves; as new, not at all."""

    fail_calls: int = 0
    """So many of the next calls of the API that match fail."""
    fail_path: str = ""
    """Only calls whose address holds this text."""
    fail_when: Literal["before", "after"] = "before"
    """Before the call has done its work, or after: then it is charged and nobody is told."""
    fail_how: Trouble = "error"
    webhook_copies: int = 1
    """How often each webhook is delivered; 0 loses them."""
    webhook_delay_ms: int = 0
    webhooks_held: bool = False
    """Webhooks wait until /control/release sends them, in whatever order."""


class Broken(Exception):  # noqa: N818  an outcome for the caller
    """The call answers 500."""


class Faults:
    """The switches, and their effect on calls."""

    def __init__(self) -> None:
        self.switches = Switches()

    def due(self, request: Request, when: Literal["before", "after"]) -> Trouble | None:
        """The trouble that this call is in for; counts it."""
        switches = self.switches
        if switches.fail_calls < 1 or switches.fail_when != when or switches.fail_path not in request.url.path:
            return None
        switches.fail_calls -= 1
        return switches.fail_how


async def suffer(trouble: Trouble | None, request: Request) -> None:
    """Let the trouble take its course; Broken when it is an error. A hung call ends when its caller has gone."""
    if trouble == "error":
        raise Broken
    if trouble == "slow":
        await asyncio.sleep(SLOW_SECONDS)
    if trouble == "hang":
        try:
            async with asyncio.timeout(HANG_SECONDS_MAX):
                while (await request.receive())["type"] != "http.disconnect":
                    pass
        except TimeoutError:
            raise Broken from None
