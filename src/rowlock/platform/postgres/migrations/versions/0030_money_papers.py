"""Revision 0030: see the SQL file of the same name."""

from rowlock.platform.postgres.migrations.revision_sql import run_sql

revision = "0030"
down_revision = "0029"


def upgrade() -> None:
    """Run the SQL."""
    run_sql("0030_money_papers.sql")
