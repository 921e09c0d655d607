"""A viewer of a real installation, whose gateway and Valkey are killed while seats change."""

import asyncio
import signal
import time
from pathlib import Path

import httpx
from tests.faults.installation import Installation, up
from tests.house import PRICES, small_plan

from rowlock.live.client import SeatMap, SeatStream
from rowlock.seating import SeatingPlan

STOP_SECONDS_MAX = 10.0


class Buyer:
    """Holds seats of one event over HTTP."""

    def __init__(self, installation: Installation, client: httpx.Client, plan: SeatingPlan | None = None) -> None:
        organiser, buyer = installation.tokens("organiser", 1)[0], installation.tokens("buyer", 1)[0]
        plan_id = installation.import_plan(plan or small_plan())
        self._client = client
        self.staff = {"Authorization": f"Bearer {organiser}"}
        self._buyer = {"Authorization": f"Bearer {buyer}"}
        night = {
            "name": "Test night", "startsAt": "2031-01-01T20:00:00+01:00", "planId": plan_id, "prices": PRICES,
            "currency": "EUR",
        }  # fmt: skip
        made = self._client.post("/events", json=night, headers=self.staff)
        self.event = str(made.raise_for_status().json()["id"])
        self._next = 0

    def hold(self) -> int:
        """Hold the next seat; its number."""
        seat_no, self._next = self._next, self._next + 1
        body = {"eventId": self.event, "seatIds": [f"S-{seat_no // 10 + 1}-{seat_no % 10 + 1}"]}
        while True:  # while Valkey is being replaced a limit may have to be asked for twice
            answer = self._client.post("/bookings/reserve", json=body, headers=self._buyer)
            if answer.status_code != 503:
                assert answer.status_code == 201, answer.text
                return seat_no


async def seen(viewer: SeatStream, seat_no: int) -> SeatMap:
    """The viewer's map once the seat is taken in it."""
    return await viewer.until(lambda seats: seats.states[seat_no] == 1)


async def test_a_viewer_misses_nothing_through_the_death_of_gateway_and_valkey(tmp_path: Path) -> None:
    with up(tmp_path) as installation, httpx.Client(base_url=f"{installation.url}/api/v1", timeout=20) as client:
        buyer = await asyncio.to_thread(Buyer, installation, client)
        async with SeatStream(installation.url, buyer.event) as viewer:
            await seen(viewer, await asyncio.to_thread(buyer.hold))
            for victims in ([installation.role("live")], installation.valkey()):
                for victim in victims:
                    victim.kill()
                await seen(viewer, await asyncio.to_thread(buyer.hold))
            assert viewer.state == "live"
            began = time.monotonic()
            installation.process.send_signal(signal.SIGTERM)
            await asyncio.to_thread(installation.process.wait, STOP_SECONDS_MAX)
            assert time.monotonic() - began < STOP_SECONDS_MAX
