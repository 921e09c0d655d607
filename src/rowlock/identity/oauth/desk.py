"""The token endpoint's decisions (RFC 6749 5, OpenID Connect Core 3.1.3)."""

from collections.abc import Mapping

import msgspec

from rowlock.identity.accounts.directory import Accounts
from rowlock.identity.oauth.clients import SQL, Clients
from rowlock.identity.oauth.device_keys import DeviceKeys
from rowlock.identity.oauth.grants import Grants
from rowlock.identity.oauth.model import (
    ACCESS_SECONDS,
    ID_TOKEN_SECONDS,
    Client,
    Grant,
    OAuthError,
    TokenAnswer,
    UserInfo,
    hashed,
)
from rowlock.identity.person import Person
from rowlock.identity.tokens import InvalidToken, TokenSigner
from rowlock.platform.postgres import Database

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
GRANT_TYPES = ("authorization_code", "refresh_token", "client_credentials")
GRANT_TYPES_KNOWN = f"Known are {', '.join(GRANT_TYPES)}."
ENDED_BY_PROGRAM = "the program gave it back"


class TokenDesk:
    """Gives tokens to programs and devices, and takes them back."""

    def __init__(self, database: Database, signer: TokenSigner) -> None:
        self._database = database
        self._signer = signer
        self._accounts = Accounts(database)
        self.clients = Clients(database)
        self.grants = Grants(database)
        self.device_keys = DeviceKeys(database)

    async def token(self, authorization: str | None, form: Mapping[str, str], issuer: str) -> TokenAnswer:
        """What a token request is answered with; OAuthError."""
        match form.get("grant_type"):
            case "authorization_code":
                return await self._for_code(await self.clients.authenticate(authorization, form), form, issuer)
            case "refresh_token":
                return await self._for_refresh_token(await self.clients.authenticate(authorization, form), form, issuer)
            case "client_credentials" if "client_assertion" in form:
                return await self._for_device(form, issuer)
            case "client_credentials":
                return self._for_machine(await self.clients.authenticate(authorization, form), form)
            case None:
                raise OAuthError("invalid_request", "grant_type is missing.")
            case _:
                raise OAuthError("unsupported_grant_type", GRANT_TYPES_KNOWN)

    async def revoke(self, authorization: str | None, form: Mapping[str, str]) -> None:
        """End the grant that a token belongs to (RFC 7009); a token that is none of the client's is no fault."""
        client = await self.clients.authenticate(authorization, form)
        token = form.get("token", "")
        grant_id = await self.grants.grant_of_refresh_token(token)
        if grant_id is None:
            session_id = self._session_of(token)
            if session_id is not None and session_id == f"client:{client.id}":
                raise OAuthError("unsupported_token_type", "A machine's token ends by itself within 15 minutes.")
            grant_id = session_id.removeprefix("grant:") if session_id is not None else None
        if grant_id is not None:
            await self.grants.end(grant_id, ENDED_BY_PROGRAM, client=client)

    async def introspect(self, authorization: str | None, form: Mapping[str, str]) -> dict[str, object]:
        """What a token of the client's own is good for (RFC 7662); any other is just not active."""
        client = await self.clients.authenticate(authorization, form)
        if not client.confidential:
            raise OAuthError("invalid_client", "Only clients that have a secret may ask.", 401)
        token = form.get("token", "")
        row = await self._database.fetchrow(SQL["refresh_token_state"], hashed(token))
        if row is not None and row["client_id"] == client.id:
            facts = {"active": True, "client_id": client.id, "sub": row["subject"], "exp": row["expires_at"]}
            return facts | {"scope": " ".join(row["scopes"]), "token_type": "refresh_token"}
        return await self._introspect_access_token(client, token)

    async def user_info(self, person: Person) -> UserInfo:
        """Who somebody is, in what the person allowed the program to know."""
        allowed, account = person.scopes or frozenset(), await self._accounts.of_subject(person.subject)
        told = UserInfo(person.subject)
        if account is not None and "profile" in allowed:
            told = msgspec.structs.replace(told, name=account.name, locale=account.language)
        if account is not None and "email" in allowed:
            told = msgspec.structs.replace(told, email=account.email, email_verified=True)
        return told

    async def _introspect_access_token(self, client: Client, token: str) -> dict[str, object]:
        try:
            verified = self._signer.verified(token)
        except InvalidToken:
            return {"active": False}
        person = verified.person
        if person.session_id != f"client:{client.id}" and not await self._is_of(client, person):
            return {"active": False}
        times = {"exp": int(verified.expires_at), "iat": int(verified.issued_at)}
        scope = " ".join(sorted(person.scopes or ()))
        facts = {"active": True, "client_id": client.id, "sub": person.subject, "token_type": "Bearer", "scope": scope}
        return facts | times

    async def _is_of(self, client: Client, person: Person) -> bool:
        session_id = person.session_id or ""
        return session_id.startswith("grant:") and await self.grants.is_of(session_id.removeprefix("grant:"), client)

    async def _for_code(self, client: Client, form: Mapping[str, str], issuer: str) -> TokenAnswer:
        code, verifier = form.get("code", ""), form.get("code_verifier", "")
        grant, nonce = await self.grants.redeem_code(client, code, form.get("redirect_uri"), verifier)
        refresh = await self.grants.first_refresh_token(grant) if _lasts(grant) else None
        return self._answer(grant, refresh, self._id_token(grant, issuer, nonce))

    async def _for_refresh_token(self, client: Client, form: Mapping[str, str], issuer: str) -> TokenAnswer:
        wanted = frozenset(form["scope"].split()) if "scope" in form else None
        grant, following = await self.grants.refresh(client, form.get("refresh_token", ""), wanted)
        return self._answer(grant, following, self._id_token(grant, issuer, None))

    async def _for_device(self, form: Mapping[str, str], issuer: str) -> TokenAnswer:
        if form.get("client_assertion_type") != ASSERTION_TYPE:
            raise OAuthError("invalid_request", f"client_assertion_type must be {ASSERTION_TYPE}.")
        person = await self.device_keys.person_behind(
            form["client_assertion"], frozenset({issuer, f"{issuer}/oauth/token"})
        )
        return self._access(_narrowed(person, form))

    def _for_machine(self, client: Client, form: Mapping[str, str]) -> TokenAnswer:
        if client.role is None:
            raise OAuthError("unauthorized_client", "This client acts for people only, not in its own name.")
        session_id = f"client:{client.id}"
        whole = Person(session_id, client.role, client.organiser_id, session_id, scopes=client.scopes)
        return self._access(_narrowed(whole, form))

    def _answer(self, grant: Grant, refresh: str | None, id_token: str | None) -> TokenAnswer:
        return msgspec.structs.replace(
            self._access(grant.person), refresh_token=refresh or msgspec.UNSET, id_token=id_token or msgspec.UNSET
        )

    def _access(self, person: Person) -> TokenAnswer:
        token = self._signer.issue_for(person, ACCESS_SECONDS)
        return TokenAnswer(token, ACCESS_SECONDS, " ".join(sorted(person.scopes or ())))

    def _id_token(self, grant: Grant, issuer: str, nonce: str | None) -> str | None:
        if "openid" not in (grant.person.scopes or ()):
            return None
        claims: dict[str, object] = {"iss": issuer, "aud": grant.client_id, "sub": grant.person.subject}
        if nonce is not None:
            claims["nonce"] = nonce
        if grant.person.strong:
            claims["amr"] = ["mfa"]
        return self._signer.sign("JWT", claims, ID_TOKEN_SECONDS, "RS256")

    def _session_of(self, token: str) -> str | None:
        try:
            return self._signer.verify(token).session_id
        except InvalidToken:
            return None


def _lasts(grant: Grant) -> bool:
    return "offline_access" in (grant.person.scopes or ())


def _narrowed(person: Person, form: Mapping[str, str]) -> Person:
    """The same with the scopes that are asked for, all when none are."""
    wanted = frozenset(form["scope"].split()) if "scope" in form else person.scopes
    if not wanted or not wanted <= (person.scopes or frozenset()):
        raise OAuthError("invalid_scope", f"It may ask for: {' '.join(sorted(person.scopes or ()))}.")
    return msgspec.structs.replace(person, scopes=wanted)
