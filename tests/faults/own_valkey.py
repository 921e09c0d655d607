"""A Valkey of a test's own, to be stopped, killed and started again on what it had saved."""

import signal
import socket
import subprocess
from pathlib import Path
from typing import Self

from valkey.asyncio import Valkey

from rowlock.platform.embedded.account import server_account
from rowlock.platform.embedded.binaries import find_valkey

READY = b"Ready to accept connections"


class OwnValkey:
    """A server on a port of its own that keeps its port and its folder when it starts again.

    `options` are the server's own, as its command line has them.
    """

    def __init__(self, folder: Path, *options: str) -> None:
        self._program = find_valkey(server_account(folder))
        self._folder = folder
        self._options = options
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port: int = free.getsockname()[1]
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_fault: object) -> None:
        self.kill()

    def client(self) -> Valkey:
        """A client as the api role has one."""
        url = f"valkey://127.0.0.1:{self._port}/0"
        client: Valkey = Valkey.from_url(url, socket_timeout=0.5, socket_connect_timeout=0.5)
        return client

    def start(self) -> None:
        """Start with what the folder holds and return when it answers."""
        where = ["--bind", "127.0.0.1", "--port", str(self._port), "--dir", str(self._folder), "--save", ""]
        self._process = subprocess.Popen([str(self._program), *where, *self._options], stdout=subprocess.PIPE)
        assert self._process.stdout is not None
        said = iter(self._process.stdout.readline, b"")
        assert any(READY in line for line in said), "valkey-server did not start"

    def stall(self) -> None:
        """Let it keep its connections and answer nothing."""
        self._running.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """End a stall."""
        self._running.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        """End it as a power failure would."""
        self._running.kill()
        self._running.wait()
        assert self._running.stdout is not None
        self._running.stdout.close()

    @property
    def _running(self) -> "subprocess.Popen[bytes]":
        assert self._process is not None
        return self._process
