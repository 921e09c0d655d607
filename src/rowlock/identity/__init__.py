"""Who is asking: access tokens and the storefront's guest session."""

from rowlock.identity.requests import MANAGERS, caller, person_behind, person_of, require_person
from rowlock.identity.tokens import HOUSE, ROLES, InvalidToken, Person, Role, TokenSigner, open_signer

__all__ = [
    "HOUSE",
    "MANAGERS",
    "ROLES",
    "InvalidToken",
    "Person",
    "Role",
    "TokenSigner",
    "caller",
    "open_signer",
    "person_behind",
    "person_of",
    "require_person",
]
