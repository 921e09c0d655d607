"""Start, stop, start again: by root, by an ordinary user, after a kill, by two at once."""

import os
import pwd
import shutil
import socket
import stat
import subprocess
import threading
import time
from pathlib import Path

import psutil
import psycopg
import pytest
from tests.integration.embedded.keeper import Keeper
from valkey import Valkey
from valkey.exceptions import AuthenticationError

from rowlock.platform.embedded import (
    EmbeddedServers,
    EmbeddedServersError,
    FolderInUseError,
    Servers,
    borrow,
    running,
)


def query(servers: Servers, statement: str) -> object:
    with psycopg.connect(servers.database_url, autocommit=True) as connection:
        cursor = connection.execute(statement.encode())
        row = cursor.fetchone() if cursor.description else None
        return row[0] if row else None


def gone(pid: int) -> None:
    psutil.wait_procs([psutil.Process(pid)] if psutil.pid_exists(pid) else [], timeout=10)
    assert not psutil.pid_exists(pid)


def told_fault(embedded: EmbeddedServers) -> str:
    """The fault of a server that was just killed, as soon as it is noticed."""
    noticed_by = time.monotonic() + 10
    while (fault := embedded.fault()) is None:
        assert time.monotonic() < noticed_by
    return fault


def test_both_answer_below_a_private_parent(private_parent: Path) -> None:
    data = private_parent / "data"
    assert running(data) is None
    with EmbeddedServers() as embedded:
        servers = embedded.start(data)
        assert running(data) == servers
        assert embedded.fault() is None
        assert query(servers, "SHOW server_encoding") == "UTF8"
        assert query(servers, "SHOW fsync") == query(servers, "SHOW synchronous_commit") == "on"
        assert query(servers, "SELECT upper('ß') || lower('É')") in {"ßé", "SSé"}
        assert query(servers, "SELECT string_agg(w, '' ORDER BY w) FROM unnest('{b,B,a,é}'::text[]) w") == "Babé"
        assert query(servers, "SHOW data_checksums") == "on"
        with Valkey.from_url(servers.valkey_url) as client:
            assert client.ping()
            assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "volatile-ttl"}
    assert running(data) is None
    gone(servers.postgres_pid)
    gone(servers.valkey_pid)
    assert stat.S_IMODE(private_parent.stat().st_mode) == 0o700


def test_nobody_gets_in_without_the_password(private_parent: Path) -> None:
    with EmbeddedServers() as embedded:
        servers = embedded.start(private_parent / "data")
        for host in ("127.0.0.1", servers.sockets):
            address = servers.database_url.replace("127.0.0.1", host.replace("/", "%2F"))
            psycopg.connect(address).close()
            secret = address.split(":")[2].split("@")[0]
            with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
                psycopg.connect(address.replace(secret, "wrong"))
        socket_path = f"{servers.sockets}/valkey.sock"
        with Valkey(unix_socket_path=socket_path) as client, pytest.raises(AuthenticationError):
            client.ping()
        for file in ("installation.json", "running.json"):
            assert stat.S_IMODE((private_parent / "data" / file).stat().st_mode) == 0o600
        for pid in (servers.postgres_pid, servers.valkey_pid):
            assert not any("password" in part or "requirepass" in part for part in psutil.Process(pid).cmdline())


def test_root_hands_the_servers_to_an_unprivileged_user(private_parent: Path, request: pytest.FixtureRequest) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root has rights to hand over")
    ours = os.getgroups()
    request.addfinalizer(lambda: os.setgroups(ours))
    os.setgroups([0, 4])
    with EmbeddedServers() as embedded:
        servers = embedded.start(private_parent / "data")
        for pid in (servers.postgres_pid, servers.valkey_pid):
            process = psutil.Process(pid)
            assert 0 not in {*process.uids(), *process.gids()}
            groups = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").split("Groups:")[1].splitlines()[0]
            assert groups.split() == []


def test_an_ordinary_user_and_then_root_on_the_same_folder(
    private_parent: Path, ordinary_user: pwd.struct_passwd
) -> None:
    shutil.chown(private_parent, ordinary_user.pw_uid, ordinary_user.pw_gid)
    data = private_parent / "data"
    first = Keeper(data, ordinary_user)
    assert psutil.Process(first.servers().postgres_pid).uids().real == ordinary_user.pw_uid
    first.end()
    with EmbeddedServers() as embedded:
        servers = embedded.start(data)
        assert psutil.Process(servers.postgres_pid).uids().real == ordinary_user.pw_uid
    again = Keeper(data, ordinary_user)
    assert again.servers().database_url == servers.database_url
    again.end()


def test_kill_9_of_the_parent_loses_nothing(private_parent: Path) -> None:
    data = private_parent / "data"
    keeper = Keeper(data)
    before = keeper.servers()
    query(before, "CREATE TABLE booking AS SELECT 42 AS seat")
    keeper.kill()
    with EmbeddedServers() as embedded:  # at once, while the old ones are still going
        after = embedded.start(data)
        assert query(after, "SELECT seat FROM booking") == 42
        assert (after.database_url, after.valkey_url) == (before.database_url, before.valkey_url)
        gone(before.postgres_pid)
        gone(before.valkey_pid)


