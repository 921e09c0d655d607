"""What can go wrong on somebody else's machine, as one line that says what to do about it."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class EmbeddedServersError(Exception):
    """The servers cannot run here; the message is one line and names the way out."""


class FolderInUseError(EmbeddedServersError):
    """Another process has the data folder; `pid` is 0 while that process has not written its own yet."""

    def __init__(self, folder: Path, pid: int) -> None:
        self.pid = pid
        owner = f"process {pid}" if pid else "another process"
        super().__init__(f"{folder} is in use by {owner}; stop that first, or choose another folder with --data")


class PortTakenError(EmbeddedServersError):
    """Somebody took the port between our choosing and the server's binding it."""


_ADVICE = (
    ("No space left on device", "the disk is full; free some space or choose another folder with --data"),
    ("Disk quota exceeded", "the disk quota is used up; free some space or choose another folder with --data"),
    ("Read-only file system", "the folder lies on a read-only file system; choose another with --data"),
    ("Too many open files", "the limit of open files is too low; raise it with `ulimit -n 4096`"),
    ("Permission denied", "the folder or a file in it belongs to somebody else; choose another with --data"),
    ("Operation not permitted", "the folder or a file in it belongs to somebody else; choose another with --data"),
    ("could not map anonymous shared memory", "there is too little memory; stop other programs"),
    ("Cannot allocate memory", "there is too little memory; stop other programs"),
    ("password authentication failed", "installation.json does not fit the database beside it; restore both together"),
    ("WRONGPASS", "installation.json was changed while Valkey ran; start again"),
)
_TELLING = ("FATAL", "PANIC", "error:", "ERROR", "could not", "Failed", "Can't", "Error")


def fault_from_output(server: str, output: str, log: Path | None = None) -> EmbeddedServersError:
    """Turn what a server wrote before it gave up into one line with advice."""
    if "Address already in use" in output:
        return PortTakenError(f"{server}: its port was taken by another program; start again")
    where = f" (see {log})" if log else ""
    # What a server merely notes has not ended it: PostgreSQL 15 notes a folder that it may not enter and goes on.
    grave = "\n".join(line for line in output.splitlines() if "LOG: " not in line)
    for symptom, advice in _ADVICE:
        if symptom in grave:
            return EmbeddedServersError(f"{server}: {advice}{where}")
    lines = [line.strip() for line in (grave or output).splitlines() if line.strip()]
    telling = [line for line in lines if any(word in line for word in _TELLING)] or lines[-1:]
    return EmbeddedServersError(f"{server} did not start: {telling[0] if telling else 'it said nothing'}{where}")


def fault_from_os_error(error: OSError, doing: str) -> EmbeddedServersError:
    """The same for an error of our own file or process handling."""
    reason = error.strerror or str(error)
    place = f" {error.filename}" if error.filename else ""
    if error.errno == errno.ENOEXEC:
        return EmbeddedServersError(f"{doing}:{place} is built for another kind of machine; install again here")
    advice = next((advice for symptom, advice in _ADVICE if symptom == reason), reason)
    return EmbeddedServersError(f"{doing}:{place}: {advice}")


@contextmanager
def one_line_faults(doing: str) -> Iterator[None]:
    """OSErrors of the block become EmbeddedServersError; `doing` starts the sentence."""
    try:
        yield
    except OSError as error:
        raise fault_from_os_error(error, doing) from error


def tail(path: Path, start: int, length_max: int = 20_000) -> str:
    """What was appended to a log since byte `start`, at most its last `length_max` bytes."""
    try:
        with path.open("rb") as log:
            end = log.seek(0, os.SEEK_END)
            log.seek(max(start, end - length_max))
            return log.read().decode("utf-8", "replace")
    except OSError:
        return ""
