"""Finding events. PostgreSQL's full text search and trigrams; no other engine is needed."""

from rowlock.search.views import EventQuery, search_events

__all__ = ["EventQuery", "search_events"]
