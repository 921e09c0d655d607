"""Revision 0022: see the SQL file of the same name."""

from rowlock.platform.postgres.migrations.revision_sql import run_sql

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    """Run the SQL."""
    run_sql("0022_sealed_secrets.sql")
