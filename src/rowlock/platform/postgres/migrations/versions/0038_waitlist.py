"""Revision 0038: see the SQL file of the same name."""

from rowlock.platform.postgres.migrations.revision_sql import run_sql

revision = "0038"
down_revision = "0037"


def upgrade() -> None:
    """Run the SQL."""
    run_sql("0038_waitlist.sql")
