"""A second process that keeps servers on a folder, to be killed or asked to end."""

import os
import pwd
import signal
import subprocess
import sys
from pathlib import Path

import msgspec

from rowlock.platform.embedded import Servers

# Prints the servers as JSON, then lives until its standard input closes.
KEEPER = """
import sys
from pathlib import Path
import msgspec
from rowlock.platform.embedded import EmbeddedServers, EmbeddedServersError
with EmbeddedServers() as embedded:
    try:
        print(msgspec.json.encode(embedded.start(Path(sys.argv[1]))).decode(), flush=True)
    except EmbeddedServersError as error:
        sys.exit(f"refused: {error}")
    sys.stdin.read()
"""


class Keeper:
    """Another process, perhaps of another user, that keeps servers on a folder."""

    def __init__(self, data: Path, user: pwd.struct_passwd | None = None) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", KEEPER, str(data)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd="/",
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            user=user.pw_uid if user else None,
            group=user.pw_gid if user else None,
            extra_groups=[] if user else None,
        )

    def servers(self) -> Servers:
        """Wait for the start and tell what runs."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, self.process.communicate()[1]
        return msgspec.json.decode(line, type=Servers)

    def refusal(self) -> str:
        """Wait for the refusal and tell its words."""
        return self.process.communicate(timeout=30)[1]

    def kill(self) -> None:
        """End it without letting it clean up."""
        self.process.send_signal(signal.SIGKILL)
        self.process.communicate()

    def end(self) -> None:
        """Let it stop its servers and go."""
        self.process.communicate(timeout=30)
