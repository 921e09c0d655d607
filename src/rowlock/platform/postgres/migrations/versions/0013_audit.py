"""Revision 0013: see the SQL file of the same name."""

from rowlock.platform.postgres.migrations.revision_sql import run_sql

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Run the SQL."""
    run_sql("0013_audit.sql")
