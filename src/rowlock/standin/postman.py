"""Webhooks: signed, retried until they are taken, and delivered as badly as the switches say."""

import asyncio
import hashlib
import hmac
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import httpx
import msgspec
import structlog

from rowlock.standin.books import Books, Thing, now
from rowlock.standin.faults import Faults

TRIES_MAX = 12
FIRST_RETRY_SECONDS = 0.5
RETRY_SECONDS_MAX = 60.0
ANSWER_SECONDS_MAX = 10.0
DELIVERIES_KEPT_MAX = 1_000

Sign = Callable[[str, bytes], Mapping[str, str]]
"""The headers of a delivery, from the event's id and the body."""

log = structlog.get_logger(__name__)


def stripe_signature(secret: str, body: bytes, at: int) -> str:
    """The `Stripe-Signature` header of a body signed at second `at`."""
    digest = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"


def razorpay_signature(secret: str, text: bytes) -> str:
    """The hex digest that Razorpay sends with webhooks (of the body) and callbacks (of `order|payment`)."""
    return hmac.new(secret.encode(), text, hashlib.sha256).hexdigest()


class Postman:
    """Delivers events to those who listen. A letter that nobody has taken is on file and survives a restart."""

    def __init__(self, books: Books, faults: Faults, listeners: Mapping[str, tuple[Sequence[str], Sign]]) -> None:
        """`listeners`: for each face of the stand-in, the addresses and how their letters are signed."""
        self._books = books
        self._faults = faults
        self._listeners = listeners
        self._client = httpx.AsyncClient(timeout=ANSWER_SECONDS_MAX)
        self._under_way: set[asyncio.Task[None]] = set()
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
                self._start(letter)

    def waiting(self) -> list[Thing]:
        """Letters that nobody has taken yet, oldest first."""
        return list(reversed(self._books.all("letter")))

    def resume(self) -> None:
        """Send what an earlier life of this process could not deliver."""
        for letter in self.waiting():
            self._start(letter)

    async def release(self, *, backwards: bool = False) -> int:
        """Send what waits, one after the other, each once; how many there were."""
        letters = list(reversed(self.waiting())) if backwards else self.waiting()
        for letter in letters:
            await self._deliver(letter)
        return len(letters)

    async def close(self) -> None:
        """Stop; what is under way stays on file."""
        for task in tuple(self._under_way):
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)
        await self._client.aclose()

    def _start(self, letter: Thing) -> None:
        task = asyncio.create_task(self._insist(letter))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _insist(self, letter: Thing) -> None:
        await asyncio.sleep(self._faults.switches.webhook_delay_ms / 1000)
        pause = FIRST_RETRY_SECONDS
        for _ in range(TRIES_MAX):
            if await self._deliver(letter):
                return
            await asyncio.sleep(pause)
            pause = min(2 * pause, RETRY_SECONDS_MAX)
        log.warning("webhook_given_up", address=letter["address"], eventId=letter["event"])

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
