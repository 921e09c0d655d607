"""Who the servers run as. PostgreSQL refuses root, so root hands its servers to an unprivileged user.

That user may be unable to walk to a data folder below somebody's private one, and opening that private folder to the
world is not ours to do. Root opens the server's folder itself and lets the server inherit the descriptor: a path
through /proc/self/fd needs rights on the folder, none on the folders above it.
"""

import os
import pwd
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import structlog

from rowlock.platform.embedded.faults import EmbeddedServersError

SYSTEM_USER = "rowlock"
FALLBACK_USER = "nobody"
NO_SHELL = "/usr/sbin/nologin"

log = structlog.get_logger(__name__)


class Account(msgspec.Struct, frozen=True):
    """The user of the servers; `dropped` when that is not the user who started us."""

    name: str
    uid: int
    gid: int
    dropped: bool

    @property
    def user(self) -> int | None:
        """What to pass to subprocess; None leaves the child as we are."""
        return self.uid if self.dropped else None

    @property
    def group(self) -> int | None:
        return self.gid if self.dropped else None

    @property
    def extra_groups(self) -> list[int] | None:
        return [] if self.dropped else None

    def own(self, path: Path, mode: int) -> None:
        """Give a file or folder of ours to the servers."""
        path.chmod(mode)
        if self.dropped:
            os.chown(path, self.uid, self.gid)

    def make_folder(self, path: Path) -> None:
        """A private folder of the servers, made when missing."""
        if path.is_symlink():  # following it, root would give away whatever it points at
            raise EmbeddedServersError(f"{path} is a link; put the folder itself there")
        path.mkdir(mode=0o700, exist_ok=True)
        self.own(path, 0o700)

    @contextmanager
    def reach(self, path: Path) -> Iterator[tuple[str, int]]:
        """(path as the servers can open it, descriptor that their process must inherit)."""
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            yield (f"/proc/self/fd/{descriptor}" if self._by_descriptor else str(path)), descriptor
        finally:
            os.close(descriptor)

    @property
    def _by_descriptor(self) -> bool:
        return self.dropped and sys.platform == "linux"


def server_account(cluster: Path) -> Account:
    """Ourselves; for root the owner of the existing `cluster` folder, else the system user made for this."""
    if os.geteuid() != 0:
        return Account(name=str(os.geteuid()), uid=os.geteuid(), gid=os.getegid(), dropped=False)
    if cluster.is_dir() and (owner := cluster.stat()).st_uid != 0:
        return Account(name=str(owner.st_uid), uid=owner.st_uid, gid=owner.st_gid, dropped=True)
    entry = _entry(SYSTEM_USER) or _create_system_user() or _entry(FALLBACK_USER)
    if entry is None or entry.pw_uid == 0:
        raise EmbeddedServersError(
            f"PostgreSQL does not run as root and the user {SYSTEM_USER} cannot be created; "
            f"create it with `useradd -r -M {SYSTEM_USER}` or start as an ordinary user"
        )
    if entry.pw_name == FALLBACK_USER:
        log.warning("servers_run_as_fallback_user", user=FALLBACK_USER, wanted=SYSTEM_USER)
    return Account(name=entry.pw_name, uid=entry.pw_uid, gid=entry.pw_gid, dropped=True)


def _entry(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def _create_system_user() -> pwd.struct_passwd | None:
    useradd = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin")
    if useradd is not None:
        command = [useradd, "-r", "-M", "-d", "/nonexistent", "-s", NO_SHELL, SYSTEM_USER]
        subprocess.run(command, capture_output=True, check=False)
    return _entry(SYSTEM_USER)
