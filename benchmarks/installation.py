"""An installation of its own for a benchmark: `rowlock up --demo` in a temporary folder, limits off."""

import contextlib
import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from rowlock.platform.embedded.folder import Servers, running

LIMITS_OFF = {
    "ROWLOCK_BOOKING_ATTEMPTS_PER_MINUTE": "0",
    "ROWLOCK_REQUESTS_PER_MINUTE": "0",
    "ROWLOCK_HOLDS_PER_USER_MAX": "0",
    "ROWLOCK_HOLD_WAIT_MS_MAX": "0",
}
ROLES = ("api", "worker", "postgres", "valkey")
TOUR = "Marisol Vega"
"""The demo's act that plays the 56,000-seat stadium."""


class Installation:
    """A running installation and what a benchmark asks of it."""

    def __init__(self, data: Path, process: "subprocess.Popen[str]", url: str, seconds_to_ready: float) -> None:
        self.data = data
        self.url = url
        self.seconds_to_ready = seconds_to_ready
        self._process = process
        self._used: dict[tuple[int, float], tuple[str, float]] = {}
        servers = running(data)
        assert servers is not None
        self.servers: Servers = servers

    def get(self, path: str) -> Any:  # noqa: ANN401  JSON
        """The JSON answer of a read."""
        with urllib.request.urlopen(f"{self.url}{path}", timeout=60) as answer:
            return json.load(answer)

    def tokens(self, role: str, count: int) -> list[str]:
        """Tokens of as many different people."""
        return self._verb("token", "--role", role, "--count", str(count)).stdout.split()

    def new_event(self, organiser: str, like: str) -> str:
        """Another event on the same plan at the same prices, nothing sold yet."""
        model = self.get(f"/api/v1/events/{like}")
        body = {
            "name": "Benchmark",
            "startsAt": model["startsAt"],
            "timezone": model["timezone"],
            "planId": model["planId"],
            "currency": model["priceFrom"]["currency"],
            "prices": {tier["name"]: tier["price"]["amount"] for tier in model["tiers"]},
        }
        headers = {"Authorization": f"Bearer {organiser}", "Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.url}/api/v1/events", json.dumps(body).encode(), headers)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return str(json.load(answer)["id"])

    def stadium(self) -> tuple[str, list[str]]:
        """The demo's stadium event and the ids of its seats."""
        event_id = str(self.get(f"/api/v1/events?q={TOUR.replace(' ', '%20')}")["items"][0]["id"])
        return event_id, self.seat_ids(event_id)

    def smallest_event(self) -> str:
        """An event of the demo's smallest house, some 300 seats."""
        found = self.get("/api/v1/events?pageSize=100")["items"]
        return str(min(found, key=lambda event: event["seatCount"])["id"])

    def seat_ids(self, event_id: str) -> list[str]:
        """The ids of an event's seats."""
        return [seat["id"] for seat in self.get(f"/api/v1/events/{event_id}/plan")["seats"]]

    def cpu_seconds(self) -> dict[str, float]:
        """User and system time each role has used so far. What has ended counts as it was last seen.

        PostgreSQL's helpers come and go; one that vanished between two looks must not make the second smaller.
        """
        for process in psutil.Process(self._process.pid).children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):
                times = process.cpu_times()
                self._used[process.pid, process.create_time()] = (self._role(process), times.user + times.system)
        used = dict.fromkeys(ROLES, 0.0)
        for role, seconds in self._used.values():
            used[role] += seconds
        return used

    def verify(self) -> bool:
        """Whether every invariant of every event holds."""
        return self._verb("verify", check=False).returncode == 0

    def _role(self, process: psutil.Process) -> str:
        if process.pid == self.servers.valkey_pid:
            return "valkey"
        if self.servers.postgres_pid in (process.pid, process.ppid()):
            return "postgres"
        return "api" if "api" in process.cmdline() else "worker"

    def _verb(self, *words: str, check: bool = True) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-m", "rowlock", *words, "--data", str(self.data)]
        return subprocess.run(command, capture_output=True, text=True, check=check)


@contextmanager
def installation(data: Path, workers: int, **settings: str) -> Iterator[Installation]:
    """Start on `data`, made when missing, with `workers` api processes; stop at the end of the block.

    `settings` are environment variables beside those that turn the limits off.
    """
    started = time.perf_counter()
    command = [sys.executable, "-m", "rowlock", "up", "--demo", "--port", "0"]
    process = subprocess.Popen(
        [*command, "--workers", str(workers), "--data", str(data)],
        env={**os.environ, **LIMITS_OFF, **settings},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        url = next(line.split()[1] for line in process.stdout if line.startswith("ready "))
        yield Installation(data, process, url, time.perf_counter() - started)
    finally:
        process.terminate()
        process.communicate(timeout=30)
