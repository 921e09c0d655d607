"""OAuth 2.1 as a program meets it: codes, refresh tokens, machines, devices, and every wrong turn."""

import asyncio
import base64
import hashlib
import secrets
import time
from typing import NamedTuple
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OctKey, OKPKey
from tests.integration.http.conftest import BoxOffice, Caller, Json, assert_problem

from rowlock import identity
from rowlock.identity.accounts.directory import Address, account_for
from rowlock.identity.oauth import NewClient, create_client, disable_client
from rowlock.identity.oauth.desk import ASSERTION_TYPE

BACK = "https://app.example/callback"
ALL_SCOPES = frozenset({"bookings", "events", "audit"})


class Program(NamedTuple):
    """A program known here, as it sees itself."""

    office: BoxOffice
    made: NewClient

    def wish(self, verifier: str, **changed: str) -> str:
        """The query of its authorization request."""
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        asked = {
            "response_type": "code", "client_id": self.made.client_id, "redirect_uri": BACK, "state": "s/1",
            "scope": "openid offline_access bookings", "nonce": "n-1",
            "code_challenge": challenge, "code_challenge_method": "S256",
        }  # fmt: skip
        return urlencode({name: text for name, text in (asked | changed).items() if text})

    async def token(self, **form: str) -> httpx.Response:
        """A token request with its own proof."""
        proof = {"client_id": self.made.client_id} | ({"client_secret": self.made.secret} if self.made.secret else {})
        return await self.office.client.post("/oauth/token", data=proof | form)

    async def redeem(self, code: str, verifier: str) -> httpx.Response:
        """Exchange a code."""
        return await self.token(grant_type="authorization_code", code=code, code_verifier=verifier, redirect_uri=BACK)

    async def tokens(self, person: Caller) -> Json:
        """Everything that a person's yes gives it."""
        verifier = secrets.token_urlsafe(48)
        answer = await self.redeem(await allowed(person, self.wish(verifier)), verifier)
        assert answer.status_code == 200, answer.text
        told: Json = answer.json()
        return told


async def program(office: BoxOffice, *, confidential: bool = True, role: identity.Role | None = None) -> Program:
    """A program known to this office."""
    async with office.house.database.cold.acquire() as connection, connection.transaction():
        made = await create_client(
            connection, "Fan club", redirect_uris=(BACK, "http://127.0.0.1/cb"), scopes=ALL_SCOPES,
            confidential=confidential, role=role, organiser_id=1 if role else None,
        )  # fmt: skip
    return Program(office, made)


def session(office: BoxOffice, role: identity.Role = "buyer", name: str = "fan") -> Caller:
    """Somebody signed in on our own pages."""
    who = identity.Person(f"{role}:{name}", role, 1, f"session:{name}")
    return Caller(office.client, office.api.signer.issue_for(who))


async def allowed(person: Caller, query: str) -> str:
    """The code that a yes gives."""
    answer = await person.post("/account/grants", {"query": query, "allow": True})
    assert answer.status_code == 200, answer.text
    location = urlsplit(answer.json()["location"])
    assert f"{location.scheme}://{location.netloc}{location.path}" == BACK
    told = parse_qs(location.query)
    assert told["state"] == ["s/1"]
    assert told["iss"] == [str(person.client.base_url).rstrip("/")], "the program sees whose answer it is (RFC 9207)"
    code: str = told["code"][0]
    return code


def assert_oauth(answer: httpx.Response, status: int, error: str) -> None:
    """A refusal in OAuth's own words."""
    assert (answer.status_code, answer.json()["error"]) == (status, error), answer.text
    assert answer.json()["error_description"]
    assert answer.headers["cache-control"] == "no-store"


async def may(office: BoxOffice, access_token: str) -> int:
    """The status that a token gets for the list of bookings."""
    return (await Caller(office.client, access_token).get("/bookings")).status_code


async def ended(office: BoxOffice, access_token: str) -> None:
    """Return when the token is refused; within a second, or the test fails."""
    async with asyncio.timeout(1.0):
        while await may(office, access_token) != 401:
            pass


