"""The embedded Valkey. It keeps nothing on disk, because nothing in it is truth: limits, fan-out, caches."""

import subprocess
from pathlib import Path

from valkey import Valkey
from valkey.exceptions import AuthenticationError, ResponseError, ValkeyError

from rowlock.platform.embedded.account import Account
from rowlock.platform.embedded.faults import EmbeddedServersError, fault_from_output, tail
from rowlock.platform.embedded.folder import DataFolder, Installation
from rowlock.platform.embedded.process import VALKEY_STOP, spawn, wait_until

READY_SECONDS_MAX = 20.0
MEGABYTE = 1024 * 1024


def start(
    folder: DataFolder,
    program: Path,
    account: Account,
    installation: Installation,
    *,
    sockets: Path,
    memory_bytes: int,
) -> "subprocess.Popen[bytes]":
    """Start the server; its configuration goes through stdin, so no password shows in the process list."""
    account.make_folder(folder.valkey)
    with account.reach(sockets) as (socket_path, descriptor):
        return spawn(
            [program, "-"],
            account,
            cwd=folder.valkey,
            log=folder.log("valkey"),
            inherit=(descriptor,),
            stop=VALKEY_STOP,
            stdin=_configuration(installation, socket_path, memory_bytes).encode(),
        )


def wait_ready(process: "subprocess.Popen[bytes]", folder: DataFolder, url: str, log_start: int) -> None:
    """Return when the server answers; raise with what it said when it does not."""
    log = folder.log("valkey")
    with Valkey.from_url(url) as client:
        if wait_until(process, lambda: _answers(client), READY_SECONDS_MAX):
            return
    if process.poll() is None:
        raise EmbeddedServersError(f"Valkey was not ready after {READY_SECONDS_MAX:.0f} s (see {log})")
    raise fault_from_output("Valkey", tail(log, log_start), log)


def valkey_url(installation: Installation) -> str:
    """Address of the server on loopback."""
    return f"valkey://:{installation.valkey_password}@127.0.0.1:{installation.valkey_port}/0"


def _answers(client: "Valkey") -> bool:
    try:
        return bool(client.ping())
    except (AuthenticationError, ResponseError) as error:
        raise fault_from_output("Valkey", str(error)) from error
    except ValkeyError:
        return False


def _configuration(installation: Installation, sockets: str, memory_bytes: int) -> str:
    # Keys with a time to live are counters and caches; when memory runs out those nearest their end go first,
    # and the lines of a waiting room, which have none, stay.
    settings = {
        "bind": "127.0.0.1",
        "port": installation.valkey_port,
        "unixsocket": f"{sockets}/valkey.sock",
        "unixsocketperm": "700",
        "requirepass": installation.valkey_password,
        "save": '""',
        "appendonly": "no",
        "maxclients": 1000,
        "maxmemory": min(max(memory_bytes // 16, 64 * MEGABYTE), 512 * MEGABYTE),
        "maxmemory-policy": "volatile-ttl",
    }
    return "".join(f"{name} {value}\n" for name, value in settings.items())
