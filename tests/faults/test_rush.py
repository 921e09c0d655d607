"""A real installation that more people press than it can serve: a line forms by itself, serves them, and goes again."""

import asyncio
import itertools
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import msgspec
from tests.faults.installation import Installation, up
from tests.faults.test_live import Buyer
from tests.house import small_plan

CROWD = 300
"""More than the turnstile lets in however slow it goes."""
PEOPLE = 10
PATIENCE_SECONDS = 30.0


class Sale:
    """One event of an installation, and those who want its seats."""

    def __init__(self, installation: Installation, client: httpx.Client) -> None:
        self._client = client
        buyer = Buyer(installation, client, small_plan(rows=2_000))
        self.event, self._staff = buyer.event, buyer.staff
        self.people = [{"Authorization": f"Bearer {token}"} for token in installation.tokens("buyer", PEOPLE)]
        self._where = urlsplit(installation.url)

    async def press(self) -> None:
        """A crowd asks for the best seat, again and again, until the first of them is sent to a line."""
        asking = [asyncio.create_task(self._ask_again(person)) for person in self._crowd()]
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await asyncio.wait(asking, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in asking:
                task.cancel()
        answers = await asyncio.gather(*asking, return_exceptions=True)
        assert b"admission_needed" in answers

    def _crowd(self) -> Iterator[dict[str, str]]:
        return itertools.islice(itertools.cycle(self.people), CROWD)

    async def _ask_again(self, person: dict[str, str]) -> bytes:
        """The first answer that is neither a seat nor a refusal at the turnstile."""
        body = msgspec.json.encode({"eventId": self.event, "quantity": 1})
        head = (
            f"POST /api/v1/bookings/best-available HTTP/1.1\r\nHost: {self._where.netloc}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
            f"Authorization: {person['Authorization']}\r\n\r\n"
        )
        reader, writer = await asyncio.open_connection(self._where.hostname, self._where.port)
        try:
            while True:
                writer.write(head.encode() + body)
                answer = (await reader.readuntil(b"\r\n\r\n")).lower()
                length = int(answer.split(b"content-length: ")[1].split(b"\r\n")[0])
                told = await reader.readexactly(length)
                if answer.split()[1] not in {b"201", b"503"}:
                    return bytes(msgspec.json.decode(told)["code"], "ascii")
        finally:
            writer.close()

    def prepare(self, **wishes: object) -> None:
        """Staff say how a room is to be if there ever is one."""
        path = f"/events/{self.event}/queue/control"
        self._client.put(path, json=wishes, headers=self._staff).raise_for_status()

    def room(self) -> dict[str, Any]:
        """How staff see the room."""
        answer = self._client.get(f"/events/{self.event}/queue/control", headers=self._staff)
        return dict(answer.raise_for_status().json())

    def until(self, person: dict[str, str], right: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """What somebody is told of the line, once it is right."""
        ends = time.monotonic() + PATIENCE_SECONDS
        while True:
            self._client.cookies.clear()
            told = self._client.get(f"/events/{self.event}/queue", headers=person).raise_for_status().json()
            if right(told):
                return dict(told)
            assert time.monotonic() < ends, told

    def post(self, path: str, person: dict[str, str], body: object = None) -> httpx.Response:
        """Somebody's call."""
        self._client.cookies.clear()
        return self._client.post(path, json=body, headers=person)


def test_a_line_forms_by_itself_in_a_rush_and_goes_in_a_calm(tmp_path: Path) -> None:
    with (
        up(tmp_path, queue_by_load="true", queue_calm_seconds="1") as installation,
        httpx.Client(base_url=f"{installation.url}/api/v1", timeout=20) as client,
    ):
        sale = Sale(installation, client)
        sale.prepare(admitPerMinute=600, admitMin=600)
        assert sale.room()["mode"] == "off"
        asyncio.run(sale.press())
        room = sale.room()
        assert (room["mode"], room["switchedBy"], room["followsLoad"]) == ("fifo", "load", True)
        for person in sale.people:
            assert sale.post(f"/events/{sale.event}/queue", person).status_code == 200
        wish = {"eventId": sale.event, "quantity": 1}
        for person in sale.people:
            told = sale.until(person, lambda told: bool(told["admitted"]))
            admission = {"X-Admission": str(told["admissionToken"])}
            assert sale.post("/bookings/best-available", person | admission, wish).status_code == 201
        sale.until(sale.people[0], lambda told: told["mode"] == "off")
        assert sale.post("/bookings/best-available", sale.people[0], wish).status_code == 201
