"""People in the line of a real installation whose Valkey, worker and api are killed: everybody keeps their place."""

import signal
import time
from collections.abc import Callable
from pathlib import Path

import httpx
from tests.faults.installation import Installation, up
from tests.faults.test_live import Buyer

PEOPLE = 30
PATIENCE_SECONDS = 30.0
JOINED = {"mode": "hold", "turnSeconds": 600}
LET_GO = {"mode": "fifo", "admitPerMinute": 60_000, "admitMax": 60_000}


class Line:
    """The line of one event, and the people in it."""

    def __init__(self, installation: Installation, client: httpx.Client) -> None:
        self._client = client
        self.event = Buyer(installation, client).event
        self._staff = _bearer(installation.tokens("organiser", 1)[0])
        self.people = [_bearer(token) for token in installation.tokens("buyer", 2 * PEOPLE)]
        self.path = f"/events/{self.event}/queue"
        self.tickets: list[str] = []
        self.positions: list[int] = []

    def control(self, **changes: object) -> None:
        """Staff change the room."""
        self._client.put(f"{self.path}/control", json=changes, headers=self._staff).raise_for_status()

    def join(self, person: int) -> dict[str, object]:
        """Join as that person, without a ticket; asked again while the line is being repaired."""
        return self._answered(lambda: self._client.post(self.path, headers=self.people[person]))

    def ask(self, person: int) -> dict[str, object]:
        """Ask with the ticket."""
        ticket = {"X-Queue-Ticket": self.tickets[person]}
        return self._answered(lambda: self._client.get(self.path, headers=self.people[person] | ticket))

    def _answered(self, call: Callable[[], httpx.Response]) -> dict[str, object]:
        """The answer, once there is one that is no passing trouble."""
        ends = time.monotonic() + PATIENCE_SECONDS
        while True:
            self._client.cookies.clear()  # who asks is in the header alone
            try:
                answer = call()
            except httpx.TransportError:
                assert time.monotonic() < ends
                continue
            if answer.status_code == 200:
                told: dict[str, object] = answer.json()
                return told
            assert answer.status_code in {429, 503}, answer.text
            assert time.monotonic() < ends, answer.text


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def test_nobody_s_place_gets_worse_and_nobody_gets_in_twice(tmp_path: Path) -> None:
    with up(tmp_path) as installation, httpx.Client(base_url=f"{installation.url}/api/v1", timeout=20) as client:
        line = Line(installation, client)
        line.control(**JOINED)
        for person in range(PEOPLE):
            told = line.join(person)
            line.tickets.append(str(told["queueTicket"]))
            line.positions.append(int(str(told["position"])))
        assert line.positions == list(range(1, PEOPLE + 1))
        deaths = (installation.valkey(), [installation.role("worker")], [installation.role("api")])
        for number, victims in enumerate(deaths):
            for victim in victims:
                victim.send_signal(signal.SIGKILL)
            newcomer = line.join(PEOPLE + number)
            for person in range(PEOPLE):
                position = int(str(line.ask(person)["position"]))
                assert position <= line.positions[person]
                line.positions[person] = position
            # Who joined in the last moment before Valkey was lost is called at once, so newcomers do not count them.
            assert max(line.positions) <= int(str(newcomer["position"])) <= PEOPLE + 1 + number
        line.control(**LET_GO)
        _all_get_in_once(line, client)


def _all_get_in_once(line: Line, client: httpx.Client) -> None:
    """Everybody is called; what one place opened once it does not open again."""
    for person in range(PEOPLE):
        ends = time.monotonic() + PATIENCE_SECONDS
        told = line.ask(person)
        while not told["admitted"]:
            assert time.monotonic() < ends, f"{person}: {told}"
            told = line.ask(person)
        body = {"eventId": line.event, "seatIds": [f"S-{person // 10 + 1}-{person % 10 + 1}"]}
        admission = {"X-Admission": str(told["admissionToken"])}
        held = client.post("/bookings/reserve", json=body, headers=line.people[person] | admission)
        assert held.status_code == 201, held.text
        other = {"eventId": line.event, "seatIds": ["S-5-10"]}
        thief = client.post("/bookings/reserve", json=other, headers=line.people[-1] | admission)
        assert thief.json()["code"] == "admission_refused"
