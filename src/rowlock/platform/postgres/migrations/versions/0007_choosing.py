"""Revision 0007: see the SQL file of the same name."""

from rowlock.platform.postgres.migrations.revision_sql import run_sql

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Run the SQL."""
    run_sql("0007_choosing.sql")
