"""Mail: written into the database with what it tells of, sent by the worker. No request waits for a mail server."""

from rowlock.platform.mail.letter import Attachment, Letter, Mail, is_address
from rowlock.platform.mail.post import Postbox

__all__ = ["Attachment", "Letter", "Mail", "Postbox", "is_address"]
