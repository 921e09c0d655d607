"""PostgreSQL: the only truth. Pools, named queries, re-runnable calls, migrations."""

from rowlock.platform.postgres.pool import Connection, Database, DatabaseDown, open_database
from rowlock.platform.postgres.queries import Queries, load_queries

__all__ = ["Connection", "Database", "DatabaseDown", "Queries", "load_queries", "open_database"]
