"""What the accounts of one process are made of."""

from typing import NamedTuple

from rowlock.identity.accounts.authenticators import Authenticators
from rowlock.identity.accounts.breached import BreachedList
from rowlock.identity.accounts.ceremonies import Ceremonies
from rowlock.identity.accounts.directory import Accounts
from rowlock.identity.accounts.mail_links import MailLinks
from rowlock.identity.accounts.outside import OutsideProvider
from rowlock.identity.accounts.passkeys import Passkeys
from rowlock.identity.accounts.passwords import Passwords
from rowlock.identity.accounts.sessions import Sessions
from rowlock.identity.accounts.sign_in import SignInDesk, Tries
from rowlock.identity.tokens import TokenSigner
from rowlock.platform.http.outbound import Outbound
from rowlock.platform.mail import Postbox
from rowlock.platform.postgres import Database
from rowlock.platform.secrets import SecretBox
from rowlock.platform.valkey.limiter import Limiter
from rowlock.settings import Settings


class AccountParts(NamedTuple):
    """The parts, wired to each other."""

    database: Database
    signer: TokenSigner
    postbox: Postbox
    accounts: Accounts
    sessions: Sessions
    links: MailLinks
    passkeys: Passkeys
    passwords: Passwords
    authenticators: Authenticators
    desk: SignInDesk
    outside: OutsideProvider | None
    public_url: str
    secure_cookies: bool


def account_parts(
    settings: Settings,
    database: Database,
    signer: TokenSigner,
    limiter: Limiter,
    *,
    secrets: SecretBox,
    outbound: Outbound,
) -> AccountParts:
    """Wire them."""
    accounts, ceremonies, postbox = Accounts(database), Ceremonies(database), Postbox(settings.mail_from)
    sessions, links = Sessions(database, signer), MailLinks(database, accounts, postbox)
    passkeys, authenticators = Passkeys(database, ceremonies), Authenticators(database, secrets)
    passwords = Passwords(BreachedList(settings.breached_passwords))
    desk = SignInDesk(
        database,
        limiter,
        postbox,
        sessions=sessions,
        links=links,
        passkeys=passkeys,
        passwords=passwords,
        authenticators=authenticators,
        ceremonies=ceremonies,
        tries=Tries(settings.sign_ins_per_minute, settings.sign_ins_per_network_per_minute),
    )
    outside = None
    if settings.oidc_issuer:
        outside = OutsideProvider(outbound, settings.oidc_issuer, settings.oidc_client_id, settings.oidc_client_secret)
    return AccountParts(
        database, signer, postbox, accounts, sessions, links, passkeys, passwords, authenticators, desk,
        outside, settings.public_url, settings.secure_cookies,
    )  # fmt: skip