async def test_a_person_lets_a_program_act_for_them(office: BoxOffice) -> None:
    club, fan = await program(office), session(office)
    told = await club.tokens(fan)
    assert (told["token_type"], told["expires_in"]) == ("Bearer", 900)
    acting = Caller(office.client, told["access_token"])
    held = await office.hold(acting, "S-1-1")
    assert (await fan.get(f"/bookings/{held['bookingId']}")).status_code == 200, "it is the person's own booking"
    who = await office.client.get("/oauth/userinfo", headers=acting.headers)
    assert who.json() == {"sub": "buyer:fan"}
    keys = KeySet.import_key_set((await office.client.get("/oauth/jwks.json")).json())
    claims = jwt.decode(told["id_token"], keys, algorithms=["RS256"]).claims
    assert (claims["aud"], claims["sub"], claims["nonce"]) == (club.made.client_id, "buyer:fan", "n-1")
    found = (await office.client.get("/.well-known/openid-configuration")).json()
    assert claims["iss"] == found["issuer"]
    assert_problem(await acting.get("/account/grants"), 403, "scope_missing")
    assert await may(office, told["id_token"]) == 401, "an ID token opens nothing"


async def test_a_program_learns_of_a_person_what_they_allow(office: BoxOffice) -> None:
    async with office.house.database.cold.acquire() as connection, connection.transaction():
        account, _ = await account_for(connection, Address.of("Fan@Example.org"), "A Fan", "de")
    club = await program(office)
    person = identity.Person(account.subject, "buyer", session_id="s")
    fan, whole = Caller(office.client, office.api.signer.issue_for(person)), {"name": "A Fan", "locale": "de"}
    told: Json = {
        "openid": {},
        "openid profile": whole,
        "openid email": {"email": "Fan@Example.org", "email_verified": True},
    }
    for scope, expected in told.items():
        verifier = secrets.token_urlsafe(48)
        code = await allowed(fan, club.wish(verifier, scope=scope))
        token = (await club.redeem(code, verifier)).json()["access_token"]
        answer = await Caller(office.client, token).send("GET", "/oauth/userinfo")
        state = await Caller(office.client, token).get("/session")
        assert (state.status_code, state.json()["kind"]) == (200, "token"), "a program is nobody's session"
        assert answer.json() == {"sub": account.subject} | expected


async def test_a_program_gets_no_more_than_the_person_may(office: BoxOffice) -> None:
    club, fan = await program(office), session(office)
    verifier = secrets.token_urlsafe(48)
    code = await allowed(fan, club.wish(verifier, scope="events audit"))
    acting = Caller(office.client, (await club.redeem(code, verifier)).json()["access_token"])
    assert_problem(await acting.post("/venues", {"name": "Somewhere"}), 403, "forbidden")
    assert_problem(await acting.get("/bookings"), 403, "scope_missing")


async def test_no_is_told_to_the_program(office: BoxOffice) -> None:
    club, fan = await program(office), session(office)
    answer = await fan.post("/account/grants", {"query": club.wish("v" * 43), "allow": False})
    told = parse_qs(urlsplit(answer.json()["location"]).query)
    assert (told["error"], told["state"]) == (["access_denied"], ["s/1"])
    assert "code" not in told


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"redirect_uri": "https://app.example/callback/"}, None),
        ({"redirect_uri": "https://app.example.evil/callback"}, None),
        ({"redirect_uri": "https://app.example/callback?x=1"}, None),
        ({"redirect_uri": "http://127.0.0.1:9@evil.example/cb"}, None),
        ({"redirect_uri": ""}, None),
        ({"client_id": "client-of-nobody"}, None),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_mode": "fragment"}, "invalid_request"),
        ({"code_challenge": ""}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"scope": "bookings everything"}, "invalid_scope"),
        ({"scope": ""}, "invalid_scope"),
        ({"prompt": "none login"}, "invalid_request"),
        ({"request": "eyJ"}, "request_not_supported"),
        ({"state": "x" * 3000}, "invalid_request"),
    ],
)
async def test_a_wish_that_is_not_in_order_is_never_asked(
    office: BoxOffice, changed: dict[str, str], told: str | None
) -> None:
    """Whom we cannot trust we do not send people to; others are told by redirect."""
    club, fan = await program(office), session(office)
    query = club.wish("v" * 43, **changed)
    assert_problem(await fan.post("/account/grants", {"query": query, "allow": True}), 422, "invalid_request")
    page = await office.client.get(f"/oauth/authorize?{query}")
    if told is None:
        assert page.status_code == 400
        assert "location" not in page.headers
    else:
        assert page.status_code == 303
        assert parse_qs(urlsplit(page.headers["location"]).query)["error"] == [told]


