"""Revision 0028: see the SQL file of the same name."""

from rowlock.platform.postgres.migrations.revision_sql import run_sql

revision = "0028"
down_revision = "0027"


def upgrade() -> None:
    """Run the SQL."""
    run_sql("0028_provider_notices.sql")
