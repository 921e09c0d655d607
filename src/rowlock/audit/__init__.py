"""What staff did: who, what, when, before, after and why, in a log that shows when it is tampered with."""

from rowlock.audit.model import ACTIONS, Action, AuditEntry, AuditPage
from rowlock.audit.store import AuditLog, Deed, record

__all__ = ["ACTIONS", "Action", "AuditEntry", "AuditLog", "AuditPage", "Deed", "record"]
