"""Revision 0017: see the SQL file of the same name."""

from rowlock.platform.postgres.migrations.revision_sql import run_sql

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Run the SQL."""
    run_sql("0017_programs.sql")