async def test_the_page_asks_once_and_sends_guests_to_sign_in(office: BoxOffice) -> None:
    """With the session cookie, as a browser has it."""
    club, fan, verifier = await program(office), session(office), secrets.token_urlsafe(48)
    cookie = {"Cookie": f"rowlock_session={fan.headers['Authorization'].removeprefix('Bearer ')}"}
    guest = {"Cookie": f"rowlock_session={office.api.signer.issue('guest:1', 'buyer')}"}

    async def visit(headers: dict[str, str], **changed: str) -> httpx.Response:
        return await office.client.get(f"/oauth/authorize?{club.wish(verifier, **changed)}", headers=headers)

    for headers in ({}, guest, {"Cookie": "rowlock_session=noise"}):
        sent = await visit(headers)
        assert sent.headers["location"].startswith("/sign-in?next=%2Foauth%2Fauthorize%3F"), sent.text
        assert "error=login_required" in (await visit(headers, prompt="none")).headers["location"]
    assert "error=consent_required" in (await visit(cookie, prompt="none")).headers["location"]
    page = await visit(cookie)
    assert page.status_code == 200
    assert page.headers["cache-control"] == "no-store"
    assert "Fan club" in page.text
    await allowed(fan, club.wish(verifier))
    again = await visit(cookie)
    assert again.status_code == 303, "allowed before: no second question"
    code = parse_qs(urlsplit(again.headers["location"]).query)["code"][0]
    assert (await club.redeem(code, verifier)).status_code == 200
    assert (await visit(cookie, scope="bookings audit")).status_code == 200, "more than was allowed is asked for"
    assert (await visit(cookie, prompt="consent")).status_code == 200
    public = await program(office, confidential=False)
    await allowed(fan, public.wish(verifier))
    asked = await office.client.get(f"/oauth/authorize?{public.wish(verifier)}", headers=cookie)
    assert asked.status_code == 200, "who cannot prove itself asks every time"


async def test_a_parameter_that_stands_twice_is_refused(office: BoxOffice) -> None:
    club = await program(office)
    page = await office.client.get(f"/oauth/authorize?{club.wish('v' * 43)}&redirect_uri=https://evil.example/")
    assert page.status_code == 400
    body = b"grant_type=client_credentials&grant_type=refresh_token"
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    assert_oauth(await office.client.post("/oauth/token", content=body, headers=headers), 400, "invalid_request")


async def test_a_program_on_this_machine_may_choose_its_port(office: BoxOffice) -> None:
    club, fan = await program(office, confidential=False), session(office)
    query = club.wish("v" * 43, redirect_uri="http://127.0.0.1:53117/cb")
    answer = await fan.post("/account/grants", {"query": query, "allow": True})
    assert answer.json()["location"].startswith("http://127.0.0.1:53117/cb?code=")


async def test_a_code_works_once_and_its_second_use_ends_everything(office: BoxOffice) -> None:
    club, fan = await program(office), session(office)
    verifier = secrets.token_urlsafe(48)
    code = await allowed(fan, club.wish(verifier))
    answers = await asyncio.gather(*(club.redeem(code, verifier) for _ in range(8)))
    good = [answer.json() for answer in answers if answer.status_code == 200]
    assert len(good) == 1
    for answer in answers:
        if answer.status_code != 200:
            assert_oauth(answer, 400, "invalid_grant")
    await ended(office, good[0]["access_token"])
    refused = await club.token(grant_type="refresh_token", refresh_token=good[0]["refresh_token"])
    assert_oauth(refused, 400, "invalid_grant")


