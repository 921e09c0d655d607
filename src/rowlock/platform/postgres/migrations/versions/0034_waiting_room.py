"""Revision 0034: see the SQL file of the same name."""

from rowlock.platform.postgres.migrations.revision_sql import run_sql

revision = "0034"
down_revision = "0033"


def upgrade() -> None:
    """Run the SQL."""
    run_sql("0034_waiting_room.sql")
