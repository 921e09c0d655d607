"""Run the plain-SQL file that stands beside a revision. Revisions go one way: a mistake is mended by the next."""

from pathlib import Path

from alembic import op

from rowlock.platform.postgres.queries import load_queries

_SQL = load_queries("rowlock.platform.postgres")


def run_sql(name: str) -> None:
    """Run `versions/<name>` in the migration's transaction, waiting at most seconds for others' locks."""
    connection = op.get_bind()
    for statement in (
        _SQL["set_migration_timeouts"],
        (Path(__file__).parent / "versions" / name).read_text("utf-8"),
    ):
        connection.exec_driver_sql(statement.replace("%", "%%"))
