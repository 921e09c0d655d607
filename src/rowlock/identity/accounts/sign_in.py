"""Signing in: from a first factor to a session, past a second factor where the account has one.

Whatever goes wrong answers in the same words and takes the same time, so nobody learns from here who has an account.
"""

import uuid
from typing import Literal, NamedTuple

import msgspec

from rowlock.identity.accounts.authenticators import Authenticators, take_recovery_code
from rowlock.identity.accounts.ceremonies import Ceremonies
from rowlock.identity.accounts.directory import SQL, Account, Address, account_for, change_address, find_account
from rowlock.identity.accounts.letters import address_changed
from rowlock.identity.accounts.mail_links import MailLinks, Proof
from rowlock.identity.accounts.passkeys import Credential, Options, Passkeys
from rowlock.identity.accounts.passwords import Passwords
from rowlock.identity.accounts.sessions import Sessions
from rowlock.identity.accounts.visits import Visit
from rowlock.identity.person import Person
from rowlock.identity.revocations import revoke
from rowlock.identity.tokens import TOKEN_LIFETIME_SECONDS
from rowlock.kernel.problems import Problem
from rowlock.platform.mail import Mail, Postbox
from rowlock.platform.postgres import Connection, Database
from rowlock.platform.valkey.limiter import Limit, Limiter

GUEST_SUBJECTS = "guest:"


class SignedIn(msgspec.Struct, frozen=True, rename="camel"):
    """How far signing in has come. `isNew`: the account was just made; `emailChanged`: this proved another address."""

    status: Literal["signed_in", "second_factor_needed"]
    is_new: bool = False
    email_changed: bool = False


class Entry(NamedTuple):
    """What somebody is let in with: the answer, and the session's token once there is one."""

    answer: SignedIn
    token: str | None = None


class Tries(NamedTuple):
    """How often signing in may be tried in a minute: of one account, and from one network. 0: no limit."""

    of_account: int
    of_network: int


