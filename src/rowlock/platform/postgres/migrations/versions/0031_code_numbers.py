"""Revision 0031: see the SQL file of the same name."""

from rowlock.platform.postgres.migrations.revision_sql import run_sql

revision = "0031"
down_revision = "0030"


def upgrade() -> None:
    """Run the SQL."""
    run_sql("0031_code_numbers.sql")
