"""Revision 0005: see the SQL file of the same name."""

from rowlock.platform.postgres.migrations.revision_sql import run_sql

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Run the SQL."""
    run_sql("0005_claims.sql")
