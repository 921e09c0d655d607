"""Starting the naive application on a database of its own beside Rowlock's."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit, urlunsplit

import psutil
import psycopg
from psycopg import sql
from sqlalchemy import create_engine

from benchmarks.installation import Installation
from benchmarks.naive.tables import Base

DATABASE = "naive"
START_SECONDS_MAX = 30.0


class NaiveServer:
    """The running application."""

    def __init__(self, url: str, database_url: str, process: "subprocess.Popen[bytes]") -> None:
        self.url = url
        self._database_url = database_url
        self._process = psutil.Process(process.pid)

    def open_sale(self, event_id: int, seat_count: int) -> None:
        """Lay an event's seats out."""
        with psycopg.connect(self._database_url, autocommit=True) as connection:
            connection.execute(
                "INSERT INTO seats (event_id, seat_no, status) SELECT %s, n, 'AVAILABLE' FROM generate_series(0, %s) n",
                (event_id, seat_count - 1),
            )
            connection.execute("VACUUM ANALYZE seats")

    def cpu_seconds(self) -> float:
        """User and system time of its processes so far."""
        used = 0.0
        for process in (self._process, *self._process.children(recursive=True)):
            times = process.cpu_times()
            used += times.user + times.system
        return used


@contextmanager
def naive_server(running: Installation, workers: int) -> Iterator[NaiveServer]:
    """The application with `workers` processes, on empty tables in the PostgreSQL of `running`."""
    database_url = _empty_database(running.servers.database_url)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = ["benchmarks.naive.app:app", "--workers", str(workers), "--port", str(port), "--no-access-log"]
    process = subprocess.Popen(
        [sys.executable, "-m", "uvicorn", *words, "--log-level", "warning"],
        env={**os.environ, "NAIVE_DATABASE_URL": database_url.replace("postgresql://", "postgresql+asyncpg://")},
    )
    try:
        _wait_for(port)
        yield NaiveServer(f"http://127.0.0.1:{port}", database_url, process)
    finally:
        process.terminate()
        process.wait(START_SECONDS_MAX)


def _empty_database(installation_url: str) -> str:
    url = urlunsplit(urlsplit(installation_url)._replace(path=f"/{DATABASE}"))
    with psycopg.connect(installation_url, autocommit=True) as connection:
        name = sql.Identifier(DATABASE)
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))
        connection.execute(sql.SQL("CREATE DATABASE {}").format(name))
    engine = create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(url))
    Base.metadata.create_all(engine)
    engine.dispose()
    return url


def _wait_for(port: int) -> None:
    until = time.monotonic() + START_SECONDS_MAX
    while time.monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise TimeoutError("the naive server did not start")
