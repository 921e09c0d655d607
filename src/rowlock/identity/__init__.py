"""Who is asking: access tokens and the storefront's guest session."""

from rowlock.identity.person import HOUSE, ROLES, SCOPES, Person, Role, Scope
from rowlock.identity.requests import MANAGERS, caller, person_behind, person_of, require_person
from rowlock.identity.tokens import InvalidToken, KeyKeeper, TokenSigner, open_keeper, open_signer

__all__ = [
    "HOUSE",
    "MANAGERS",
    "ROLES",
    "SCOPES",
    "InvalidToken",
    "KeyKeeper",
    "Person",
    "Role",
    "Scope",
    "TokenSigner",
    "caller",
    "open_keeper",
    "open_signer",
    "person_behind",
    "person_of",
    "require_person",
]
