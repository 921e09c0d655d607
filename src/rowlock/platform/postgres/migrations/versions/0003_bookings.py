"""Revision 0003: see the SQL file of the same name."""

from rowlock.platform.postgres.migrations.revision_sql import run_sql

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Run the SQL."""
    run_sql("0003_bookings.sql")
