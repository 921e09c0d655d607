"""The statements of this slice."""

from rowlock.platform.postgres import load_queries

SQL = load_queries("rowlock.money")
