"""Revision 0004: see the SQL file of the same name."""

from rowlock.platform.postgres.migrations.revision_sql import run_sql

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Run the SQL."""
    run_sql("0004_seat_versions.sql")
