"""A running `rowlock up` whose processes can be found, to be killed or stopped."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import psutil

from rowlock.platform.embedded import Servers, running
from rowlock.platform.secrets import SecretBox
from rowlock.seating import SeatingPlan, write_plan
from rowlock.settings import HoldStrategyName

ROWLOCK = (sys.executable, "-m", "rowlock")
STOP_SECONDS = 10.0


class Installation(NamedTuple):
    """A running `rowlock up`."""

    url: str
    data: Path
    process: psutil.Process

    @property
    def servers(self) -> Servers:
        """The embedded servers, as they run now."""
        servers = running(self.data)
        assert servers is not None
        return servers

    @property
    def secrets(self) -> SecretBox:
        """What opens the secrets in its database."""
        return SecretBox.of((self.data / "secret.keys").read_text("utf-8"))

    def roles(self, name: str) -> list[psutil.Process]:
        """The processes of a role."""
        return [child for child in self.process.children() if name in _command(child)]

    def role(self, name: str) -> psutil.Process:
        """The one process of a role."""
        return self.roles(name)[0]

    def postgres(self) -> list[psutil.Process]:
        """The postmaster and all its children."""
        postmaster = psutil.Process(self.servers.postgres_pid)
        return [postmaster, *postmaster.children()]

    def backends(self) -> list[psutil.Process]:
        """PostgreSQL's processes that carry out statements."""
        return [one for one in self.postgres()[1:] if "postgres: rowlock rowlock" in " ".join(_command(one))]

    def valkey(self) -> list[psutil.Process]:
        """Valkey's one process."""
        return [psutil.Process(self.servers.valkey_pid)]

    def rowlock(self, *arguments: str) -> str:
        """What a verb prints; it must succeed."""
        done = self.tried(*arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def tried(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """What a verb did."""
        command = [*ROWLOCK, *arguments, "--data", str(self.data)]
        return subprocess.run(command, capture_output=True, text=True, check=False, env=environment())

    def import_plan(self, plan: SeatingPlan) -> str:
        """Store a plan and tell its id."""
        file = self.data.parent / "house.json"
        file.write_bytes(write_plan(plan))
        plan_id: str = json.loads(self.rowlock("plan", "import", str(file), "--json"))["planId"]
        return plan_id

    def tokens(self, role: str, count: int) -> list[str]:
        """Tokens of so many people."""
        return self.rowlock("token", "--role", role, "--count", str(count)).split()


def environment() -> dict[str, str]:
    """Without limits, which all buyers here share, and with servers of its own."""
    inherited = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "VALKEY_URL"}}
    return inherited | {
        "ROWLOCK_BOOKING_ATTEMPTS_PER_MINUTE": "0",
        "ROWLOCK_REQUESTS_PER_MINUTE": "0",
        "ROWLOCK_HOLDS_PER_USER_MAX": "0",
    }


@contextmanager
def up(
    folder: Path, workers: int = 1, strategy: HoldStrategyName = "row-lock", port: int = 0, **settings: str
) -> Iterator[Installation]:
    """Run `rowlock up` for the time of the block, its data and what it says to us in `folder`."""
    data = folder / "data"
    named = {f"ROWLOCK_{name.upper()}": value for name, value in settings.items()}
    variables = environment() | {"ROWLOCK_HOLD_STRATEGY": strategy} | named
    command = [*ROWLOCK, "up", "--port", str(port), "--workers", str(workers), "--data", str(data)]
    with (
        (folder / "up.log").open("a") as said,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=said, text=True, env=variables) as process,
    ):
        try:
            assert process.stdout is not None
            first_line = process.stdout.readline()
            assert first_line.startswith("ready "), f"rowlock up did not start: {first_line!r}"
            yield Installation(first_line.split()[1], data, psutil.Process(process.pid))
        finally:
            process.terminate()
            process.wait(STOP_SECONDS)


@contextmanager
def api_process(database_url: str, valkey_url: str) -> "Iterator[tuple[str, subprocess.Popen[bytes]]]":
    """One process of the api role on servers of somebody else, and its URL; the limits are on, and out of reach."""
    limits = {
        "ROWLOCK_BOOKING_ATTEMPTS_PER_MINUTE": "10000",
        "ROWLOCK_REQUESTS_PER_MINUTE": "100000",
        "ROWLOCK_REQUESTS_PER_MINUTE_SURGE": "100000",
    }
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        command = [*ROWLOCK, "api", "--fd", str(listener.fileno())]
        variables = os.environ | limits | {"DATABASE_URL": database_url, "VALKEY_URL": valkey_url}
        with subprocess.Popen(command, env=variables, pass_fds=(listener.fileno(),)) as process:
            try:
                yield f"http://127.0.0.1:{listener.getsockname()[1]}", process
            finally:
                process.terminate()
                process.wait(STOP_SECONDS)


def _command(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []
