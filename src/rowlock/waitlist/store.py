"""What the waiting list keeps in PostgreSQL."""

from rowlock.platform.postgres import load_queries

SQL = load_queries("rowlock.waitlist")
