"""Revision 0010: see the SQL file of the same name."""

from rowlock.platform.postgres.migrations.revision_sql import run_sql

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Run the SQL."""
    run_sql("0010_certificates.sql")
