"""Revision 0016: see the SQL file of the same name."""

from rowlock.platform.postgres.migrations.revision_sql import run_sql

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Run the SQL."""
    run_sql("0016_accounts.sql")
