"""Revision 0036: see the SQL file of the same name."""

from rowlock.platform.postgres.migrations.revision_sql import run_sql

revision = "0036"
down_revision = "0035"


def upgrade() -> None:
    """Run the SQL."""
    run_sql("0036_outlook.sql")