@pytest.mark.parametrize(
    "wrong",
    [{"code_verifier": "w" * 43}, {"code_verifier": ""}, {"redirect_uri": "http://127.0.0.1/cb"}, {"code": "x"}],
)
async def test_a_code_needs_its_verifier_and_address(office: BoxOffice, wrong: dict[str, str]) -> None:
    club, fan = await program(office), session(office)
    verifier = secrets.token_urlsafe(48)
    form = {"code": await allowed(fan, club.wish(verifier)), "code_verifier": verifier, "redirect_uri": BACK}
    assert_oauth(await club.token(grant_type="authorization_code", **(form | wrong)), 400, "invalid_grant")


async def test_a_code_is_of_one_program_only(office: BoxOffice) -> None:
    club, thief, fan = await program(office), await program(office), session(office)
    verifier = secrets.token_urlsafe(48)
    code = await allowed(fan, club.wish(verifier))
    assert_oauth(await thief.redeem(code, verifier), 400, "invalid_grant")


async def test_refresh_tokens_rotate_and_a_copied_one_ends_everything(office: BoxOffice) -> None:
    club, fan = await program(office), session(office)
    first = await club.tokens(fan)
    narrow = await club.token(grant_type="refresh_token", refresh_token=first["refresh_token"], scope="bookings")
    second = narrow.json()
    assert second["scope"] == "bookings"
    wide = await club.token(grant_type="refresh_token", refresh_token=second["refresh_token"], scope="bookings audit")
    assert_oauth(wide, 400, "invalid_scope")
    third = (await club.token(grant_type="refresh_token", refresh_token=second["refresh_token"])).json()
    assert await may(office, third["access_token"]) == 200, "a wish that was refused used nothing up"
    copied = await club.token(grant_type="refresh_token", refresh_token=first["refresh_token"])
    assert_oauth(copied, 400, "invalid_grant")
    await ended(office, third["access_token"])
    assert_oauth(
        await club.token(grant_type="refresh_token", refresh_token=third["refresh_token"]), 400, "invalid_grant"
    )


async def test_one_refresh_token_gives_one_successor_however_many_ask_at_once(office: BoxOffice) -> None:
    club, fan = await program(office), session(office)
    token = (await club.tokens(fan))["refresh_token"]
    answers = await asyncio.gather(*(club.token(grant_type="refresh_token", refresh_token=token) for _ in range(8)))
    assert sum(answer.status_code == 200 for answer in answers) == 1


async def test_a_permission_does_not_last_for_ever(office: BoxOffice) -> None:
    club, fan = await program(office), session(office)
    token = (await club.tokens(fan))["refresh_token"]
    await office.house.database.cold.execute("UPDATE oauth_grants SET created_at = now() - interval '181 days'")
    assert_oauth(await club.token(grant_type="refresh_token", refresh_token=token), 400, "invalid_grant")


async def test_what_is_given_back_ends_everywhere(office: BoxOffice, other_office: BoxOffice) -> None:
    club, fan = await program(office), session(office)
    told = await club.tokens(fan)
    assert await may(other_office, told["access_token"]) == 200
    proof = {"client_id": club.made.client_id, "client_secret": str(club.made.secret)}
    answer = await office.client.post("/oauth/revoke", data=proof | {"token": told["refresh_token"]})
    assert answer.status_code == 200
    await ended(other_office, told["access_token"])
    thief = await program(office)
    other = await club.tokens(fan)
    proof = {"client_id": thief.made.client_id, "client_secret": str(thief.made.secret)}
    answer = await office.client.post("/oauth/revoke", data=proof | {"token": other["refresh_token"]})
    assert answer.status_code == 200, "a stranger's token is not told apart from none"
    assert (await club.token(grant_type="refresh_token", refresh_token=other["refresh_token"])).status_code == 200


