"""The data folder: what lies where in it, whose it is, and whether its servers run."""

import fcntl
import os
import secrets
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path

import msgspec
import psutil

from rowlock.platform.embedded.faults import EmbeddedServersError, FolderInUseError, one_line_faults
from rowlock.platform.embedded.process import works_in
from rowlock.platform.secrets import new_key

DATA_SETTING = "ROWLOCK_DATA"
SOCKET_PATH_BYTES_MAX = 107
LONGEST_SOCKET_NAME = ".s.PGSQL.65535.lock"
LOG_BYTES_MAX = 16 * 1024 * 1024
NOT_OURS_BUT_HARMLESS = {"lost+found", ".DS_Store"}


class Servers(msgspec.Struct, frozen=True):
    """Two running servers, how to reach them, and the process that keeps them."""

    database_url: str
    valkey_url: str
    sockets: str
    """Folder with the unix sockets: `.s.PGSQL.<port>` and `valkey.sock`."""
    pid: int
    postgres_pid: int
    valkey_pid: int


class Installation(msgspec.Struct):
    """What must stay the same from one start to the next; 0600, because of the passwords."""

    postgres_password: str
    valkey_password: str
    postgres_port: int
    valkey_port: int
    format: str = "rowlock-data/1"


def default_data_folder() -> Path:
    """ROWLOCK_DATA, else /var/lib/rowlock for root, else the user's XDG data home."""
    if named := os.environ.get(DATA_SETTING):
        return Path(named)
    if os.geteuid() == 0:
        return Path("/var/lib/rowlock")
    home = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(home) / "rowlock"


def running(data: Path) -> Servers | None:
    """The servers of this folder if a live process keeps them; EmbeddedServersError when we may not look."""
    folder = DataFolder(data)
    with one_line_faults("looking for running servers"):
        try:
            servers = msgspec.json.decode(folder.running_file.read_bytes(), type=Servers)
        except (FileNotFoundError, NotADirectoryError, msgspec.DecodeError):
            return None
        alive = psutil.pid_exists(servers.pid) and works_in(servers.postgres_pid, folder.postgres)
        return servers if alive else None


class DataFolder:
    """One installation's folder. Its own mode is left alone; what we make in it is private."""

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()
        self.postgres = self.path / "postgres"
        self.valkey = self.path / "valkey"
        self.logs = self.path / "logs"
        self.running_file = self.path / "running.json"
        self._installation_file = self.path / "installation.json"
        self._lock_file = self.path / "rowlock.lock"
        self._users_file = self.path / "users.lock"

    def prepare(self) -> None:
        """Make the folder if need be; refuse one that holds somebody else's files."""
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        names = {entry.name for entry in self.path.iterdir()} - NOT_OURS_BUT_HARMLESS
        ours = self._installation_file.name in names or names <= {self._lock_file.name, self._users_file.name}
        if not ours:
            raise EmbeddedServersError(
                f"{self.path} is not empty and holds no Rowlock installation; choose an empty folder with --data"
            )

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the folder: FolderInUseError with the holder's pid while somebody else does."""
        self._touch_private(self._lock_file)
        with self._lock_file.open("r+", encoding="ascii") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                holder = lock.read().strip()
                raise FolderInUseError(self.path, int(holder) if holder.isdigit() else 0) from None
            lock.truncate(0)
            lock.write(str(os.getpid()))
            lock.flush()
            yield

    @contextmanager
    def in_use(self, *, alone: bool) -> Iterator[None]:
        """Count as a user of the servers; `alone` waits until no other verb is."""
        self._touch_private(self._users_file)
        with self._users_file.open("r+b") as users:
            fcntl.flock(users, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
            yield

    def installation(self) -> Installation:
        """What is remembered, its ports exchanged where somebody took them meanwhile; written when it changed."""
        try:
            before = self._installation_file.read_bytes()
            remembered = msgspec.json.decode(before, type=Installation)
        except FileNotFoundError:
            before = b""
            remembered = Installation(secrets.token_hex(24), secrets.token_hex(24), 0, 0)
        except msgspec.DecodeError as error:
            raise EmbeddedServersError(
                f"{self._installation_file} cannot be read ({error}); restore it from a backup"
            ) from error
        remembered.postgres_port, remembered.valkey_port = _free_ports(remembered.postgres_port, remembered.valkey_port)
        if (after := msgspec.json.format(msgspec.json.encode(remembered), indent=2)) != before:
            self._write(self._installation_file, after)
            readme = resources.files("rowlock.platform.embedded").joinpath("data-folder.md")
            self._write(self.path / "README.md", readme.read_bytes())
        return remembered

    def secret_keys_file(self) -> Path:
        """The file with the keys of the secrets in PostgreSQL, made with a first key when there is none."""
        path = self.path / "secret.keys"
        if not path.exists():
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._write(path, f"{new_key()}\n".encode())
        return path

    def socket_folder(self) -> Path:
        """Where the unix sockets of the coming start go: in the folder, or in /tmp where its path is too long."""
        near = self.path / "sockets"
        if len(os.fsencode(near / LONGEST_SOCKET_NAME)) <= SOCKET_PATH_BYTES_MAX:
            return near
        return Path(tempfile.mkdtemp(prefix="rowlock-", dir="/tmp"))  # nosec B108  a folder of our own is made in it

    def log(self, name: str) -> Path:
        """A server's log."""
        return self.logs / f"{name}.log"

    def open_log(self, name: str) -> int:
        """Ready a server's log, the old one put aside when it has grown; the size it starts with."""
        self.logs.mkdir(mode=0o700, exist_ok=True)
        path = self.log(name)
        if path.exists() and path.stat().st_size > LOG_BYTES_MAX:
            path.replace(path.with_suffix(".log.1"))
        self._give_to_owner(self.logs)
        self._touch_private(path)
        return path.stat().st_size

    def remember_running(self, servers: Servers) -> None:
        """Let other processes find the servers."""
        self._write(self.running_file, msgspec.json.encode(servers))

    def forget_running(self) -> None:
        """The servers are going, or went with a killed process."""
        self.running_file.unlink(missing_ok=True)

    def _write(self, path: Path, content: bytes) -> None:
        with tempfile.NamedTemporaryFile(dir=self.path, prefix=".", delete=False) as half:
            try:
                half.write(content)
                half.flush()
                os.fsync(half.fileno())
                Path(half.name).replace(path)
            except BaseException:
                Path(half.name).unlink(missing_ok=True)
                raise
        self._give_to_owner(path)

    def _touch_private(self, path: Path) -> None:
        path.touch(mode=0o600)
        self._give_to_owner(path)

    def _give_to_owner(self, path: Path) -> None:
        """Files that root makes in somebody's folder are that somebody's, or their next start would fail."""
        if os.geteuid() == 0:
            owner = self.path.stat()
            os.chown(path, owner.st_uid, owner.st_gid)


def _free_ports(*wanted: int) -> list[int]:
    """The wanted loopback ports where they are free, others where not."""
    with_sockets = [_bound(port) for port in wanted]
    try:
        return [bound.getsockname()[1] for bound in with_sockets]
    finally:
        for bound in with_sockets:
            bound.close()


def _bound(port: int) -> socket.socket:
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind(("127.0.0.1", port))
    except OSError:
        bound.bind(("127.0.0.1", 0))
    return bound
