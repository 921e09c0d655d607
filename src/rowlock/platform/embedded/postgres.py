"""The embedded PostgreSQL: make a cluster, start it, know when it answers."""

import shutil
import subprocess
import tempfile
from importlib import resources
from pathlib import Path

import psutil
import psycopg

from rowlock.platform.embedded.account import Account
from rowlock.platform.embedded.binaries import POSTGRES_BIN_SETTING, Postgres
from rowlock.platform.embedded.faults import EmbeddedServersError, fault_from_output, tail
from rowlock.platform.embedded.folder import DataFolder, Installation
from rowlock.platform.embedded.process import POSTGRES_STOP, run_to_end, spawn, wait_until

ROLE = DATABASE = "rowlock"
BUILTIN_LOCALE_SINCE = 17
READY_SECONDS_MAX = 120.0
"""Long enough for the recovery of a full max_wal_size on a slow disk."""
STATUS_LINE = 7
MEGABYTE = 1024 * 1024


def ensure_cluster(folder: DataFolder, postgres: Postgres, account: Account, password: str) -> None:
    """Make the cluster when there is none; refuse one of another major version or another user."""
    if not folder.postgres.exists():
        _create_cluster(folder, postgres, account, password)
    version = (folder.postgres / "PG_VERSION").read_text(encoding="ascii").strip()
    if version != str(postgres.major):
        raise EmbeddedServersError(
            f"{folder.path} was made by PostgreSQL {version} and this is {postgres.major}; point "
            f"{POSTGRES_BIN_SETTING} at the programs of {version}, or choose another folder with --data"
        )
    if folder.postgres.stat().st_uid != account.uid:
        raise EmbeddedServersError(f"{folder.path} belongs to another user; start as that user or as root")


def start(
    folder: DataFolder, postgres: Postgres, account: Account, installation: Installation, sockets: Path
) -> "subprocess.Popen[bytes]":
    """Start the server on an existing cluster; `wait_ready` tells when it answers."""
    _write_settings(folder.postgres, account)
    _drop_reused_pid(folder.postgres)
    with account.reach(folder.postgres) as (cluster, first), account.reach(sockets) as (socket_path, second):
        settings = {
            "port": installation.postgres_port,
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": socket_path,
        }
        return spawn(
            [postgres.folder / "postgres", "-D", cluster, *_as_arguments(settings)],
            account,
            cwd=folder.postgres,
            log=folder.log("postgres"),
            inherit=(first, second),
            stop=POSTGRES_STOP,
        )


def wait_ready(process: "subprocess.Popen[bytes]", folder: DataFolder, url: str, log_start: int) -> None:
    """Return when the server lets us in; raise with what it said when it does not."""
    log = folder.log("postgres")
    if not wait_until(process, lambda: _status(folder.postgres, process.pid) == "ready", READY_SECONDS_MAX):
        if process.poll() is None:
            raise EmbeddedServersError(f"PostgreSQL was not ready after {READY_SECONDS_MAX:.0f} s (see {log})")
        raise fault_from_output("PostgreSQL", tail(log, log_start), log)
    try:
        psycopg.connect(url, connect_timeout=10).close()
    except psycopg.OperationalError as error:
        raise fault_from_output("PostgreSQL", str(error), log) from error


def database_url(installation: Installation) -> str:
    """Address of the database on loopback."""
    return f"postgresql://{ROLE}:{installation.postgres_password}@127.0.0.1:{installation.postgres_port}/{DATABASE}"


