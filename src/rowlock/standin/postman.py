"""Webhooks: signed, retried until they are taken, and delivered as badly as the switches say."""

import asyncio
import hashlib
import hmac
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import httpx
import msgspec
import structlog

from rowlock.platform.tasks import end
from rowlock.standin.books import Books, Thing, now
from rowlock.standin.faults import Faults

TRIES_MAX = 12
FIRST_RETRY_SECONDS = 0.5
RETRY_SECONDS_MAX = 60.0
ANSWER_SECONDS_MAX = 10.0
DELIVERIES_KEPT_MAX = 1_000
CARRIERS = 8

Sign = Callable[[str, bytes], Mapping[str, str]]
"""The headers of a delivery, from the event's id and the body."""

log = structlog.get_logger(__name__)


class _Errand(NamedTuple):
    """A letter to deliver, and how often that was tried."""

    letter: Thing
    tries: int


def stripe_signature(secret: str, body: bytes, at: int) -> str:
    """The `Stripe-Signature` header of a body signed at second `at`."""
    digest = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"


def razorpay_signature(secret: str, text: bytes) -> str:
    """The hex digest that Razorpay sends with webhooks (of the body) and callbacks (of `order|payment`)."""
    return hmac.new(secret.encode(), text, hashlib.sha256).hexdigest()


class Postman:
    """Delivers events to those who listen. A letter that nobody has taken is on file and survives a restart.

    However many letters wait, only some are under way at once: those that are due by `CARRIERS`, what was released by
    one more, so that it goes out in order.
    """

    def __init__(self, books: Books, faults: Faults, listeners: Mapping[str, tuple[Sequence[str], Sign]]) -> None:
        """`listeners`: for each face of the stand-in, the addresses and how their letters are signed."""
        self._books = books
        self._faults = faults
        self._listeners = listeners
        self._client = httpx.AsyncClient(timeout=ANSWER_SECONDS_MAX)
        self._due: asyncio.Queue[_Errand] = asyncio.Queue()
        self._released: asyncio.Queue[_Errand] = asyncio.Queue()
        self._planned: set[str] = set()
        """Letters that are due, or will be."""
        self._carriers: list[asyncio.Task[None]] = []
        self.deliveries: deque[Thing] = deque(maxlen=DELIVERIES_KEPT_MAX)
        """What was sent, oldest first, with the status it met (0: no answer)."""

    def send(self, face: str, event_id: str, event: Mapping[str, Any]) -> None:
        """Have an event delivered; its content is that of this moment."""
        body = msgspec.json.encode(event).decode()
        for address in self._listeners[face][0]:
            letter = self._books.make(
                "letter", "letter", face=face, event=event_id, type=event.get("type") or event.get("event"),
                address=address, body=body,
            )  # fmt: skip
            if not self._faults.switches.webhooks_held:
                self._plan(_Errand(letter, 0), self._faults.switches.webhook_delay_ms / 1000)

    def waiting(self) -> list[Thing]:
        """Letters that nobody has taken yet, oldest first."""
        return list(reversed(self._books.all("letter")))

    def resume(self) -> None:
        """Begin to deliver, also what an earlier life of this process could not."""
        lanes = [self._released, *[self._due] * CARRIERS]
        self._carriers = [asyncio.create_task(self._carry(lane)) for lane in lanes]
        for letter in self.waiting():
            self._plan(_Errand(letter, 0), 0)

    def release(self, *, backwards: bool = False) -> int:
        """Send what waits, one after the other; how many there are. They are on their way when this returns."""
        letters = self.waiting()
        for letter in reversed(letters) if backwards else letters:
            self._released.put_nowait(_Errand(letter, 0))
        return len(letters)

    async def close(self) -> None:
        """Stop; what is under way stays on file."""
        await end(*self._carriers)
        await self._client.aclose()

    def _plan(self, errand: _Errand, seconds: float) -> None:
        """Have a letter delivered in so many seconds, unless it is planned already."""
        if errand.letter["id"] not in self._planned:
            self._planned.add(errand.letter["id"])
            asyncio.get_running_loop().call_later(seconds, self._due.put_nowait, errand)

    async def _carry(self, lane: asyncio.Queue[_Errand]) -> None:
        while True:
            errand = await lane.get()
            if lane is self._due:
                self._planned.discard(errand.letter["id"])
            if self._books.find("letter", errand.letter["id"]) is None or await self._deliver(errand.letter):
                continue
            if errand.tries + 1 < TRIES_MAX:
                pause = min(FIRST_RETRY_SECONDS * 2**errand.tries, RETRY_SECONDS_MAX)
                self._plan(errand._replace(tries=errand.tries + 1), pause)
            else:
                log.warning("webhook_given_up", address=errand.letter["address"], eventId=errand.letter["event"])

    async def _deliver(self, letter: Thing) -> bool:
        """Every copy of a letter, at once; whether it is done with."""
        copies = self._faults.switches.webhook_copies
        statuses = await asyncio.gather(*(self._knock(letter) for _ in range(copies)))
        taken = all(200 <= status < 300 for status in statuses)
        if taken and self._books.find("letter", letter["id"]) is not None:
            self._books.forget("letter", letter)
            self._books.commit()
        return taken

    async def _knock(self, letter: Thing) -> int:
        body = letter["body"].encode()
        headers = {"Content-Type": "application/json", **self._listeners[letter["face"]][1](letter["event"], body)}
        try:
            status = (await self._client.post(letter["address"], content=body, headers=headers)).status_code
        except httpx.HTTPError:
            status = 0
        noted = {"event": letter["event"], "type": letter["type"], "address": letter["address"]}
        self.deliveries.append({**noted, "status": status, "at": now()})
        return status