def test_servers_end_with_a_killed_parent(private_parent: Path) -> None:
    keeper = Keeper(private_parent / "data")
    servers = keeper.servers()
    keeper.kill()
    gone(servers.postgres_pid)
    gone(servers.valkey_pid)
    assert running(private_parent / "data") is None


@pytest.mark.parametrize("name", ["postgres", "valkey"])
def test_a_killed_server_is_reported_and_comes_back(private_parent: Path, name: str) -> None:
    data = private_parent / "data"
    with EmbeddedServers() as embedded:
        before = embedded.start(data)
        query(before, "CREATE TABLE booking AS SELECT 42 AS seat")
        victim = psutil.Process(before.postgres_pid if name == "postgres" else before.valkey_pid)
        victim.kill()
        assert f"{name} ended with status -9" in told_fault(embedded)
        embedded.revive()
        assert embedded.fault() is None
        after = running(data)
        assert after is not None
        assert (after.database_url, after.valkey_url) == (before.database_url, before.valkey_url)
        assert query(after, "SELECT seat FROM booking") == 42
        with Valkey.from_url(after.valkey_url) as client:
            assert client.ping()


def test_a_server_that_cannot_come_back_says_why(private_parent: Path) -> None:
    data = private_parent / "data"
    with EmbeddedServers() as embedded:
        servers = embedded.start(data)
        with (data / "postgres" / "postgresql.conf").open("a", encoding="utf-8") as settings:
            settings.write("shared_buffers = nonsense\n")
        psutil.Process(servers.postgres_pid).kill()
        told_fault(embedded)
        with pytest.raises(EmbeddedServersError, match=r"postgresql\.conf"):
            embedded.revive()


def test_pid_files_that_now_name_another_program_do_not_matter(private_parent: Path) -> None:
    data = private_parent / "data"
    with EmbeddedServers() as embedded:
        embedded.start(data)
        pid_file = (data / "postgres" / "postmaster.pid").read_text(encoding="utf-8")
    _, _, rest = pid_file.partition("\n")
    (data / "running.json").write_text("{}", encoding="utf-8")
    owner = (data / "postgres").stat().st_uid
    with subprocess.Popen(["sleep", "60"], user=owner if os.geteuid() == 0 else None) as stranger:
        (data / "postgres" / "postmaster.pid").write_text(f"{stranger.pid}\n{rest}", encoding="utf-8")
        with EmbeddedServers() as embedded:
            embedded.start(data)
            assert stranger.poll() is None
        stranger.kill()


def test_the_second_of_two_starts_names_the_first(private_parent: Path) -> None:
    data = private_parent / "data"
    with EmbeddedServers() as embedded:
        embedded.start(data)
        with pytest.raises(FolderInUseError, match=f"in use by process {os.getpid()}"):
            EmbeddedServers().start(data)
        assert f"in use by process {os.getpid()}" in Keeper(data).refusal()
        assert embedded.fault() is None


def test_a_taken_port_is_exchanged(private_parent: Path) -> None:
    data = private_parent / "data"
    with EmbeddedServers() as embedded:
        before = psycopg.conninfo.conninfo_to_dict(embedded.start(data).database_url)
    with socket.socket() as stranger:
        stranger.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # connections of the first start may linger
        stranger.bind(("127.0.0.1", int(str(before["port"]))))
        stranger.listen()
        with EmbeddedServers() as embedded:
            after = psycopg.conninfo.conninfo_to_dict(embedded.start(data).database_url)
    assert after["port"] != before["port"]


def test_a_long_path_moves_the_sockets_to_a_short_one(private_parent: Path) -> None:
    data = private_parent / ("x" * 100) / "data"
    with EmbeddedServers() as embedded:
        servers = embedded.start(data)
        assert Valkey(
            unix_socket_path=f"{servers.sockets}/valkey.sock", password=servers.valkey_url.split(":")[2].split("@")[0]
        ).ping()
        assert Path(servers.sockets).is_relative_to("/tmp")
    assert not Path(servers.sockets).exists()


def test_stop_is_quick_with_clients_connected(private_parent: Path) -> None:
    with EmbeddedServers() as embedded:
        servers = embedded.start(private_parent / "data")
        with psycopg.connect(servers.database_url) as connection:
            connection.execute("SELECT 1")
            started = time.monotonic()
            embedded.stop()
            assert time.monotonic() - started < 4
            connection.close()


def test_a_borrower_keeps_servers_alive_for_another(private_parent: Path) -> None:
    data = private_parent / "data"
    found: list[Servers] = []
    inside, leave = threading.Event(), threading.Event()

    def second_verb() -> None:
        with borrow(data) as servers:
            found.append(servers)
            inside.set()
            leave.wait(10)
            query(servers, "SELECT 1")

    with borrow(data) as servers:
        verb = threading.Thread(target=second_verb)
        verb.start()
        assert inside.wait(10)
        threading.Timer(0.2, leave.set).start()
    verb.join()
    assert found == [servers]
    assert running(data) is None
