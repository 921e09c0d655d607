"""Revision 0020: see the SQL file of the same name."""

from rowlock.platform.postgres.migrations.revision_sql import run_sql

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    """Run the SQL."""
    run_sql("0020_privacy.sql")
