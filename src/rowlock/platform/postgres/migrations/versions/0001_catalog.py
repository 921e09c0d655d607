"""Revision 0001: see the SQL file of the same name."""

from rowlock.platform.postgres.migrations.revision_sql import run_sql

revision = "0001"
down_revision: str | None = None


def upgrade() -> None:
    """Run the SQL."""
    run_sql("0001_catalog.sql")
