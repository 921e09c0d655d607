"""Revision 0026: see the SQL file of the same name."""

from rowlock.platform.postgres.migrations.revision_sql import run_sql

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    """Run the SQL."""
    run_sql("0026_price_lists.sql")
