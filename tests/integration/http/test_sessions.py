"""Sessions and staff roles: what is ended stays ended everywhere, and staff act with a second factor only."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import pyotp
import pytest
from tests.integration.http.browsers import Browser, code_in, mails_to
from tests.integration.http.conftest import BoxOffice, Caller, Json, assert_problem

from rowlock.identity import Role
from rowlock.identity.accounts.directory import Address, account_for, grant, withdraw
from rowlock.identity.accounts.sessions import end_sessions

AGE_SESSIONS = "UPDATE sessions SET created_at = created_at - interval '16 minutes'"
FORGET_STEP = "UPDATE authenticators SET last_step = 0"


async def set_up_codes(browser: Browser) -> tuple[pyotp.TOTP, list[str]]:
    """Turn one-time codes on; answers the app and the recovery codes. Its codes are taken as if none had been used."""
    begun = (await browser.post("/account/authenticator")).json()
    assert begun["picture"].startswith("<svg")
    app = pyotp.TOTP(begun["secret"])
    answer = await browser.post("/account/authenticator/confirm", {"code": app.now()})
    assert answer.status_code == 200, answer.text
    await browser.office.house.database.cold.execute(FORGET_STEP)
    return app, answer.json()["codes"]


async def employ(office: BoxOffice, email: str, role: Role) -> None:
    """Give the account of an address a role in the house."""
    async with office.house.database.cold.acquire() as connection:
        account, _ = await account_for(connection, Address.of(email), "", "en")
        await grant(connection, account.id, 1, role)


async def refused_everywhere(*offices: tuple[BoxOffice, str]) -> None:
    """Return when a session's token is refused by every process; a second at most."""
    async with asyncio.timeout(1):
        for office, token in offices:
            while (await Caller(office.client, token).get("/account")).status_code == 200:
                pass


async def test_an_ended_session_works_nowhere_within_a_second(office: BoxOffice, other_office: BoxOffice) -> None:
    async with Browser(office) as here, Browser(office, here.email) as there:
        await here.sign_in()
        await there.sign_in()
        sessions = (await here.get("/account/sessions"))["items"]
        assert [session["current"] for session in sessions].count(True) == 1
        assert {session["device"] for session in sessions} == {"Firefox, Linux"}
        assert {session["network"] for session in sessions} == {"127.0.0.0/24"}
        token = there.cookies["rowlock_session"]
        assert (await Caller(other_office.client, token).get("/account")).status_code == 200
        other = next(session["id"] for session in sessions if not session["current"])
        assert (await here.send("DELETE", f"/account/sessions/{other}")).status_code == 204
        await refused_everywhere((office, token), (other_office, token))
        assert (await there.state())["kind"] == "nobody"
        assert (await here.state())["kind"] == "account"


async def test_signing_out_ends_the_session_not_just_the_cookie(office: BoxOffice) -> None:
    async with Browser(office) as browser:
        await browser.sign_in()
        token = browser.cookies["rowlock_session"]
        assert (await browser.send("DELETE", "/session")).status_code == 204
        assert "rowlock_session" not in browser.cookies
        await refused_everywhere((office, token))


async def test_nobody_ends_another_s_session(office: BoxOffice) -> None:
    async with Browser(office) as one, Browser(office) as other:
        await one.sign_in()
        await other.sign_in()
        (session,) = (await other.get("/account/sessions"))["items"]
        assert_problem(await one.send("DELETE", f"/account/sessions/{session['id']}"), 404, "not_found")
        assert_problem(await one.send("DELETE", "/account/sessions/no-id"), 404, "not_found")
        assert (await one.send("DELETE", "/account/sessions")).status_code == 204
        assert (await other.state())["kind"] == "account"


async def test_every_sign_in_has_a_session_of_its_own(office: BoxOffice) -> None:
    async with Browser(office) as browser:
        await browser.sign_in()
        first = browser.cookies["rowlock_session"]
        await browser.sign_in()
        assert browser.cookies["rowlock_session"] != first
        assert len((await browser.get("/account/sessions"))["items"]) == 2


async def test_scripts_tokens_have_no_account(office: BoxOffice) -> None:
    assert_problem(await office.caller().get("/account"), 403, "account_needed")
    assert (await office.caller().get("/session")).json()["kind"] == "token"


async def test_what_protects_an_account_changes_only_soon_after_signing_in(office: BoxOffice) -> None:
    async with Browser(office) as browser:
        await browser.sign_in()
        await office.house.database.cold.execute(AGE_SESSIONS)
        for method, path, body in (
            ("PUT", "/account/password", {"password": "nobody would guess this"}),
            ("POST", "/account/passkeys/options", None),
            ("POST", "/account/authenticator", None),
            ("POST", "/account/email", {"email": "other@example.com"}),
        ):
            assert_problem(await browser.send(method, path, body), 403, "sign_in_again")


@pytest.mark.parametrize("role", ["door", "organiser", "operator"])
async def test_staff_act_only_with_a_second_factor(office: BoxOffice, role: Role) -> None:
    async with Browser(office) as browser:
        await employ(office, browser.email, role)
        await browser.sign_in()
        wish = {"role": role, "organiserId": "1"}
        problem = assert_problem(await browser.post("/session/role", wish), 403, "second_factor_needed")
        assert problem["setUp"] is True
        await set_up_codes(browser)
        assert (await browser.state())["strong"] is True
        assert (await browser.post("/session/role", wish)).status_code == 204
        state = await browser.state()
        assert state["role"] == role
        assert state["organiserId"] == (None if role == "operator" else "1")
        made = await browser.post("/venues", {"name": f"Hall of {role}"})
        assert made.status_code == (403 if role == "door" else 201)
        assert (await browser.post("/session/role", {"role": "buyer"})).status_code == 204
        assert_problem(await browser.post("/venues", {"name": "Another"}), 403, "forbidden")


