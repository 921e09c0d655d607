"""Processes that are killed in the middle of taking a payment: `python -m tests.integration.payments.dies`.

Each line of the input is one death: the step, `before` or `after` it, the buyer, the booking. DATABASE_URL says where.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from typing import Any

from rowlock.app import Api, open_api
from rowlock.identity import Person
from rowlock.settings import Settings

STEPS = ("begin", "authorise", "settle", "capture", "note")
Step = Callable[..., Awaitable[Any]]


def wrap(api: Api, step: str, wrapped: Callable[[Step], Step]) -> None:
    """Put something around one step of the cashier's."""
    owner, name = {
        "begin": (api.engine, "begin_payment"),
        "authorise": (api.provider, "authorise"),
        "settle": (api.engine, "settle_payment"),
        "capture": (api.provider, "capture"),
        "note": (api.cashier._payments, "captured"),
    }[step]
    setattr(owner, name, wrapped(getattr(owner, name)))


async def die(step: str, when: str, subject: str, booking_id: str) -> None:
    """Confirm, and do not live to tell."""

    def deadly(work: Step) -> Step:
        async def working(*arguments: object) -> None:
            if when == "after":
                await work(*arguments)
            os.kill(os.getpid(), signal.SIGKILL)

        return working

    api = await open_api(Settings(database_url=os.environ["DATABASE_URL"]))
    wrap(api, step, deadly)
    await api.cashier.confirm(Person(subject, "buyer"), booking_id, "tok_ok", "key-1")


def main() -> None:
    """A process for each line, one after the other; it must die by the signal."""
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            asyncio.run(die(*line.split()))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if not os.WIFSIGNALED(status):
            sys.exit(f"{line.strip()}: lived on")


if __name__ == "__main__":
    main()
