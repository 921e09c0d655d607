"""Revision 0014: see the SQL file of the same name."""

from rowlock.platform.postgres.migrations.revision_sql import run_sql

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Run the SQL."""
    run_sql("0014_payment_indexes.sql")
