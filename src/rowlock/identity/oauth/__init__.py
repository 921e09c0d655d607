"""OAuth 2.1 and OpenID Connect: what other programs, machines and devices may do, and in whose name."""

from rowlock.identity.oauth.asking import ProgramWish, Refused, SendOn, consider
from rowlock.identity.oauth.clients import NewClient, create_client, disable_client
from rowlock.identity.oauth.desk import TokenDesk
from rowlock.identity.oauth.model import redirect_fault

__all__ = [
    "NewClient",
    "ProgramWish",
    "Refused",
    "SendOn",
    "TokenDesk",
    "consider",
    "create_client",
    "disable_client",
    "redirect_fault",
]
