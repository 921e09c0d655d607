"""Server processes: they end with us, and those that outlived a killed parent are found and ended."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
import psutil

from rowlock.platform.embedded.account import Account

SERVER_NAMES = frozenset({"postgres", "valkey-server"})
STEP_SECONDS = 4.0
"""How long each step of stopping may take before the next, harsher one."""
PAUSE_SECONDS_MAX = 0.1
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


class StopSignals(msgspec.Struct, frozen=True):
    """What to send to have a server end cleanly, then at once."""

    gently: signal.Signals
    at_once: signal.Signals


POSTGRES_STOP = StopSignals(signal.SIGINT, signal.SIGQUIT)
VALKEY_STOP = StopSignals(signal.SIGTERM, signal.SIGTERM)


def spawn(
    command: Sequence[str | Path],
    account: Account,
    *,
    cwd: Path,
    log: Path,
    inherit: Sequence[int],
    stop: StopSignals,
    stdin: bytes = b"",
) -> "subprocess.Popen[bytes]":
    """Start a server as `account`, its output appended to `log`, its configuration optionally through `stdin`.

    It gets a session of its own, so a terminal's Ctrl-C reaches only us and we stop it in order. On Linux the kernel
    signals it when the thread that called us ends, whichever way that happens: call from a lasting thread.
    """
    with log.open("ab") as output:
        process = subprocess.Popen(
            [str(part) for part in command],
            cwd=cwd,
            env=ENVIRONMENT,
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            pass_fds=tuple(inherit),
            start_new_session=True,
            umask=0o077,
            preexec_fn=ends_with_parent(os.getpid(), stop.gently),  # noqa: PLW1509 - it only makes two system calls
            user=account.user,
            group=account.group,
            extra_groups=account.extra_groups,
        )
    assert process.stdin is not None
    with contextlib.suppress(BrokenPipeError), process.stdin as feed:  # it ended already; its log says why
        feed.write(stdin)
    return process


def run_to_end(
    command: Sequence[str | Path], account: Account, *, cwd: Path, inherit: Sequence[int], stdin: bytes = b""
) -> "subprocess.CompletedProcess[bytes]":
    """Run a program of the servers as `account` and collect what it says."""
    return subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=ENVIRONMENT,
        input=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        pass_fds=tuple(inherit),
        umask=0o077,
        user=account.user,
        group=account.group,
        extra_groups=account.extra_groups,
        check=False,
    )


def wait_until(process: "subprocess.Popen[bytes]", ready: Callable[[], bool], seconds: float) -> bool:
    """True as soon as `ready()`; False when the process ended or the time is over."""
    deadline = time.monotonic() + seconds
    pause = 0.002
    while process.poll() is None and time.monotonic() < deadline:
        if ready():
            return True
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(pause)
        pause = min(pause * 1.5, PAUSE_SECONDS_MAX)
    return False


def ends_with_parent(parent: int, gently: signal.Signals) -> Callable[[], None] | None:
    """A `preexec_fn` after which Linux sends `gently` to the new process when `parent` ends, however it ends."""
    if _libc is None:
        return None
    prctl = _libc.prctl

    def hook() -> None:
        prctl(_PR_SET_PDEATHSIG, int(gently), 0, 0, 0)
        if os.getppid() != parent:  # it died before we could ask to be told
            os._exit(1)

    return hook


def stop(process: "subprocess.Popen[bytes]", signals: StopSignals) -> None:
    """End a server of ours: cleanly, else at once, else by force. Returns when it is gone."""
    for step in (signals.gently, signals.at_once, signal.SIGKILL):
        if process.poll() is not None:
            return
        process.send_signal(step)
        try:
            process.wait(STEP_SECONDS)
        except subprocess.TimeoutExpired:
            continue


def stop_left_over(folder: Path, signals: StopSignals) -> None:
    """End the servers that work in `folder` although nobody holds it: their parent was killed.

    A pid file would not do: pids are used again. What a server cannot lie about is the folder it works in.
    """
    for step in (signals.gently, signals.at_once, signal.SIGKILL):
        members = _servers_in(folder)
        if not members:
            return
        pids = {process.pid for process in members}
        for process in members:
            if _parent(process) not in pids:  # the postmaster ends its own children
                _signal(process, step)
        psutil.wait_procs(members, timeout=STEP_SECONDS)


def works_in(pid: int, folder: Path) -> bool:
    """Whether `pid` is a live server of this very folder."""
    return any(process.pid == pid for process in _servers_in(folder))


def _servers_in(folder: Path) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        try:
            if process.name() in SERVER_NAMES and Path(process.cwd()).samefile(folder):
                found.append(process)
        except (psutil.Error, OSError):
            continue
    return found


def _parent(process: psutil.Process) -> int:
    try:
        return process.ppid()
    except psutil.Error:
        return 0


def _signal(process: psutil.Process, step: signal.Signals) -> None:
    with contextlib.suppress(psutil.NoSuchProcess):
        process.send_signal(step)
