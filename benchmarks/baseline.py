"""What the same PostgreSQL does at best: pgbench, one prepared single-row UPDATE by primary key a transaction."""

import os
import re
import subprocess
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from benchmarks.installation import Installation
from rowlock.platform.embedded.account import server_account
from rowlock.platform.embedded.binaries import find_postgres

DATABASE = "baseline"
CLIENTS = 16
ROWS = 100_000
SCRIPT = f"\\set id random(1, {ROWS})\nUPDATE pgbench_accounts SET abalance = abalance + 1 WHERE aid = :id;\n"


class Baseline:
    """pgbench on a database of its own beside Rowlock's."""

    def __init__(self, running: Installation) -> None:
        url = urlsplit(running.servers.database_url)
        self._program = find_postgres(server_account(running.data / "postgres")).folder / "pgbench"
        self._script = running.data / "update.sql"
        self._script.write_text(SCRIPT, encoding="ascii")
        self._environment = {
            **os.environ,
            "PGHOST": str(url.hostname),
            "PGPORT": str(url.port),
            "PGUSER": str(url.username),
            "PGPASSWORD": str(url.password),
        }
        with psycopg.connect(running.servers.database_url, autocommit=True) as connection:
            name = sql.Identifier(DATABASE)
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(name))
            connection.execute(sql.SQL("CREATE DATABASE {}").format(name))
        self._pgbench("--initialize", "--quiet", "--scale=1")

    def updates_per_second(self, seconds: float) -> float:
        """Transactions a second, connections made beforehand."""
        report = self._pgbench(
            "--protocol=prepared", "--no-vacuum", f"--client={CLIENTS}", "--jobs=1", f"--time={max(1, round(seconds))}",
            f"--file={self._script}",
        )  # fmt: skip
        found = re.search(r"tps = ([\d.]+)", report)
        assert found, report
        return float(found[1])

    def _pgbench(self, *words: str) -> str:
        command = [str(self._program), *words, DATABASE]
        return subprocess.run(command, env=self._environment, capture_output=True, text=True, check=True).stdout
