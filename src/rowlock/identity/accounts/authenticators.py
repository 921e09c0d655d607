"""The second factor that an app shows (TOTP), and the codes on paper for the day it is lost."""

import io
import secrets
import time
import uuid
from typing import NamedTuple

import pyotp
import segno

from rowlock.identity.accounts.directory import SQL, Account
from rowlock.identity.accounts.letters import SITE
from rowlock.identity.accounts.visits import digest
from rowlock.kernel import limits
from rowlock.kernel.problems import Problem
from rowlock.platform.postgres import Connection, Database
from rowlock.platform.secrets import SealedColumn, SecretBox

STEP_SECONDS = 30
STEPS_OFF_MAX = 1
"""Steps that a device's clock may be off, either way."""
CODE_MARKS = "abcdefghjkmnpqrstuvwxyz23456789"
CODE_CHARS = 10

SEALED = SealedColumn("authenticators.secret", SQL["sealed_authenticators"], SQL["replace_authenticator"])


class NewAuthenticator(NamedTuple):
    """What an app has to know: the secret to type, the address of it, and that as a picture (SVG)."""

    secret: str
    uri: str
    picture: str


class Authenticators:
    """Apps that show one-time codes; their secrets are sealed in the database."""

    def __init__(self, database: Database, box: SecretBox) -> None:
        self._database = database
        self._box = box

    async def begin(self, account: Account) -> NewAuthenticator:
        """A secret that counts from its first code on; Problem `conflict` when there is one that counts."""
        secret = pyotp.random_base32()
        sealed = self._box.seal(secret.encode(), _purpose(account.id))
        if await self._database.cold.fetchval(SQL["begin_authenticator"], account.id, sealed) is None:
            raise Problem("already_set_up", "Take the one-time codes that are set up away first.")
        uri = pyotp.TOTP(secret).provisioning_uri(name=account.email, issuer_name=SITE)
        picture = io.BytesIO()
        segno.make(uri, error="m").save(picture, kind="svg", xmldecl=False, scale=5, border=4, light="#fff")
        return NewAuthenticator(secret, uri, picture.getvalue().decode())

    async def take(self, connection: Connection, account_id: uuid.UUID, code: str, *, first: bool = False) -> bool:
        """Whether the code is right and new: each counts once, and so does every one before it.

        `first` takes the code that makes a begun authenticator count; else only one that counts is asked.
        """
        row = await connection.fetchrow(SQL["find_authenticator"], account_id)
        if row is None or row["confirmed"] is first:
            return False
        totp = pyotp.TOTP(self._box.open(bytes(row["secret"]), _purpose(account_id)).decode())
        step = _step_of(totp, code.replace(" ", ""), int(time.time()) // STEP_SECONDS)
        return step is not None and await connection.fetchval(SQL["take_step"], account_id, step) is not None


def _step_of(totp: pyotp.TOTP, code: str, now: int) -> int | None:
    """The step whose code it is, None when it is none of those about now."""
    steps = range(now - STEPS_OFF_MAX, now + STEPS_OFF_MAX + 1)
    fits = [secrets.compare_digest(totp.generate_otp(step).encode(), code.encode()) for step in steps]
    return next((step for step, right in zip(steps, fits, strict=True) if right), None)


async def new_recovery_codes(connection: Connection, account_id: uuid.UUID) -> tuple[str, ...]:
    """Fresh codes in the place of the old ones. They are shown once: only their hashes are kept."""
    codes = ["".join(secrets.choice(CODE_MARKS) for _ in range(CODE_CHARS)) for _ in range(limits.RECOVERY_CODES)]
    await connection.execute(SQL["drop_recovery_codes"], account_id)
    await connection.execute(SQL["insert_recovery_codes"], account_id, [digest(code) for code in codes])
    return tuple(f"{code[:5]}-{code[5:]}" for code in codes)


async def take_recovery_code(connection: Connection, account_id: uuid.UUID, typed: str) -> bool:
    """Whether it is an unused recovery code of the account; it is used now."""
    code = typed.replace("-", "").replace(" ", "").lower()
    return await connection.fetchval(SQL["use_recovery_code"], account_id, digest(code)) is not None


def _purpose(account_id: uuid.UUID) -> str:
    return f"totp:{account_id}"
