"""The stadium case on one machine, sixty-two people a seat: everything real, from the join to the ticket.

Five million people and 80,000 seats become so many times fewer of both: a house of some 300 seats. 40 in 100 of those
in line are bots, who all come first. The line is drawn; who is called takes the two best seats there are, and three in
four pay, bots always. `benchmarks/stadium` plays the full size on virtual time.
"""

import asyncio
import statistics
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from benchmarks.effort import Effort
from benchmarks.installation import Installation, installation
from benchmarks.load import LoadResult, post, run_load
from benchmarks.report import table
from benchmarks.rounds import CLIENTS
from benchmarks.waiting import control

PEOPLE_A_SEAT = 62.5
BOTS = 0.4
PARTY = 2
PER_MINUTE = 600
OPENS_IN_SECONDS = 45
AT_ONCE = 32
LOOK_SECONDS = 0.25
SALE_SECONDS_MAX = 300.0
Json = dict[str, Any]


class Crowd:
    """Everybody who wants seats of one event; the first ones are bots."""

    def __init__(self, running: Installation, event: str, people: int) -> None:
        self.running, self.event, self.path = running, event, f"/api/v1/events/{event}/queue"
        self.tokens = running.tokens("buyer", people)
        self.bots = round(BOTS * people)
        self.holds_ms: list[float] = []
        self.sold = self.let_in = self.bots_let_in = self.found_nothing = 0

    def join(self) -> LoadResult:
        """All of them, bots first."""
        requests = iter([post(self.path, {}, f"Authorization: Bearer {token}\r\n") for token in self.tokens])
        return run_load(self.running.url, requests, status=200, clients=CLIENTS, seconds=120)

    async def sale(self) -> tuple[float, float]:
        """Wait for the draw, then shop in its order; seconds from the opening to the draw, and to the last seat."""
        async with httpx.AsyncClient(base_url=self.running.url, timeout=30, verify=False) as client:
            opened = time.monotonic()
            while "drawn" not in (await client.get(f"{self.path}/board")).json():  # each look is an answer away
                pass
            drawn_after = time.monotonic() - opened
            order = await self._order(client)
            await asyncio.to_thread(control, self.running, self.event, mode="draw")
            began = time.monotonic()
            waiting = asyncio.Queue[int]()
            for person in order:
                waiting.put_nowait(person)
            shoppers = [self._shop_in_turn(client, waiting) for _ in range(AT_ONCE)]
            await asyncio.wait_for(asyncio.gather(*shoppers), SALE_SECONDS_MAX)
            return drawn_after, time.monotonic() - began

    async def _order(self, client: httpx.AsyncClient) -> list[int]:
        """Everybody by their place."""
        places: list[tuple[int, int]] = []
        left = iter(range(len(self.tokens)))

        async def ask() -> None:
            for person in left:
                told = await self._told(client, person)
                places.append((told["position"], person))

        await asyncio.gather(*(ask() for _ in range(AT_ONCE)))
        return [person for _, person in sorted(places)]

    async def _shop_in_turn(self, client: httpx.AsyncClient, waiting: "asyncio.Queue[int]") -> None:
        """One pair of hands: the next in the order waits for their turn, shops, and so on until nothing is left."""
        while not waiting.empty():
            person = waiting.get_nowait()
            told = await self._told(client, person)
            while not told["admitted"]:
                if told.get("closed") or told["phase"] == "ended":
                    return
                await asyncio.sleep(LOOK_SECONDS)
                told = await self._told(client, person)
            await self._shop(client, person, told["admissionToken"])

    async def _shop(self, client: httpx.AsyncClient, person: int, admission: str) -> None:
        self.let_in += 1
        self.bots_let_in += person < self.bots
        headers = {"Authorization": f"Bearer {self.tokens[person]}", "X-Admission": admission}
        body = {"eventId": self.event, "quantity": PARTY}
        began = time.perf_counter()
        held = await client.post("/api/v1/bookings/best-available", json=body, headers=headers)
        self.holds_ms.append((time.perf_counter() - began) * 1e3)
        if held.status_code != 201:
            self.found_nothing += 1
            return
        booking = f"/api/v1/bookings/{held.json()['bookingId']}"
        if person >= self.bots and person % 4 == 0:
            await client.delete(booking, headers=headers)
            await client.delete(self.path, headers=headers)
            return
        paid = await client.post(f"{booking}/confirm", json={"paymentToken": "tok_ok"}, headers=headers)
        self.sold += PARTY if paid.status_code == 200 else 0

    async def _told(self, client: httpx.AsyncClient, person: int) -> Json:
        client.cookies.clear()
        answer = await client.get(self.path, headers={"Authorization": f"Bearer {self.tokens[person]}"})
        told: Json = answer.raise_for_status().json()
        return told


def chapter(effort: Effort) -> str:
    """Play one sale; the table."""
    with (
        tempfile.TemporaryDirectory(prefix="rowlock-benchmark-") as parent,
        installation(Path(parent) / "data", 1) as running,
    ):
        event = running.new_event(running.tokens("organiser", 1)[0], running.smallest_event())
        seats = int(running.get(f"/api/v1/events/{event}")["seatCount"])
        crowd = Crowd(running, event, round(PEOPLE_A_SEAT * seats))
        opens_at = datetime.now(UTC) + timedelta(seconds=OPENS_IN_SECONDS)
        control(running, event, mode="draw", opensAt=opens_at.isoformat(), admitPerMinute=PER_MINUTE)
        joins = crowd.join()
        effort.tell(f"{len(joins.latencies):,} joined, {joins.per_second:,.0f} a second")
        control(running, event, mode="hold")
        time.sleep(max(0.0, (opens_at - datetime.now(UTC)).total_seconds()))
        drawn_after, sold_after = asyncio.run(crowd.sale())
        effort.tell(f"drawn {drawn_after:.1f} s after the opening; {crowd.sold} of {seats} seats in {sold_after:.0f} s")
        sound = running.verify()
    return _table(crowd, joins, seats, drawn_after, sold_after, sound=sound)


def _table(crowd: Crowd, joins: LoadResult, seats: int, drawn_after: float, sold_after: float, *, sound: bool) -> str:
    people, bots = len(crowd.tokens), crowd.bots / len(crowd.tokens)
    holds = sorted(crowd.holds_ms)
    return table(
        "one sale|",
        f"people in line; seats|{people:,}; {seats}",
        f"joined a second|{joins.per_second:,.0f}",
        f"joining, p99 (ms)|{joins.percentile_ms(0.99):.0f}",
        f"draw done after the opening (s)|{drawn_after:.1f}",
        f"let in; found nothing|{crowd.let_in}; {crowd.found_nothing}",
        f"sold; in seconds|{crowd.sold} of {seats}; {sold_after:.0f}",
        f"best seats held, p50; p99 (ms)|{statistics.median(holds):.0f}; {holds[int(0.99 * (len(holds) - 1))]:.0f}",
        f"bots in line; among those let in (%)|{100 * bots:.0f}; {100 * crowd.bots_let_in / crowd.let_in:.0f}",
        f"`rowlock verify`|{'every check holds' if sound else 'A CHECK FAILS'}",
    )
