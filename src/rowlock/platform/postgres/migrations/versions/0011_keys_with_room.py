"""Revision 0011: see the SQL file of the same name."""

from rowlock.platform.postgres.migrations.revision_sql import run_sql

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Run the SQL."""
    run_sql("0011_keys_with_room.sql")
