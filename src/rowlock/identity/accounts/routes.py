"""Every address about accounts."""

from starlette.routing import Route

from rowlock.identity.accounts import account_routes, outside_routes, security_routes, session_routes
from rowlock.identity.accounts.parts import AccountParts
from rowlock.identity.accounts.reception import Reception

OPERATIONS = (
    *session_routes.OPERATIONS,
    *outside_routes.OPERATIONS,
    *account_routes.OPERATIONS,
    *security_routes.OPERATIONS,
)


def all_account_routes(parts: AccountParts) -> list[Route]:
    """The routes of one process."""
    reception = Reception(parts)
    return [
        *session_routes.SessionDesk(reception).routes(),
        *outside_routes.OutsideDesk(reception, parts.outside).routes(),
        *account_routes.AccountDesk(reception).routes(),
        *security_routes.SecurityDesk(reception).routes(),
    ]
