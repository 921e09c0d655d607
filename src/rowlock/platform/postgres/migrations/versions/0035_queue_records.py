"""Revision 0035: see the SQL file of the same name."""

from rowlock.platform.postgres.migrations.revision_sql import run_sql

revision = "0035"
down_revision = "0034"


def upgrade() -> None:
    """Run the SQL."""
    run_sql("0035_queue_records.sql")
