"""Revision 0012: see the SQL file of the same name."""

from rowlock.platform.postgres.migrations.revision_sql import run_sql

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Run the SQL."""
    run_sql("0012_organisers.sql")