class SignInDesk:
    """Takes first and second factors and hands out sessions."""

    def __init__(
        self,
        database: Database,
        limiter: Limiter,
        postbox: Postbox,
        *,
        sessions: Sessions,
        links: MailLinks,
        passkeys: Passkeys,
        passwords: Passwords,
        authenticators: Authenticators,
        ceremonies: Ceremonies,
        tries: Tries,
    ) -> None:
        self._database = database
        self._limiter = limiter
        self._postbox = postbox
        self._sessions = sessions
        self._links = links
        self._passkeys = passkeys
        self._passwords = passwords
        self._authenticators = authenticators
        self.ceremonies = ceremonies
        self._tries = tries

    async def count(self, visit: Visit, account: str = "") -> None:
        """Count a try; Problem `rate_limited`. An account is counted whether it exists or not."""
        limits = [Limit(f"sign-in:network:{visit.address_prefix}", self._tries.of_network)]
        if account:
            limits.append(Limit(f"sign-in:account:{uuid.uuid5(uuid.NAMESPACE_URL, account)}", self._tries.of_account))
        await self._limiter.require(*limits)

    async def send_link(self, visit: Visit, address: Address, name: str, language: str) -> None:
        """Mail a link and a code that sign in, or make the account."""
        await self.count(visit, address.key)
        await self._links.send(visit, address, name=name, language=language)

    async def answer_mail(self, visit: Visit, answer: str, guest: Person | None) -> Entry:
        """Sign in with a mailed link or code; Problems `sign_in_failed`, `other_browser`."""
        await self.count(visit)
        async with self._database.cold.acquire() as connection, connection.transaction():
            proof = await self._links.take(connection, visit, answer)
            if proof is not None:
                return await self._proven(connection, visit, proof, guest)
        raise await self._links.refuse(visit, answer)

    async def check_password(self, visit: Visit, address: Address, password: str, guest: Person | None) -> Entry:
        """Sign in with a password; Problem `sign_in_failed`, with or without an account."""
        await self.count(visit, address.key)
        row = await self._database.fetchrow(SQL["find_password"], address.key)
        if not await self._passwords.fits(password, row["hash"] if row is not None else None) or row is None:
            raise _failed()
        async with self._database.cold.acquire() as connection, connection.transaction():
            return await self._first_factor(connection, visit, await _known(connection, row["account_id"]), guest)

    async def begin_passkey(self, visit: Visit) -> Options:
        """What the browser needs to offer its passkeys."""
        await self.count(visit)
        return await self._passkeys.begin_sign_in(visit)

    async def check_passkey(self, visit: Visit, credential: Credential, guest: Person | None) -> Entry:
        """Sign in with a passkey; verifying its user is the second factor. Problem `sign_in_failed`."""
        await self.count(visit)
        account_id, verified = await self._passkeys.owner(visit, credential)
        async with self._database.cold.acquire() as connection, connection.transaction():
            account = await _known(connection, account_id)
            if verified:
                return Entry(SignedIn("signed_in"), await self._enter(connection, visit, account, guest, strong=True))
            return await self._first_factor(connection, visit, account, guest)

    async def check_second_factor(self, visit: Visit, code: str, guest: Person | None) -> Entry:
        """End a sign-in that waits for its second factor, with a one-time or a recovery code."""
        await self.count(visit)
        begun = await self.ceremonies.attempt(visit, "second_factor")
        if begun is None or begun.account_id is None:
            raise _failed()
        await self.count(visit, str(begun.account_id))
        async with self._database.cold.acquire() as connection, connection.transaction():
            right = await self._authenticators.take(connection, begun.account_id, code)
            right = right or await take_recovery_code(connection, begun.account_id, code)
            if not right or not await self.ceremonies.close(connection, visit, "second_factor"):
                raise Problem("sign_in_failed", "That code is wrong or was used before.")
            account = await _known(connection, begun.account_id)
            return Entry(SignedIn("signed_in"), await self._enter(connection, visit, account, guest, strong=True))

    async def enter_from_outside(self, visit: Visit, account_id: uuid.UUID, guest: Person | None) -> Entry:
        """Sign in somebody whom an outside provider vouches for, and who is joined to an account."""
        async with self._database.cold.acquire() as connection, connection.transaction():
            return await self._first_factor(connection, visit, await _known(connection, account_id), guest)

    async def _proven(self, connection: Connection, visit: Visit, proof: Proof, guest: Person | None) -> Entry:
        if proof.account_id is not None:
            return await self._address_proven(connection, proof.account_id, proof.address)
        account, is_new = await account_for(connection, proof.address, proof.name, proof.language)
        if proof.outside is not None:
            await connection.execute(SQL["join_outside"], *proof.outside, account.id)
        entry = await self._first_factor(connection, visit, account, guest)
        return Entry(msgspec.structs.replace(entry.answer, is_new=is_new), entry.token)

    async def _address_proven(self, connection: Connection, account_id: uuid.UUID, address: Address) -> Entry:
        """The account gets its new address, and the old one hears of it."""
        account = await _known(connection, account_id)
        if not await change_address(connection, account_id, address):
            raise Problem("sign_in_failed", "That address cannot be used. Sign in with it instead.")
        letter = address_changed(account.language, account.name, address.typed)
        await self._postbox.send(connection, Mail(account.email, letter))
        return Entry(SignedIn("signed_in", email_changed=True))

    async def _first_factor(
        self, connection: Connection, visit: Visit, account: Account, guest: Person | None
    ) -> Entry:
        """A session at once, or where the account has one-time codes, when one is given."""
        row = await connection.fetchrow(SQL["find_authenticator"], account.id)
        if row is not None and row["confirmed"]:
            await self.ceremonies.begin_within(connection, visit, "second_factor", "", account.id)
            return Entry(SignedIn("second_factor_needed"))
        return Entry(SignedIn("signed_in"), await self._enter(connection, visit, account, guest, strong=False))

    async def _enter(
        self, connection: Connection, visit: Visit, account: Account, guest: Person | None, *, strong: bool
    ) -> str:
        token = await self._sessions.begin(connection, account, visit, strong=strong)
        if guest is not None and guest.subject.startswith(GUEST_SUBJECTS):
            await _join_guest(connection, account, guest)
        return token


async def _known(connection: Connection, account_id: uuid.UUID) -> Account:
    account = await find_account(connection, account_id)
    if account is None:
        raise _failed()
    return account


async def _join_guest(connection: Connection, account: Account, guest: Person) -> None:
    """What the guest of this browser holds is the account's from now on, and the guest's own token opens it no more:
    whoever left that token in the browser would else go on seeing what its next user buys."""
    if await connection.fetchval(SQL["join_guest"], guest.subject, account.id) is not None:
        await revoke(connection, "subject", guest.subject, TOKEN_LIFETIME_SECONDS)


def _failed() -> Problem:
    return Problem("sign_in_failed", "That did not work. Check what you typed, or sign in by mail.")
