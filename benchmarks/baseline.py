"""What the same PostgreSQL does at best, by pgbench: a single-row update, and the source documents' own transaction."""

import os
import re
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from rowlock.platform.embedded.account import server_account
from rowlock.platform.embedded.binaries import find_postgres
from rowlock.platform.embedded.folder import Servers

DATABASE = "baseline"
CLIENTS = 16
ROWS = 100_000
UPDATE = f"\\set id random(1, {ROWS})\nUPDATE pgbench_accounts SET abalance = abalance + 1 WHERE aid = :id;\n"

SEATS = 400_000
SOURCE_TABLES = f"""
CREATE TABLE bookings (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, event_id bigint NOT NULL, buyer text NOT NULL,
    status text NOT NULL, hold_expires_at timestamptz NOT NULL
);
CREATE TABLE seats (
    id bigint PRIMARY KEY, event_id bigint NOT NULL, status text NOT NULL DEFAULT 'AVAILABLE',
    booking_id bigint REFERENCES bookings, hold_expires_at timestamptz
) WITH (fillfactor = 50);
CREATE TABLE booking_seats (
    booking_id bigint NOT NULL REFERENCES bookings, seat_id bigint NOT NULL, PRIMARY KEY (booking_id, seat_id)
);
INSERT INTO seats (id, event_id) SELECT n, 1 FROM generate_series(0, {SEATS - 1}) n;
ANALYZE seats;
"""
SOURCE_TRANSACTION = f"""\\set first random(0, {SEATS // 4 - 1}) * 4
BEGIN;
SELECT id, status FROM seats WHERE id BETWEEN :first AND :first + 3 ORDER BY id FOR UPDATE;
INSERT INTO bookings (event_id, buyer, status, hold_expires_at)
    VALUES (1, 'somebody', 'HOLD', now() + interval '5 minutes') RETURNING id AS booking \\gset
INSERT INTO booking_seats (booking_id, seat_id) SELECT :booking, n FROM generate_series(:first, :first + 3) n;
UPDATE seats SET status = 'HOLD', booking_id = :booking, hold_expires_at = now() + interval '5 minutes'
    WHERE id BETWEEN :first AND :first + 3;
COMMIT;
"""
"""A hold of four seats as the source documents write it down: lock, look, two inserts, an update, commit."""


class Baseline:
    """pgbench on a database of its own beside Rowlock's."""

    def __init__(self, servers: Servers, folder: Path) -> None:
        url = urlsplit(servers.database_url)
        self._url = servers.database_url
        self._program = find_postgres(server_account(folder / "postgres")).folder / "pgbench"
        self._folder = folder
        self._environment = {
            **os.environ,
            "PGHOST": str(url.hostname),
            "PGPORT": str(url.port),
            "PGUSER": str(url.username),
            "PGPASSWORD": str(url.password),
        }
        with psycopg.connect(self._url, autocommit=True) as connection:
            name = sql.Identifier(DATABASE)
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(name))
            connection.execute(sql.SQL("CREATE DATABASE {}").format(name))
        self._pgbench("--initialize", "--quiet", "--scale=1")

    def updates_per_second(self, seconds: float) -> float:
        """Single-row updates a second, connections made beforehand."""
        return self._transactions_per_second(UPDATE, seconds)

    def lay_out_source_tables(self) -> None:
        """Make the tables of the source documents."""
        with psycopg.connect(self._url, dbname=DATABASE, autocommit=True) as connection:
            connection.execute(SOURCE_TABLES)

    def source_holds_per_second(self, seconds: float) -> float:
        """Holds of four seats a second by the source documents' transaction."""
        return self._transactions_per_second(SOURCE_TRANSACTION, seconds)

    def _transactions_per_second(self, script: str, seconds: float) -> float:
        path = self._folder / "transaction.sql"
        path.write_text(script, encoding="ascii")
        report = self._pgbench(
            "--protocol=prepared", "--no-vacuum", f"--client={CLIENTS}", "--jobs=1", f"--time={max(1, round(seconds))}",
            f"--file={path}",
        )  # fmt: skip
        found = re.search(r"tps = ([\d.]+)", report)
        assert found, report
        return float(found[1])

    def _pgbench(self, *words: str) -> str:
        command = [str(self._program), *words, DATABASE]
        return subprocess.run(command, env=self._environment, capture_output=True, text=True, check=True).stdout
