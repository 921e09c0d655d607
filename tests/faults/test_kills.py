"""Kill processes in the middle of a sale: what was acknowledged is there, and the sale goes on."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import psutil
from tests.faults.sale import SEATS_PER_ROW, Sale
from tests.house import House, small_plan

from rowlock.identity import open_signer
from rowlock.platform.postgres import Database
from rowlock.seating import write_plan

ROWLOCK = (sys.executable, "-m", "rowlock")
BUYERS = 30
STOP_SECONDS = 10.0
PLAN = small_plan(rows=20, seats_per_row=SEATS_PER_ROW)


class Installation(NamedTuple):
    """A running `rowlock up`."""

    url: str
    data: Path
    process: psutil.Process

    def role(self, name: str) -> psutil.Process:
        """The child process of a role."""
        return next(child for child in self.process.children() if name in child.cmdline())


def _environment() -> dict[str, str]:
    """Without limits, which all buyers here share, and with servers of its own."""
    inherited = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "VALKEY_URL"}}
    return inherited | {"ROWLOCK_BOOKING_ATTEMPTS_PER_MINUTE": "0", "ROWLOCK_REQUESTS_PER_MINUTE": "0"}


@contextmanager
def _up(data: Path) -> Iterator[Installation]:
    command = [*ROWLOCK, "up", "--port", "0", "--workers", "1", "--data", str(data)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=_environment()) as running:
        try:
            assert running.stdout is not None
            first_line = running.stdout.readline()
            assert first_line.startswith("ready "), f"rowlock up did not start: {first_line!r}"
            yield Installation(first_line.split()[1], data, psutil.Process(running.pid))
        finally:
            running.terminate()
            running.wait(STOP_SECONDS)


def _rowlock(data: Path, *arguments: str) -> str:
    """What a verb prints; it must succeed."""
    command = [*ROWLOCK, *arguments, "--data", str(data)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=_environment())
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _open_sale(data: Path) -> Sale:
    """An event of 1,000 seats on sale, and its buyers."""
    file = data / "house.json"
    file.write_bytes(write_plan(PLAN))
    plan_id = json.loads(_rowlock(data, "plan", "import", str(file), "--json"))["planId"]
    prices = ("--price", "VIP=95.00", "--price", "Regular=49.50")
    evening = ("--name", "Test night", "--starts-at", "2037-05-01T19:30:00+02:00")
    event_id = _rowlock(data, "event", "create", *evening, "--plan", plan_id, *prices).strip()
    return Sale(event_id, _rowlock(data, "token", "--role", "buyer", "--count", str(BUYERS)).split())


async def _interrupt(sale: Sale, url: str, victim: psutil.Process) -> None:
    """Sell, and kill a process when half is sold."""
    selling = asyncio.create_task(sale.go_on(url))
    await sale.half_sold()
    assert sale.open > 0
    victim.kill()
    assert await selling > 0, "nobody noticed the kill, so it tested nothing"


async def test_a_killed_api_process_loses_no_acknowledged_booking(tmp_path: Path) -> None:
    with _up(tmp_path) as shop:
        sale = _open_sale(tmp_path)
        killed = shop.role("api")
        await _interrupt(sale, shop.url, killed)
        assert await sale.look(shop.url) > 0
        assert await sale.go_on(shop.url) == 0
        assert sale.open == 0
        assert shop.role("api").pid != killed.pid
        await sale.look(shop.url)
        _rowlock(tmp_path, "verify")


async def test_a_killed_installation_starts_again_with_every_acknowledged_booking(tmp_path: Path) -> None:
    with _up(tmp_path) as shop:
        sale = _open_sale(tmp_path)
        await _interrupt(sale, shop.url, shop.process)
    with _up(tmp_path) as shop:
        assert await sale.look(shop.url) > 0
        assert await sale.go_on(shop.url) == 0
        assert sale.open == 0
        _rowlock(tmp_path, "verify")


def test_sigterm_ends_every_process_within_ten_seconds(tmp_path: Path) -> None:
    with _up(tmp_path) as shop:
        family = [shop.process, *shop.process.children(recursive=True)]
        assert len(family) > 4
        shop.process.send_signal(signal.SIGTERM)
        _, left = psutil.wait_procs(family, STOP_SECONDS)
        assert left == []


@contextmanager
def _api_without_valkey(database_url: str) -> Iterator[str]:
    """The URL of an api process whose Valkey does not answer, with the limits on so that every request asks for it."""
    with socket.socket() as dead, socket.socket() as listener:
        dead.bind(("127.0.0.1", 0))
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        environment = os.environ | {
            "DATABASE_URL": database_url,
            "VALKEY_URL": f"valkey://127.0.0.1:{dead.getsockname()[1]}/0",
            "ROWLOCK_BOOKING_ATTEMPTS_PER_MINUTE": "10000",
            "ROWLOCK_REQUESTS_PER_MINUTE": "100000",
            "ROWLOCK_REQUESTS_PER_MINUTE_SURGE": "100000",
        }
        command = [*ROWLOCK, "api", "--fd", str(listener.fileno())]
        with subprocess.Popen(command, env=environment, pass_fds=(listener.fileno(),)) as api:
            try:
                yield f"http://127.0.0.1:{listener.getsockname()[1]}"
            finally:
                api.terminate()
                api.wait(STOP_SECONDS)


async def test_sales_go_on_without_valkey(database_url: str, database: Database) -> None:
    house = await House.open(database, PLAN)
    signer = await open_signer(database)
    sale = Sale(str(house.event_id), [signer.issue(f"buyer:{number}", "buyer") for number in range(BUYERS)])
    with _api_without_valkey(database_url) as url:
        assert await sale.go_on(url) == 0
        assert sale.open == 0
        await sale.look(url)
    assert await house.broken() == []
