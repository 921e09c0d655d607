"""Accounts: who somebody is beyond a guest, what proves it, and where they are signed in."""

from rowlock.identity.accounts.directory import Account, Accounts, Membership, guests_of
from rowlock.identity.accounts.sessions import Sessions

__all__ = ["Account", "Accounts", "Membership", "Sessions", "guests_of"]
