"""Start and stop both servers of a data folder, or borrow those that run."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

from rowlock.platform.embedded import postgres, valkey
from rowlock.platform.embedded.account import Account, server_account
from rowlock.platform.embedded.binaries import Postgres, find_postgres, find_valkey
from rowlock.platform.embedded.faults import (
    EmbeddedServersError,
    FolderInUseError,
    PortTakenError,
    one_line_faults,
)
from rowlock.platform.embedded.folder import DataFolder, Installation, Servers, running
from rowlock.platform.embedded.process import (
    POSTGRES_STOP,
    VALKEY_STOP,
    stop,
    stop_left_over,
)

STOP_SIGNALS = {"valkey": VALKEY_STOP, "postgres": POSTGRES_STOP}
"""The servers, by the names of their folders and logs, in the order in which they stop."""
PORT_ATTEMPTS = 3
BORROW_SECONDS_MAX = 60.0
BORROW_PAUSE_SECONDS = 0.05


class Launch(NamedTuple):
    """All that a server of this folder is started with, and started again with."""

    folder: DataFolder
    account: Account
    sockets: Path
    installation: Installation
    postgres_programs: Postgres
    valkey_program: Path


class EmbeddedServers:
    """PostgreSQL and Valkey of one data folder, kept by this process and gone with it.

    Start from a thread that lasts as long as the servers shall (the main thread): Linux ends them with it.
    """

    def __init__(self, postgres_bin: Path | None = None) -> None:
        self._postgres_bin = postgres_bin
        self._held = ExitStack()
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._folder: DataFolder | None = None
        self._launch: Launch | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self, data: Path) -> Servers:
        """Start both on `data`, made when missing, and return when both answer.

        FolderInUseError names the process that has the folder; EmbeddedServersError says what else is in the way.
        """
        if self._folder is not None:
            raise EmbeddedServersError(f"already started on {self._folder.path}")
        with one_line_faults("embedded servers"):
            folder = DataFolder(data)
            folder.prepare()
            self._held.enter_context(folder.held())
            self._folder = folder
            try:
                return self._start_held(folder)
            except BaseException:
                self.stop()
                raise

    def stop(self) -> None:
        """End both: cleanly, after some seconds by force. Does nothing when none runs."""
        if self._folder is not None:
            self._folder.forget_running()
        self._stop_both()
        self._held.close()
        self._folder = None

    def fault(self) -> str | None:
        """One line about a server that ended although nobody stopped it; None while both run."""
        for name, process in self._processes.items():
            if (status := process.poll()) is not None and self._folder is not None:
                return f"{name} ended with status {status} (see {self._folder.log(name)})"
        return None

    def revive(self) -> None:
        """Start again what ended, on the same ports, and return when it answers.

        EmbeddedServersError says why it does not: then it will not by itself.
        """
        assert self._launch is not None
        folder = self._launch.folder
        for name, process in list(self._processes.items()):
            if process.poll() is not None:
                with one_line_faults("embedded servers"):
                    stop_left_over(folder.path / name, STOP_SIGNALS[name])  # children that outlive a killed postmaster
                    log_start = folder.open_log(name)
                    self._start(name, self._launch)
                    self._wait_ready(name, self._launch, log_start)
                    folder.remember_running(self._servers(self._launch))

    def _stop_both(self) -> None:
        for name, signals in STOP_SIGNALS.items():
            if process := self._processes.pop(name, None):
                stop(process, signals)

    def _start_held(self, folder: DataFolder) -> Servers:
        folder.forget_running()
        for name, signals in STOP_SIGNALS.items():
            stop_left_over(folder.path / name, signals)
        account = server_account(folder.postgres)
        sockets = folder.socket_folder()
        self._held.callback(shutil.rmtree, sockets, ignore_errors=True)
        for _ in range(PORT_ATTEMPTS - 1):
            try:
                return self._start_both(folder, account, sockets)
            except PortTakenError:
                self._stop_both()
        return self._start_both(folder, account, sockets)

    def _start_both(self, folder: DataFolder, account: Account, sockets: Path) -> Servers:
        """Valkey starts while PostgreSQL makes its cluster or recovers; then wait for both."""
        programs, valkey_program = find_postgres(account, self._postgres_bin), find_valkey(account)
        launch = self._launch = Launch(folder, account, sockets, folder.installation(), programs, valkey_program)
        _clear_sockets(sockets, account)
        log_starts = {name: folder.open_log(name) for name in STOP_SIGNALS}
        self._start("valkey", launch)
        postgres.ensure_cluster(folder, programs, account, launch.installation.postgres_password)
        self._start("postgres", launch)
        for name, log_start in log_starts.items():
            self._wait_ready(name, launch, log_start)
        servers = self._servers(launch)
        folder.remember_running(servers)
        return servers

    def _start(self, name: str, launch: Launch) -> None:
        folder, account, installation, sockets = launch.folder, launch.account, launch.installation, launch.sockets
        if name == "postgres":
            self._processes[name] = postgres.start(folder, launch.postgres_programs, account, installation, sockets)
        else:
            self._processes[name] = valkey.start(
                folder, launch.valkey_program, account, installation,
                sockets=sockets, memory_bytes=postgres.machine_memory_bytes(),
            )  # fmt: skip

    def _wait_ready(self, name: str, launch: Launch, log_start: int) -> None:
        process, folder, installation = self._processes[name], launch.folder, launch.installation
        if name == "postgres":
            postgres.wait_ready(process, folder, postgres.database_url(installation), log_start)
        else:
            valkey.wait_ready(process, folder, valkey.valkey_url(installation), log_start)

    def _servers(self, launch: Launch) -> Servers:
        return Servers(
            database_url=postgres.database_url(launch.installation),
            valkey_url=valkey.valkey_url(launch.installation),
            sockets=str(launch.sockets),
            pid=os.getpid(),
            postgres_pid=self._processes["postgres"].pid,
            valkey_pid=self._processes["valkey"].pid,
        )


@contextmanager
def borrow(data: Path) -> Iterator[Servers]:
    """The running servers of `data`, or servers started for the time of the block.

    A block that had to start them keeps them until the blocks that found them running are through.
    """
    deadline = time.monotonic() + BORROW_SECONDS_MAX
    folder = DataFolder(data)
    with one_line_faults("embedded servers"):
        folder.prepare()
    while True:
        with ExitStack() as use:
            with one_line_faults("embedded servers"):
                use.enter_context(folder.in_use(alone=False))
            if servers := running(data):
                yield servers
                return
        embedded = EmbeddedServers()
        try:
            servers = embedded.start(data)
            break
        except FolderInUseError:  # somebody is starting or stopping them just now
            if time.monotonic() > deadline:
                raise
            time.sleep(BORROW_PAUSE_SECONDS)
    try:
        yield servers
    finally:
        with folder.in_use(alone=True):
            embedded.stop()


def _clear_sockets(sockets: Path, account: Account) -> None:
    """Nobody listens there now: a socket or its lock file left by a killed server would only refuse the next."""
    account.make_folder(sockets)
    for path in sockets.iterdir():
        path.unlink()
