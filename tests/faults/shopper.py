"""Shoppers who hold, extend, release and pay over HTTP, try again with the same key until they are answered, and write
down what they asked and what they were told. They know the API and nothing else."""

import asyncio
import random
import time
from datetime import datetime

import httpx
import msgspec
from tests.faults.blows import lasts
from tests.history.calls import Call, Kind, Word

ANSWER_SECONDS = 2.0
"""How long one try may take."""
PATIENCE_SECONDS = 30.0
"""How long a shopper tries again."""
HASTY_SHARE = 0.05
"""Calls that are never tried again: what became of them stays unknown."""
REPEAT_SHARE = 0.1
"""Answered calls that are sent once more, to see that the answer stays."""
SEATS_MAX = 4
PAUSE_SECONDS_MAX = 0.02
AGAIN_SECONDS = 0.05
CARDS = ("tok_ok", "tok_ok", "tok_ok", "tok_timeout")
LOOK_WORDS: dict[str, Word] = {
    "HOLD": "held",
    "PAYMENT_PENDING": "pending",
    "CONFIRMED": "booked",
    "EXPIRED": "expired",
    "RELEASED": "closed",
}
MAP_WORDS: dict[str, Word] = {"available": "free", "held": "held", "booked": "booked"}


class Holding(msgspec.Struct):
    """What a shopper knows of a booking of theirs. `name` is the key of its hold."""

    name: str
    seats: tuple[str, ...]
    booking_id: str
    open: bool = True


def line_to(url: str, token: str) -> httpx.AsyncClient:
    """A connection of one person's own to the API."""
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.AsyncClient(base_url=f"{url}/api/v1", headers=headers, timeout=ANSWER_SECONDS)


