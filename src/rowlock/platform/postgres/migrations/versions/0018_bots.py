"""Revision 0018: see the SQL file of the same name."""

from rowlock.platform.postgres.migrations.revision_sql import run_sql

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    """Run the SQL."""
    run_sql("0018_bots.sql")