async def test_people_see_and_end_what_they_allowed(office: BoxOffice) -> None:
    club, fan, stranger = await program(office), session(office), session(office, name="stranger")
    told = await club.tokens(fan)
    items = (await fan.get("/account/grants")).json()["items"]
    assert [(item["program"], sorted(item["scopes"])) for item in items] == [
        ("Fan club", ["bookings", "offline_access", "openid"])
    ]
    grant = items[0]["id"]
    assert_problem(await stranger.delete(f"/account/grants/{grant}"), 404, "not_found")
    assert (await fan.delete(f"/account/grants/{grant}")).status_code == 204
    await ended(office, told["access_token"])
    assert_problem(await fan.delete(f"/account/grants/{grant}"), 404, "not_found")
    assert_problem(await fan.delete("/account/grants/no-id"), 404, "not_found")


async def test_introspection_tells_a_program_about_its_own_tokens_only(office: BoxOffice) -> None:
    club, other, fan = await program(office), await program(office), session(office)
    told = await club.tokens(fan)

    async def ask(asker: Program, token: str) -> Json:
        proof = {"client_id": asker.made.client_id, "client_secret": str(asker.made.secret)}
        answer: Json = (await office.client.post("/oauth/introspect", data=proof | {"token": token})).json()
        return answer

    access = await ask(club, told["access_token"])
    assert (access["active"], access["sub"], access["client_id"]) == (True, "buyer:fan", club.made.client_id)
    assert (await ask(club, told["refresh_token"]))["token_type"] == "refresh_token"
    for token in (told["access_token"], told["refresh_token"], "noise", office.api.signer.issue("buyer:9", "buyer")):
        assert await ask(other, token) == {"active": False}


async def test_programs_must_prove_themselves(office: BoxOffice) -> None:
    club = await program(office, role="organiser")
    form = {"grant_type": "client_credentials", "client_id": club.made.client_id}
    wrong: list[Json] = [form, form | {"client_secret": "wrong"}, form | {"client_id": "nobody", "client_secret": "x"}]
    for body in wrong:
        answer = await office.client.post("/oauth/token", data=body)
        assert_oauth(answer, 401, "invalid_client")
        assert answer.headers["www-authenticate"].startswith("Basic")
    basic = (club.made.client_id, str(club.made.secret))
    good = await office.client.post("/oauth/token", data={"grant_type": "client_credentials"}, auth=basic)
    assert good.json()["scope"] == "audit bookings events"
    both = await office.client.post("/oauth/token", data=form | {"client_secret": basic[1]}, auth=basic)
    assert_oauth(both, 400, "invalid_request")
    for header in ("Basic", "Basic !!!", "Bearer x", "Basic " + base64.b64encode(b"no-colon").decode()):
        answer = await office.client.post("/oauth/token", data=form, headers={"Authorization": header})
        assert_oauth(answer, 401, "invalid_client")


async def test_a_machine_acts_in_its_own_name_until_it_is_disabled(office: BoxOffice) -> None:
    machine = await program(office, role="organiser")
    told = (await machine.token(grant_type="client_credentials", scope="events")).json()
    assert "refresh_token" not in told
    acting = Caller(office.client, told["access_token"])
    made = await acting.post("/venues", {"name": "Made by a machine"})
    assert made.status_code == 201
    assert_problem(await acting.get("/bookings"), 403, "scope_missing")
    plain = await program(office)
    assert_oauth(await plain.token(grant_type="client_credentials"), 400, "unauthorized_client")
    async with office.house.database.cold.acquire() as connection, connection.transaction():
        assert await disable_client(connection, machine.made.client_id)
    assert_oauth(await machine.token(grant_type="client_credentials"), 401, "invalid_client")
    await ended(office, told["access_token"])


def signed(key: ECKey | OKPKey | OctKey, key_id: str, algorithm: str, **changed: object) -> str:
    """A device's signed request for a token."""
    now = int(time.time())
    claims = {"iss": key_id, "sub": key_id, "aud": "AUD", "exp": now + 60, "jti": secrets.token_hex(8)} | changed
    kept = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode({"alg": algorithm, "kid": key_id}, kept, key, algorithms=[algorithm])


async def asks(office: BoxOffice, assertion: str, **form: str) -> httpx.Response:
    """Send a device's signed request."""
    body = {
        "grant_type": "client_credentials", "client_assertion_type": ASSERTION_TYPE, "client_assertion": assertion,
    }  # fmt: skip
    return await office.client.post("/oauth/token", data=body | form)


