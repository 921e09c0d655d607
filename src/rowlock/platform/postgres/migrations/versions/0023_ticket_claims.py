"""Revision 0023: see the SQL file of the same name."""

from rowlock.platform.postgres.migrations.revision_sql import run_sql

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    """Run the SQL."""
    run_sql("0023_ticket_claims.sql")
