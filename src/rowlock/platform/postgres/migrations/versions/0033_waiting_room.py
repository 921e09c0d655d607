"""Revision 0033: see the SQL file of the same name."""

from rowlock.platform.postgres.migrations.revision_sql import run_sql

revision = "0033"
down_revision = "0032"


def upgrade() -> None:
    """Run the SQL."""
    run_sql("0033_waiting_room.sql")