async def test_a_role_that_one_does_not_have_is_refused(office: BoxOffice) -> None:
    async with Browser(office) as browser:
        await employ(office, browser.email, "door")
        await browser.sign_in()
        await set_up_codes(browser)
        for wish in ({"role": "operator"}, {"role": "door", "organiserId": "2"}):
            assert_problem(await browser.post("/session/role", wish), 403, "forbidden")


async def test_a_withdrawn_role_ends_what_acts_in_it(office: BoxOffice) -> None:
    async with Browser(office) as browser:
        await employ(office, browser.email, "organiser")
        await browser.sign_in()
        await set_up_codes(browser)
        assert (await browser.post("/session/role", {"role": "organiser"})).status_code == 204
        token = browser.cookies["rowlock_session"]
        async with office.house.database.cold.acquire() as connection, connection.transaction():
            account, _ = await account_for(connection, Address.of(browser.email), "", "en")
            assert await withdraw(connection, account.id, 1, "organiser")
            await end_sessions(connection, account.id)
        await refused_everywhere((office, token))


@asynccontextmanager
async def at_the_second_factor(browser: Browser, count: int) -> AsyncIterator[list[Browser]]:
    """More browsers of the same person, each of which waits for the second factor."""
    async with AsyncExitStack() as stack:
        found = [await stack.enter_async_context(Browser(browser.office, browser.email)) for _ in range(count)]
        for one in found:
            assert (await half_way(one))["status"] == "second_factor_needed"
        yield found


async def half_way(browser: Browser) -> Json:
    """Sign in by mail up to the second factor."""
    await browser.ask_link()
    answer = await browser.answer(code_in((await mails_to(browser.office, browser.email))[-1]))
    body: Json = answer.json()
    return body


async def test_with_one_time_codes_no_first_factor_is_enough(office: BoxOffice) -> None:
    async with Browser(office) as browser, Browser(office, browser.email) as later:
        await browser.sign_in()
        app, _ = await set_up_codes(browser)
        assert (await half_way(later))["status"] == "second_factor_needed"
        assert (await later.state())["kind"] == "nobody"
        assert_problem(await later.post("/session/second-factor", {"code": "000000"}), 403, "sign_in_failed")
        answer = await later.post("/session/second-factor", {"code": app.now()})
        assert answer.json()["status"] == "signed_in"
        assert (await later.state())["strong"] is True


async def test_a_one_time_code_is_good_once_even_for_two_at_once(office: BoxOffice) -> None:
    async with Browser(office) as browser:
        await browser.sign_in()
        app, _ = await set_up_codes(browser)
        async with at_the_second_factor(browser, 3) as rivals:
            code = {"code": app.now()}
            answers = await asyncio.gather(*(rival.post("/session/second-factor", code) for rival in rivals))
        assert sorted(answer.status_code for answer in answers) == [200, 403, 403]


async def test_a_recovery_code_is_good_once_even_for_two_at_once(office: BoxOffice) -> None:
    async with Browser(office) as browser:
        await browser.sign_in()
        _, codes = await set_up_codes(browser)
        assert len(set(codes)) == 10
        async with at_the_second_factor(browser, 3) as rivals:
            code = {"code": codes[0].upper()}
            answers = await asyncio.gather(*(rival.post("/session/second-factor", code) for rival in rivals))
        assert sorted(answer.status_code for answer in answers) == [200, 403, 403]
        assert (await browser.get("/account/security"))["recoveryCodes"] == 9


async def test_guessing_second_factors_comes_to_an_end(office: BoxOffice) -> None:
    async with Browser(office) as browser, Browser(office, browser.email) as thief:
        await browser.sign_in()
        app, _ = await set_up_codes(browser)
        await half_way(thief)
        for _ in range(5):
            assert_problem(await thief.post("/session/second-factor", {"code": "000000"}), 403, "sign_in_failed")
        assert_problem(await thief.post("/session/second-factor", {"code": app.now()}), 403, "sign_in_failed")


async def test_one_time_codes_are_replaced_only_by_who_has_them(office: BoxOffice) -> None:
    async with Browser(office) as browser:
        await browser.sign_in()
        await set_up_codes(browser)
        assert_problem(await browser.post("/account/authenticator"), 409, "already_set_up")
        assert (await browser.send("DELETE", "/account/authenticator")).status_code == 204
        state = await browser.get("/account/security")
        assert (state["hasAuthenticator"], state["recoveryCodes"]) == (False, 0)


async def test_a_stored_secret_of_one_time_codes_is_sealed(office: BoxOffice) -> None:
    async with Browser(office) as browser:
        await browser.sign_in()
        begun = (await browser.post("/account/authenticator")).json()
        stored = await office.house.database.cold.fetchval("SELECT secret FROM authenticators")
        assert begun["secret"].encode() not in bytes(stored)


async def test_the_key_of_a_repeated_request_never_keeps_a_secret(office: BoxOffice) -> None:
    async with Browser(office) as browser:
        await browser.sign_in()
        await set_up_codes(browser)
        answer = await browser.send("POST", "/account/recovery-codes", **{"Idempotency-Key": uuid.uuid4().hex})
        assert answer.status_code == 200
        assert await office.house.database.cold.fetchval("SELECT count(*) FROM idempotency_keys") == 0
