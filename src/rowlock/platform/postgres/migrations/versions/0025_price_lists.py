"""Revision 0025: see the SQL file of the same name."""

from rowlock.platform.postgres.migrations.revision_sql import run_sql

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    """Run the SQL."""
    run_sql("0025_price_lists.sql")
