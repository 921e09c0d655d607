"""Revision 0024: see the SQL file of the same name."""

from rowlock.platform.postgres.migrations.revision_sql import run_sql

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    """Run the SQL."""
    run_sql("0024_money.sql")