@pytest.mark.parametrize("algorithm", ["ES256", "Ed25519"])
async def test_a_device_s_key_gets_tokens_and_each_signed_request_works_once(office: BoxOffice, algorithm: str) -> None:
    fan, here = session(office), str(office.client.base_url).rstrip("/")
    key = ECKey.generate_key("P-256") if algorithm == "ES256" else OKPKey.generate_key("Ed25519")
    body = {"name": "Door 3", "scopes": ["bookings"], "publicKey": key.as_dict(private=False)}
    made = (await fan.post("/account/keys", body)).json()
    assertion = signed(key, made["id"], algorithm, aud=f"{here}/oauth/token")
    answers = await asyncio.gather(*(asks(office, assertion) for _ in range(6)))
    good = [answer.json() for answer in answers if answer.status_code == 200]
    assert len(good) == 1, "once, however many try at the same time"
    acting = Caller(office.client, good[0]["access_token"])
    await office.hold(acting, "S-1-2")
    assert_problem(await acting.get("/account/keys"), 403, "scope_missing")
    listed = (await fan.get("/account/keys")).json()["items"]
    assert [(item["id"], item["lastUsedAt"] is not None) for item in listed] == [(made["id"], True)]
    assert (await fan.delete(f"/account/keys/{made['id']}")).status_code == 204
    await ended(office, good[0]["access_token"])
    assert_oauth(await asks(office, signed(key, made["id"], algorithm, aud=here)), 401, "invalid_client")


async def test_a_signed_request_that_is_not_in_order_is_refused(office: BoxOffice) -> None:
    fan, here = session(office), str(office.client.base_url).rstrip("/")
    key = ECKey.generate_key("P-256")
    body = {"name": "Door 3", "scopes": ["bookings"], "publicKey": key.as_dict(private=False)}
    key_id = (await fan.post("/account/keys", body)).json()["id"]
    now = int(time.time())
    faults: list[dict[str, object]] = [
        {"aud": "https://elsewhere.example"}, {"exp": now - 60}, {"exp": now + 3_600}, {"exp": None}, {"exp": True},
        {"jti": None}, {"jti": ""}, {"iss": "other"}, {"sub": "other"}, {"jti": "\x00"}, {"aud": {"a": 1}},
    ]  # fmt: skip
    for fault in faults:
        refused = await asks(office, signed(key, key_id, "ES256", **({"aud": here} | fault)))
        assert_oauth(refused, 401, "invalid_client")
    public = key.as_dict(private=False)
    forged = signed(OctKey.import_key(str(public).encode()), key_id, "HS256", aud=here)
    stranger = signed(ECKey.generate_key("P-256"), key_id, "ES256", aud=here)
    for assertion in (forged, stranger, "", "a.b.c", "é.ü.ö", "x" * 10_000):
        assert_oauth(await asks(office, assertion), 401, "invalid_client")
    wide = await asks(office, signed(key, key_id, "ES256", aud=here), scope="bookings events")
    assert_oauth(wide, 400, "invalid_scope")


async def test_keys_that_should_not_be_sent_are_refused(office: BoxOffice) -> None:
    fan = session(office)
    key = ECKey.generate_key("P-256")
    good = {"name": "Door 3", "scopes": ["bookings"], "publicKey": key.as_dict(private=False)}
    faults: list[Json] = [
        {"publicKey": key.as_dict(private=True)}, {"publicKey": {"kty": "oct", "k": "AAAA"}}, {"publicKey": {}},
        {"publicKey": ECKey.generate_key("P-384").as_dict(private=False)}, {"publicKey": {"kty": 1}}, {"name": " "},
        {"scopes": []}, {"scopes": ["everything"]}, {"publicKey": {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}},
    ]  # fmt: skip
    for wrong in faults:
        assert_problem(await fan.post("/account/keys", good | wrong), 422, "invalid_request")
    assert_problem(await office.caller().post("/account/keys", good), 403, "account_needed")