class Shopper:
    """One buyer. `seats` are the ids of those they may want; they come home when `closing` is set."""

    def __init__(
        self, client: httpx.AsyncClient, event_id: str, seats: list[str], dice: random.Random, closing: asyncio.Event
    ) -> None:
        self._client = client
        self._event_id = event_id
        self._seats = seats
        self._dice = dice
        self._closing = closing
        self._never = asyncio.Event()
        self.calls: list[Call] = []
        self.faults: list[str] = []
        self.holdings: list[Holding] = []

    async def shop(self) -> None:
        """One thing after the other until closing time."""
        while not self._closing.is_set():
            mine = [holding for holding in self.holdings if holding.open]
            if mine and self._dice.random() < 0.6:
                await self._dice.choice([self.extend, self.release, self.release, self.confirm, self.look])(
                    self._dice.choice(mine)
                )
            else:
                await self.hold()
            await lasts(self._closing, self._dice.uniform(0, PAUSE_SECONDS_MAX))

    async def leave(self) -> None:
        """Look once more at everything, then go."""
        for holding in self.holdings:
            await self.look(holding)
        await self._client.aclose()

    async def hold(self) -> None:
        """Ask for some seats."""
        seats = tuple(self._dice.sample(self._seats, self._dice.randint(1, SEATS_MAX)))
        name = f"hold-{self._dice.getrandbits(64):x}"
        asked_at = time.time()
        answer = await self._post("/bookings/reserve", name, {"eventId": self._event_id, "seatIds": list(seats)})
        if answer is None:
            self._note("hold", name, seats, asked_at)
        elif answer.status_code == 201:
            told = answer.json()
            self._note("hold", name, seats, asked_at, "done", ends_at=_end(told))
            if tuple(seat["id"] for seat in told["seats"]) != seats:
                self.faults.append(f"{name} wanted {seats} and got {told}")
            self.holdings.append(Holding(name, seats, told["bookingId"]))
        elif answer.json()["code"] == "seat_unavailable":
            self._note("hold", name, seats, asked_at, "taken", conflicts=tuple(answer.json()["conflicts"]))
        else:
            self.faults.append(f"{name}: {answer.text}")

    async def extend(self, holding: Holding) -> None:
        """Ask for more time."""
        asked_at, answer = time.time(), await self._act(holding, "extend")
        end = _end(answer.json()) if answer is not None and answer.status_code == 200 else None
        if answer is None or (answer.status_code == 200 and end is None):  # it ended before the answer was asked again
            self._note("extend", holding.name, holding.seats, asked_at)
        elif answer.status_code == 200:
            self._note("extend", holding.name, holding.seats, asked_at, "done", ends_at=end)
        elif answer.status_code == 410:
            self._close(holding, "extend", asked_at, "expired")
        elif answer.status_code != 409:
            self.faults.append(f"extend {holding.name}: {answer.text}")

    async def release(self, holding: Holding) -> None:
        """Give the seats back."""
        asked_at, answer = time.time(), await self._act(holding, "release")
        if answer is None:
            self._note("release", holding.name, holding.seats, asked_at)
        elif answer.status_code == 204:
            self._close(holding, "release", asked_at, "done")
        elif answer.status_code != 409:
            self.faults.append(f"release {holding.name}: {answer.text}")

    async def confirm(self, holding: Holding) -> None:
        """Pay."""
        body = {"paymentToken": self._dice.choice(CARDS)}
        asked_at, answer = time.time(), await self._act(holding, "confirm", body)
        if answer is None or answer.status_code == 402:  # given up, if it was ever begun: it bound the hold for a while
            self._note("confirm", holding.name, holding.seats, asked_at)
        elif answer.status_code == 200:
            self._close(holding, "confirm", asked_at, "done")
        elif answer.status_code == 202:
            self._note("confirm", holding.name, holding.seats, asked_at, "pending")
        elif answer.status_code == 410:
            self._close(holding, "confirm", asked_at, "expired")
        elif answer.status_code != 409:
            self.faults.append(f"confirm {holding.name}: {answer.text}")

    async def look(self, holding: Holding) -> None:
        """Ask how the booking stands."""
        asked_at, answer = time.time(), await self._get(f"/bookings/{holding.booking_id}")
        if answer is not None:
            word = LOOK_WORDS[answer.json()["status"]] if answer.status_code == 200 else "missing"
            self._note("look", holding.name, holding.seats, asked_at, word)

    async def read_map(self) -> None:
        """Ask for all seats."""
        asked_at, answer = time.time(), await self._get(f"/events/{self._event_id}/seats?format=list")
        if answer is not None:
            for seat in answer.json():
                self._note("map", "", (seat["id"],), asked_at, MAP_WORDS[seat["status"]])

    def _close(self, holding: Holding, kind: Kind, asked_at: float, word: Word) -> None:
        self._note(kind, holding.name, holding.seats, asked_at, word)
        holding.open = False

    def _note(
        self, kind: Kind, name: str, seats: tuple[str, ...], asked_at: float, word: Word | None = None,
        *, ends_at: float | None = None, conflicts: tuple[str, ...] = (),
    ) -> None:  # fmt: skip
        told_at = None if word is None else time.time()
        self.calls.append(
            Call(
                kind=kind, booking=name, seats=seats, asked_at=asked_at, told_at=told_at, word=word,
                ends_at=ends_at, conflicts=conflicts,
            )
        )  # fmt: skip

    async def _act(self, holding: Holding, verb: str, body: object = None) -> httpx.Response | None:
        key = f"{verb}-{self._dice.getrandbits(64):x}"
        return await self._post(f"/bookings/{holding.booking_id}/{verb}", key, body)

    async def _post(self, path: str, key: str, body: object) -> httpx.Response | None:
        """The answer, asked for again under the same key until it comes; None when the shopper gives up."""
        answer = await self._try("POST", path, body, {"Idempotency-Key": key})
        if answer is not None and self._dice.random() < REPEAT_SHARE:
            again = await self._try("POST", path, body, {"Idempotency-Key": key})
            if again is not None and (again.status_code, again.content) != (answer.status_code, answer.content):
                self.faults.append(f"POST {path} {key}: first {answer.text}, then {again.text}")
        return answer

    async def _get(self, path: str) -> httpx.Response | None:
        return await self._try("GET", path, None, {})

    async def _try(self, method: str, path: str, body: object, headers: dict[str, str]) -> httpx.Response | None:
        give_up_at = time.monotonic() + (0 if self._dice.random() < HASTY_SHARE else PATIENCE_SECONDS)
        while True:
            try:
                answer = await self._client.request(method, path, json=body, headers=headers)
            except httpx.TransportError:
                answer = None
            if answer is not None and not _unanswered(answer):
                return answer
            if time.monotonic() > give_up_at:
                return None
            await lasts(self._never, AGAIN_SECONDS)


def _unanswered(answer: httpx.Response) -> bool:
    """Whether this says no more than `try again`."""
    return answer.status_code >= 500 or (answer.status_code == 409 and answer.json()["code"] == "key_in_use")


def _end(booking: dict[str, str]) -> float | None:
    """When the hold ends; None when it has ended."""
    return datetime.fromisoformat(booking["expiresAt"]).timestamp() if "expiresAt" in booking else None
