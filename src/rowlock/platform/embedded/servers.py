"""Start and stop both servers of a data folder, or borrow those that run."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from rowlock.platform.embedded import postgres, valkey
from rowlock.platform.embedded.account import Account, server_account
from rowlock.platform.embedded.binaries import find_postgres, find_valkey
from rowlock.platform.embedded.faults import (
    EmbeddedServersError,
    FolderInUseError,
    PortTakenError,
    one_line_faults,
)
from rowlock.platform.embedded.folder import DataFolder, Servers, running
from rowlock.platform.embedded.process import (
    POSTGRES_STOP,
    VALKEY_STOP,
    stop,
    stop_left_over,
)

PORT_ATTEMPTS = 3
BORROW_SECONDS_MAX = 60.0
BORROW_PAUSE_SECONDS = 0.05


class EmbeddedServers:
    """PostgreSQL and Valkey of one data folder, kept by this process and gone with it.

    Start from a thread that lasts as long as the servers shall (the main thread): Linux ends them with it.
    """

    def __init__(self, postgres_bin: Path | None = None) -> None:
        self._postgres_bin = postgres_bin
        self._held = ExitStack()
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._folder: DataFolder | None = None

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

    def _stop_both(self) -> None:
        for name, signals in (("valkey", VALKEY_STOP), ("postgres", POSTGRES_STOP)):
            if process := self._processes.pop(name, None):
                stop(process, signals)

    def _start_held(self, folder: DataFolder) -> Servers:
        folder.forget_running()
        stop_left_over(folder.postgres, POSTGRES_STOP)
        stop_left_over(folder.valkey, VALKEY_STOP)
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
        installation = folder.installation()
        _clear_sockets(sockets, account)
        valkey_log_start, postgres_log_start = folder.open_log("valkey"), folder.open_log("postgres")
        valkey_process = self._processes["valkey"] = valkey.start(
            folder, valkey_program, account, installation, sockets=sockets, memory_bytes=postgres.machine_memory_bytes()
        )
        postgres.ensure_cluster(folder, programs, account, installation.postgres_password)
        postgres_process = self._processes["postgres"] = postgres.start(
            folder, programs, account, installation, sockets
        )
        servers = Servers(
            database_url=postgres.database_url(installation),
            valkey_url=valkey.valkey_url(installation),
            sockets=str(sockets),
            pid=os.getpid(),
            postgres_pid=postgres_process.pid,
            valkey_pid=valkey_process.pid,
        )
        valkey.wait_ready(valkey_process, folder, servers.valkey_url, valkey_log_start)
        postgres.wait_ready(postgres_process, folder, servers.database_url, postgres_log_start)
        folder.remember_running(servers)
        return servers


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
