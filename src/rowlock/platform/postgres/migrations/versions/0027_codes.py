"""Revision 0027: see the SQL file of the same name."""

from rowlock.platform.postgres.migrations.revision_sql import run_sql

revision = "0027"
down_revision = "0026"


def upgrade() -> None:
    """Run the SQL."""
    run_sql("0027_codes.sql")
