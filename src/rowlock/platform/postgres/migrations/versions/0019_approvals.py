"""Revision 0019: see the SQL file of the same name."""

from rowlock.platform.postgres.migrations.revision_sql import run_sql

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    """Run the SQL."""
    run_sql("0019_approvals.sql")