def memory_settings(memory_bytes: int) -> dict[str, str]:
    """Sizes for a machine that PostgreSQL shares with everything else: an eighth of it, from 64 MB to 1 GB."""
    memory_mb = memory_bytes // MEGABYTE
    shared_mb = min(max(memory_mb // 8, 64), 1024)
    return {
        "shared_buffers": f"{shared_mb}MB",
        "effective_cache_size": f"{max(memory_mb // 2, shared_mb)}MB",
        "maintenance_work_mem": f"{min(max(memory_mb // 32, 32), 256)}MB",
        "work_mem": "8MB",
    }


def machine_memory_bytes() -> int:
    """The machine's memory, or the container's share of it."""
    total = psutil.virtual_memory().total
    try:
        limit = Path("/sys/fs/cgroup/memory.max").read_text(encoding="ascii").strip()
    except OSError:
        return total
    return min(total, int(limit)) if limit.isdigit() else total


def _create_cluster(folder: DataFolder, postgres: Postgres, account: Account, password: str) -> None:
    """Build beside the final place and rename: a cluster is there whole or not at all."""
    half = folder.path / "postgres.new"
    shutil.rmtree(half, ignore_errors=True)
    account.make_folder(half)
    locale = (
        ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        if postgres.major >= BUILTIN_LOCALE_SINCE
        else ["--locale=C.UTF-8"]
    )
    with account.reach(half) as (cluster, descriptor), tempfile.NamedTemporaryFile("w") as password_file:
        password_file.write(password)
        password_file.flush()
        account.own(Path(password_file.name), 0o600)
        with account.reach(Path(password_file.name)) as (password_path, password_descriptor):
            inherit = (descriptor, password_descriptor)
            options = [f"--username={ROLE}", f"--pwfile={password_path}", "--auth=scram-sha-256", "--data-checksums"]
            _must_succeed(
                run_to_end(
                    [postgres.folder / "initdb", "-D", cluster, "--encoding=UTF8", *locale, *options],
                    account,
                    cwd=half,
                    inherit=inherit,
                )
            )
        with (half / "postgresql.conf").open("a", encoding="utf-8") as settings:
            settings.write("\ninclude_if_exists 'rowlock.conf'\n")
        statement = resources.files("rowlock.platform.embedded").joinpath("create_database.sql").read_bytes()
        single = ["--single", "-D", cluster, "-c", "exit_on_error=on", "-c", "log_checkpoints=off", "postgres"]
        _must_succeed(
            run_to_end(
                [postgres.folder / "postgres", *single], account, cwd=half, inherit=(descriptor,), stdin=statement
            )
        )
    half.rename(folder.postgres)


def _must_succeed(result: "subprocess.CompletedProcess[bytes]") -> None:
    if result.returncode != 0:
        raise fault_from_output("PostgreSQL", result.stdout.decode("utf-8", "replace"))


def _write_settings(cluster: Path, account: Account) -> None:
    settings = {
        **memory_settings(machine_memory_bytes()),
        "fsync": "on",
        "synchronous_commit": "on",
        "max_connections": "100",
        "max_wal_size": "4GB",
        "checkpoint_timeout": "15min",
        "jit": "off",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "log_checkpoints": "off",
        "log_line_prefix": "'%m [%p] %d '",
        "unix_socket_permissions": "0700",
    }
    lines = ["# Written at each start. Your own settings go to the end of postgresql.conf.\n"]
    lines += [f"{name} = {value}\n" for name, value in settings.items()]
    path = cluster / "rowlock.conf"
    path.write_text("".join(lines), encoding="utf-8")
    account.own(path, 0o600)


def _drop_reused_pid(cluster: Path) -> None:
    """Remove a pid file whose pid lives on in another program, where PostgreSQL would see a running server.

    Nothing of ours works in this folder at this point. With a dead pid the file stays: PostgreSQL reads in it whether
    shared memory of the old server is still attached.
    """
    path = cluster / "postmaster.pid"
    try:
        pid = int(path.read_text(encoding="utf-8").splitlines()[0])
    except (OSError, ValueError, IndexError):
        return
    if psutil.pid_exists(pid):
        path.unlink()


def _status(cluster: Path, pid: int) -> str:
    """What the running postmaster says of itself: starting, ready, stopping; "" when its file is not there yet."""
    try:
        lines = (cluster / "postmaster.pid").read_text(encoding="utf-8").splitlines()
    except OSError:
        return ""
    ours = len(lines) > STATUS_LINE and lines[0] == str(pid)
    return lines[STATUS_LINE].strip() if ours else ""


def _as_arguments(settings: dict[str, object]) -> list[str]:
    return [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
