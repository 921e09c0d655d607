"""Revision 0029: see the SQL file of the same name."""

from rowlock.platform.postgres.migrations.revision_sql import run_sql

revision = "0029"
down_revision = "0028"


def upgrade() -> None:
    """Run the SQL."""
    run_sql("0029_outbox.sql")
