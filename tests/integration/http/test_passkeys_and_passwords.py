"""Signing in with a passkey or a password: what proves somebody, and what only looks like it."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
from argon2 import PasswordHasher
from tests.integration.http.authenticator import SoftPasskey
from tests.integration.http.browsers import Browser, mails_to
from tests.integration.http.conftest import BoxOffice, assert_problem

from rowlock.identity.accounts.breached import BreachedList
from rowlock.identity.accounts.passwords import Passwords
from rowlock.kernel import limits
from rowlock.platform.batching import Overloaded

GOOD_PASSWORD = "violet-harbour-cantilever-38"


@pytest.fixture
async def browser(office: BoxOffice) -> AsyncIterator[Browser]:
    """Somebody who just signed in by mail."""
    async with Browser(office) as browser:
        await browser.sign_in()
        yield browser


def passkey_at(office: BoxOffice, *, verifies: bool = True) -> SoftPasskey:
    """A passkey of this site."""
    return SoftPasskey(str(office.client.base_url).rstrip("/"), verifies=verifies)


async def add(browser: Browser, passkey: SoftPasskey) -> httpx.Response:
    """Make it a passkey of the account."""
    options = (await browser.post("/account/passkeys/options")).json()
    return await browser.post("/account/passkeys", {"credential": passkey.made(options), "name": "Key"})


async def sign_in_with(browser: Browser, passkey: SoftPasskey) -> httpx.Response:
    """Answer a fresh challenge with it."""
    options = (await browser.post("/session/passkey-options")).json()
    assert "allowCredentials" not in options or options["allowCredentials"] == []
    return await browser.post("/session/passkey", {"credential": passkey.used(options)})


async def test_a_passkey_that_verifies_its_user_is_both_factors(office: BoxOffice, browser: Browser) -> None:
    passkey = passkey_at(office)
    assert (await add(browser, passkey)).status_code == 204
    assert (await browser.state())["strong"] is True
    assert "passkey" in (await mails_to(office, browser.email))[-1].as_string()
    async with Browser(office) as elsewhere:
        passkey.count += 1
        assert (await sign_in_with(elsewhere, passkey)).json()["status"] == "signed_in"
        state = await elsewhere.state()
        assert (state["email"], state["strong"]) == (browser.email, True)


async def test_a_passkey_without_its_user_verified_is_one_factor(office: BoxOffice, browser: Browser) -> None:
    passkey = passkey_at(office)
    await add(browser, passkey)
    passkey.verifies, passkey.count = False, 2
    async with Browser(office) as elsewhere:
        assert (await sign_in_with(elsewhere, passkey)).status_code == 200
        assert (await elsewhere.state())["strong"] is False
        problem = assert_problem(await elsewhere.post("/account/passkeys/options"), 403, "second_factor_needed")
        assert problem["setUp"] is False


@pytest.mark.parametrize("wrong", ["count", "origin", "host", "challenge", "stranger"])
async def test_what_only_looks_like_the_passkey_is_refused(office: BoxOffice, browser: Browser, wrong: str) -> None:
    passkey = passkey_at(office)
    passkey.count = 7
    await add(browser, passkey)
    passkey.count = 8
    used = passkey
    match wrong:
        case "count":
            passkey.count = 7
        case "origin":
            passkey.origin = "https://evil.example"
        case "host":
            passkey.host = "evil.example"
        case "stranger":
            used = passkey_at(office)
            used.id = passkey.id
    async with Browser(office) as elsewhere:
        options = (await elsewhere.post("/session/passkey-options")).json()
        if wrong == "challenge":
            options = (await browser.post("/session/passkey-options")).json()
        answer = await elsewhere.post("/session/passkey", {"credential": used.used(options)})
        assert_problem(answer, 403, "sign_in_failed")
        assert (await elsewhere.state())["kind"] == "nobody"


async def test_a_signed_challenge_is_good_once(office: BoxOffice, browser: Browser) -> None:
    passkey = passkey_at(office)
    await add(browser, passkey)
    async with Browser(office) as elsewhere:
        options = (await elsewhere.post("/session/passkey-options")).json()
        passkey.count += 1
        body = {"credential": passkey.used(options)}
        answers = await asyncio.gather(*(elsewhere.post("/session/passkey", body) for _ in range(4)))
        assert sorted(answer.status_code for answer in answers) == [200, 403, 403, 403]


@pytest.mark.parametrize(
    "credential", [{}, {"rawId": "!!", "response": 3}, {"id": None, "rawId": "AAAA", "response": {}}]
)
async def test_rough_credentials_are_refused_not_tripped_over(browser: Browser, credential: object) -> None:
    await browser.post("/session/passkey-options")
    assert_problem(await browser.post("/session/passkey", {"credential": credential}), 403, "sign_in_failed")
    await browser.post("/account/passkeys/options")
    assert_problem(await browser.post("/account/passkeys", {"credential": credential}), 422, "passkey_refused")


async def test_a_passkey_that_does_not_verify_its_user_is_not_made(office: BoxOffice, browser: Browser) -> None:
    assert_problem(await add(browser, passkey_at(office, verifies=False)), 422, "passkey_refused")


async def test_one_forgets_only_one_s_own_passkeys(office: BoxOffice, browser: Browser) -> None:
    await add(browser, passkey_at(office))
    (passkey,) = (await browser.get("/account/security"))["passkeys"]
    async with Browser(office) as other:
        await other.sign_in()
        assert_problem(await other.send("DELETE", f"/account/passkeys/{passkey['id']}"), 404, "not_found")
    assert (await browser.send("DELETE", f"/account/passkeys/{passkey['id']}")).status_code == 204
    assert (await browser.get("/account/security"))["passkeys"] == []


async def test_a_password_signs_in_and_a_new_one_ends_other_sessions(office: BoxOffice, browser: Browser) -> None:
    async with Browser(office, browser.email) as elsewhere:
        await elsewhere.sign_in()
        assert (await browser.send("PUT", "/account/password", {"password": GOOD_PASSWORD})).status_code == 204
        assert len((await browser.get("/account/sessions"))["items"]) == 1
        right = {"email": browser.email.upper(), "password": GOOD_PASSWORD}
        assert_problem(
            await elsewhere.post("/session/password", right | {"password": GOOD_PASSWORD + "x"}), 403, "sign_in_failed"
        )
        assert (await elsewhere.post("/session/password", right)).json()["status"] == "signed_in"
        assert (await browser.send("DELETE", "/account/password")).status_code == 204
        assert_problem(await elsewhere.post("/session/password", right), 403, "sign_in_failed")


@pytest.mark.parametrize(
    "password", ["short", "password123!", "Qwertz12345", "aaaaaaaaaaaa", "P@ssw0rd2026!", "iloveyou2024"]
)
async def test_weak_passwords_are_refused(browser: Browser, password: str) -> None:
    assert_problem(await browser.send("PUT", "/account/password", {"password": password}), 422, "weak_password")


async def test_a_password_made_of_the_address_is_refused(browser: Browser) -> None:
    own = f"xx{browser.email.partition('@')[0].upper()}yy"
    problem = assert_problem(await browser.send("PUT", "/account/password", {"password": own}), 422, "weak_password")
    assert problem["reason"] == "personal"


async def test_passwords_wait_in_a_short_line_and_no_longer() -> None:
    passwords = Passwords(BreachedList(), PasswordHasher(time_cost=1, memory_cost=64))
    crowd = limits.PASSWORD_JOBS_WAITING_MAX + 10
    kept = await passwords.hash(GOOD_PASSWORD)
    outcomes = await asyncio.gather(*(passwords.fits("no", kept) for _ in range(crowd)), return_exceptions=True)
    passwords.close()
    assert sum(isinstance(outcome, Overloaded) for outcome in outcomes) == 8
    assert sum(outcome is False for outcome in outcomes) == crowd - 8


async def test_tries_are_counted_for_an_account_that_may_not_exist(strict_office: BoxOffice) -> None:
    async with Browser(strict_office) as browser:
        body = {"email": browser.email, "password": "whatever it is"}
        codes = [(await browser.post("/session/password", body)).status_code for _ in range(5)]
        assert codes[:3] == [403, 403, 403]
        assert codes[3:] == [429, 429]
