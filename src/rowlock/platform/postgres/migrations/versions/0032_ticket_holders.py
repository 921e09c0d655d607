"""Revision 0032: see the SQL file of the same name."""

from rowlock.platform.postgres.migrations.revision_sql import run_sql

revision = "0032"
down_revision = "0031"


def upgrade() -> None:
    """Run the SQL."""
    run_sql("0032_ticket_holders.sql")
