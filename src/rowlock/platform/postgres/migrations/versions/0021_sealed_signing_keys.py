"""Revision 0021: see the SQL file of the same name."""

from rowlock.platform.postgres.migrations.revision_sql import run_sql

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    """Run the SQL."""
    run_sql("0021_sealed_signing_keys.sql")
