"""Revision 0008: see the SQL file of the same name."""

from rowlock.platform.postgres.migrations.revision_sql import run_sql

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Run the SQL."""
    run_sql("0008_certificates.sql")
