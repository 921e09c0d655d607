"""Sessions: where an account is signed in. One that ended stops working everywhere within a second."""

import time
import uuid
from datetime import datetime

import msgspec

from rowlock.identity.accounts.directory import SQL, Account
from rowlock.identity.accounts.visits import Visit
from rowlock.identity.person import Person
from rowlock.identity.revocations import revoke
from rowlock.identity.tokens import ACCESS_TYPE, AUDIENCE, TokenSigner
from rowlock.kernel import limits
from rowlock.platform.postgres import Connection, Database
from rowlock.platform.postgres.pool import rerun


class OpenSession(msgspec.Struct, frozen=True, rename="camel"):
    """One place where somebody is signed in; `network` is the address's /24 or /48, never all of it."""

    id: str
    device: str
    network: str
    strong: bool
    created_at: datetime
    last_seen_at: datetime
    current: bool


class Sessions:
    """Beginning, keeping and ending sessions."""

    def __init__(self, database: Database, signer: TokenSigner) -> None:
        self._database = database
        self._signer = signer

    async def begin(self, connection: Connection, account: Account, visit: Visit, *, strong: bool) -> str:
        """A new session's token, as a buyer. Its id is new at every sign-in: nobody can hand somebody a session."""
        session_id = uuid.uuid4()
        await connection.execute(
            SQL["insert_session"], session_id, account.id, strong, visit.device, visit.address_prefix
        )
        return self.token(Person(account.subject, "buyer", None, str(session_id), strong))

    def token(self, person: Person) -> str:
        """A token of this session, as long as such a role's tokens last."""
        staff = person.role != "buyer"
        return self._signer.issue_for(person, limits.STAFF_TOKEN_SECONDS if staff else limits.SESSION_TOKEN_SECONDS)

    def is_old(self, token: str) -> bool:
        """Whether a token of ours that holds is due to be replaced."""
        issued_at = self._signer.claims_of(token, ACCESS_TYPE, AUDIENCE).get("iat", 0)
        return isinstance(issued_at, int) and time.time() - issued_at > limits.SESSION_RENEWED_SECONDS

    async def seen(self, person: Person) -> bool:
        """Note that the session is in use; False when it has ended."""
        if person.session_id is None:
            return False
        return await self._database.fetchrow(SQL["touch_session"], uuid.UUID(person.session_id)) is not None

    async def age_seconds(self, person: Person) -> float | None:
        """How long ago its person signed in; None when it has ended."""
        assert person.session_id is not None
        row = await self._database.fetchrow(SQL["session_age"], uuid.UUID(person.session_id))
        return None if row is None else float(row[0])

    async def open(self, account_id: uuid.UUID, current: str | None) -> tuple[OpenSession, ...]:
        """Where the account is signed in, last seen first."""
        rows = await self._database.fetch(SQL["open_sessions"], account_id, limits.SESSION_TOKEN_SECONDS)
        return tuple(
            OpenSession(
                str(row["id"]), row["device"], row["address_prefix"], row["strong"], row["created_at"],
                row["last_seen_at"], str(row["id"]) == current,
            )
            for row in rows
        )  # fmt: skip

    async def end(self, account_id: uuid.UUID, session_id: uuid.UUID | None, spared: uuid.UUID | None = None) -> int:
        """End one session of the account, or with None all but the spared one; how many ended."""
        async with self._database.cold.acquire() as connection, connection.transaction():
            return await end_sessions(connection, account_id, session_id, spared)


async def end_sessions(
    connection: Connection, account_id: uuid.UUID, session_id: uuid.UUID | None = None, spared: uuid.UUID | None = None
) -> int:
    """The same within the caller's transaction, as its last step."""
    ended = await connection.fetch(SQL["end_sessions"], account_id, session_id, spared)
    for row in ended:
        await revoke(connection, "session", str(row["id"]), limits.SESSION_TOKEN_SECONDS)
    return len(ended)


async def forget_what_is_over(database: Database) -> None:
    """Forget sessions long out of use, mailed links and ceremonies whose time is over."""
    await rerun(lambda: database.cold.execute(SQL["forget_old_sessions"], limits.OLD_SESSION_DAYS))
    await rerun(lambda: database.cold.execute(SQL["forget_old_links"]))
    await rerun(lambda: database.cold.execute(SQL["forget_old_ceremonies"]))
