"""Whoever talks to the sale: an account, a device or none, an address, a browser or what claims to be one."""

import asyncio
import random
from collections.abc import Sequence

import altcha
from tests.attacks.on_sale.sale import Reply, Sale
from tests.simulation.rows import EVENT_ID
from tests.simulation.virtual_time import pass_time

TRIES_PER_SECOND = 400
"""What one core makes of a proof of work: a try takes 2.5 ms."""
BROWSERS = tuple(
    (
        f"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/{version}.0.0.0 Safari/537.36",
        f'"Chromium";v="{version}", "Not A";v="99"',
    )
    for version in range(130, 140)
)
LANGUAGES = ("de", "en-GB", "fr", "en-US,en;q=0.8")


class Client:
    """One account at work. `cores`: what computes proofs for it, shared by all that one attacker runs."""

    def __init__(
        self, sale: Sale, name: str, dice: random.Random, *, cores: asyncio.Semaphore, slower: float = 1.0
    ) -> None:
        self.sale = sale
        self.name = name
        self.dice = dice
        self.address = ""
        self.device = ""
        self.browser: tuple[str, str] | None = dice.choice(BROWSERS)
        self.language = dice.choice(LANGUAGES)
        self.card = name
        self.requests = 0
        self.asked = 0
        """How often a proof of work was asked for."""
        self._cores = cores
        self._slower = slower
        self._token = sale.signer.issue(name, "buyer")

    def headers(self, solution: str | None = None) -> list[tuple[bytes, bytes]]:
        """The header lines of the next request."""
        lines = {"authorization": f"Bearer {self._token}", "content-type": "application/json"}
        if self.browser is not None:
            lines |= {"user-agent": self.browser[0], "sec-ch-ua": self.browser[1], "accept-language": self.language}
        if self.device:
            lines["cookie"] = f"rowlock_device={self.device}"
        if solution is not None:
            lines["x-challenge-solution"] = solution
        return [(name.encode(), value.encode()) for name, value in lines.items()]

    def look(self) -> list[int]:
        """Read the map: the free seats."""
        if self.sale.guard is not None:
            self.sale.guard.looked(self.address, self.headers())
        return self.sale.free()

    async def reserve(self, seat_nos: Sequence[int]) -> Reply:
        """Ask for these seats, and do the work if there is work to do."""
        body = {"eventId": str(EVENT_ID), "seatIds": [self.sale.seat_ids[seat_no] for seat_no in seat_nos]}
        self.requests += 1
        reply = await self.sale.post("/reserve", self.headers(), self.address, body)
        if reply.status == 428:
            self.asked += 1
            self.requests += 1
            solution = await self._work(reply)
            reply = await self.sale.post("/reserve", self.headers(solution), self.address, body)
        return reply

    async def pay(self, reply: Reply) -> bool:
        """Pay for a hold; whether the seats are bought."""
        self.requests += 1
        path = f"/{reply.body['bookingId']}/confirm"
        return (
            await self.sale.post(path, self.headers(), self.address, {"paymentToken": f"tok_ok#{self.card}"})
        ).status == 200

    async def release(self, reply: Reply) -> None:
        """Give a hold back."""
        self.requests += 1
        await self.sale.post(f"/{reply.body['bookingId']}/release", self.headers(), self.address, None)

    async def _work(self, reply: Reply) -> str:
        challenge = altcha.Challenge.from_dict(reply.body["challenge"])
        assert challenge.parameters.data is not None
        start = challenge.parameters.data["from"]
        solved = altcha.solve_challenge(challenge, counter_start=start)
        assert solved is not None
        async with self._cores:
            await pass_time((solved.counter - start + 1) / TRIES_PER_SECOND * self._slower)
        return str(altcha.Payload(challenge, solved).to_base64())


def some_seats(free: Sequence[int], count: int, dice: random.Random, per_row: int) -> list[int]:
    """So many free seats, side by side where that can be, else anywhere; none when there are too few."""
    have = set(free)
    starts = [
        seat_no
        for seat_no in free
        if seat_no % per_row + count <= per_row and all(seat_no + n in have for n in range(count))
    ]
    if starts:
        start = dice.choice(starts)
        return list(range(start, start + count))
    return sorted(dice.sample(free, count)) if len(free) >= count else []
