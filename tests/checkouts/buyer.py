"""A buyer at the checkout: holds seats, pays in one of many ways, tries again when cut off, may walk away."""

import asyncio
import random
import uuid
from collections import Counter
from typing import Any

import httpx
from tests.faults.blows import lasts

CARDS = {
    "pm_card_visa": 52,
    "pm_card_visa_chargeDeclined": 8,
    "pm_card_visa_chargeDeclinedInsufficientFunds": 4,
    "pm_card_authenticationRequired": 12,
    "pm_card_standin_timeout": 6,
    "pm_card_standin_error": 6,
    "pm_card_standin_slow": 4,
    "pm_card_pendingRefund": 4,
    "abandon": 4,
}
"""How often each card is tried, in percent; `abandon` never pays."""
WALK_AWAY_SHARE, REFUND_SHARE = 0.06, 0.08
ANSWER_SECONDS = 25.0
LOOKS_MAX = 40
LOOK_SECONDS = 0.5
TRIES_MAX = 12
TRY_SECONDS = 0.3


class GoneError(Exception):
    """Nobody answers any more, or a booking's end is none of ours."""


class Buyer:
    """Makes one checkout after the other; `seen` counts what became of them."""

    def __init__(self, url: str, token: str, dice: random.Random, seen: Counter[str], closing: asyncio.Event) -> None:
        self._closing = closing
        self._line = httpx.AsyncClient(
            base_url=f"{url}/api/v1", headers={"Authorization": f"Bearer {token}"}, timeout=ANSWER_SECONDS
        )
        self._browser = httpx.AsyncClient(timeout=ANSWER_SECONDS)
        self._dice = dice
        self._seen = seen

    async def check_out(self, event_id: str, seat_ids: list[str]) -> None:
        """Hold these seats, and go as far as this buyer goes."""
        held = await self._ask("POST", "/bookings/reserve", {"eventId": event_id, "seatIds": seat_ids})
        if held.status_code != 201:
            self._seen["seats were gone"] += 1
            return
        path = f"/bookings/{held.json()['bookingId']}"
        card = self._dice.choices(list(CARDS), list(CARDS.values()))[0]
        if card == "abandon":
            self._seen["abandoned"] += 1
            return
        try:
            status = await self._pay(path, card)
        except GoneError:
            self._seen["gave up asking"] += 1
            return
        self._seen[status.lower()] += 1
        if status == "CONFIRMED" and self._dice.random() < REFUND_SHARE:
            await self._give_back(path, seat_ids)

    async def _pay(self, path: str, card: str) -> str:
        """The booking's status in the end."""
        answer = await self._ask("POST", f"{path}/confirm", {"paymentToken": card})
        if answer.status_code == 402 and self._dice.random() < 0.5:  # another card
            self._seen["second card"] += 1
            answer = await self._ask("POST", f"{path}/confirm", {"paymentToken": "pm_card_visa"})
        if answer.status_code != 202:
            return "CONFIRMED" if answer.status_code == 200 else "HOLD"
        action = answer.json()["nextAction"]
        if self._dice.random() < WALK_AWAY_SHARE:
            self._seen["walked away"] += 1
            await self._ask("DELETE", path)
        elif action["type"] == "redirect":
            await self._answer_bank(action["url"])
        return await self._end_of(path)

    async def _answer_bank(self, url: str) -> None:
        word = self._dice.choice(["approve", "approve", "approve", "decline", "leave"])
        self._seen[f"at the bank: {word}"] += 1
        if word == "leave":
            return
        try:
            await self._browser.post(url, data={"answer": word})
        except httpx.TransportError:
            self._seen["the bank's page broke"] += 1

    async def _end_of(self, path: str) -> str:
        for _ in range(LOOKS_MAX):
            booking = (await self._ask("GET", path)).json()
            if booking.get("status") != "PAYMENT_PENDING":
                return str(booking.get("status", "none"))
            await lasts(self._closing, LOOK_SECONDS)
        return "PAYMENT_PENDING"

    async def _give_back(self, path: str, seat_ids: list[str]) -> None:
        body = {} if self._dice.random() < 0.5 else {"seatIds": seat_ids[:1]}
        answer = await self._ask("POST", f"{path}/refund", body)
        self._seen[f"asked for money back: {answer.status_code}"] += 1

    async def _ask(self, method: str, path: str, body: object = None) -> httpx.Response:
        """The answer, however often it takes; always under the same key."""
        headers = {"Idempotency-Key": str(uuid.UUID(int=self._dice.getrandbits(128)))} if method == "POST" else {}
        arguments: dict[str, Any] = {"json": body} if body is not None else {}
        for _ in range(TRIES_MAX):
            try:
                answer = await self._line.request(method, path, headers=headers, **arguments)
            except httpx.TransportError:
                self._seen["cut off"] += 1
            else:
                if answer.status_code < 500 and answer.status_code != 429 and not _still_at_it(answer):
                    return answer
                self._seen[f"answered {answer.status_code}"] += 1
            await lasts(self._closing, TRY_SECONDS * self._dice.uniform(0.5, 2))
        raise GoneError(f"{method} {path}")

    async def close(self) -> None:
        """Go home."""
        await self._line.aclose()
        await self._browser.aclose()


def _still_at_it(answer: httpx.Response) -> bool:
    """Whether our own earlier call is being carried out."""
    return answer.status_code == 409 and answer.json().get("code") == "key_in_use"
