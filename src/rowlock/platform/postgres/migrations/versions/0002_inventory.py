"""Revision 0002: see the SQL file of the same name."""

from rowlock.platform.postgres.migrations.revision_sql import run_sql

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Run the SQL."""
    run_sql("0002_inventory.sql")
