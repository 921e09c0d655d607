"""Revision 0037: see the SQL file of the same name."""

from rowlock.platform.postgres.migrations.revision_sql import run_sql

revision = "0037"
down_revision = "0036"


def upgrade() -> None:
    """Run the SQL."""
    run_sql("0037_sale_clock.sql")
