"""Revision 0015: see the SQL file of the same name."""

from rowlock.platform.postgres.migrations.revision_sql import run_sql

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Run the SQL."""
    run_sql("0015_key_rotation_and_revocation.sql")
