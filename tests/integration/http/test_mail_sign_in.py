"""Signing in by mail: links and codes, each good once, in the browser that asked."""

import asyncio

import pytest
from tests.integration.http.browsers import Browser, code_in, link_in, mails_to, text_of
from tests.integration.http.conftest import BoxOffice, assert_problem

AGE_LINKS = "UPDATE mail_links SET expires_at = clock_timestamp() - interval '1 second'"
ACCOUNTS = "SELECT count(*) FROM accounts"


async def test_a_link_makes_the_account_and_signs_in(office: BoxOffice) -> None:
    async with Browser(office) as browser:
        assert await browser.state() == nobody()
        await browser.ask_link(name="Ada  Lovelace", language="de")
        (mail,) = await mails_to(office, browser.email)
        assert mail["Subject"] == "Ihr Konto bei Rowlock"
        assert mail["To"] == browser.email
        assert "Ada Lovelace" in text_of(mail)
        answer = await browser.answer(link_in(mail))
        assert answer.json() == {"status": "signed_in", "isNew": True, "emailChanged": False}
        state = await browser.state()
        assert (state["kind"], state["name"], state["email"]) == ("account", "Ada Lovelace", browser.email)
        assert state["strong"] is False
        again = await browser.sign_in()
        assert again["isNew"] is False
        assert "Ihre Anmeldung" in (await mails_to(office, browser.email))[-1]["Subject"]


def nobody() -> dict[str, object]:
    """What the site says to a browser that it does not know."""
    return {
        "kind": "nobody", "name": "", "email": "", "role": "buyer", "organiserId": None, "strong": False,
        "memberships": [],
    }  # fmt: skip


async def test_the_code_does_what_the_link_does_however_it_is_typed(office: BoxOffice) -> None:
    async with Browser(office) as browser:
        await browser.ask_link()
        code = code_in((await mails_to(office, browser.email))[-1])
        assert (await browser.answer(code.lower().replace("-", " "))).status_code == 200


async def test_a_link_is_good_once_even_for_two_at_once(office: BoxOffice) -> None:
    async with Browser(office) as browser:
        await browser.ask_link()
        mail = (await mails_to(office, browser.email))[-1]
        answers = await asyncio.gather(*(browser.answer(link_in(mail)) for _ in range(8)))
        assert sorted(answer.status_code for answer in answers) == [200, *[403] * 7]
        assert_problem(await browser.answer(code_in(mail)), 403, "sign_in_failed")
        assert len((await browser.get("/account/sessions"))["items"]) == 1


async def test_a_link_opened_elsewhere_opens_nothing_and_stays_good_at_home(office: BoxOffice) -> None:
    async with Browser(office) as asking, Browser(office) as other:
        await asking.ask_link()
        link = link_in((await mails_to(office, asking.email))[-1])
        assert_problem(await other.answer(link), 403, "other_browser")
        assert (await other.state())["kind"] == "nobody"
        assert (await asking.answer(link)).status_code == 200


async def test_an_old_link_opens_nothing(office: BoxOffice) -> None:
    async with Browser(office) as browser:
        await browser.ask_link()
        await office.house.database.cold.execute(AGE_LINKS)
        mail = (await mails_to(office, browser.email))[-1]
        for secret in (link_in(mail), code_in(mail)):
            assert_problem(await browser.answer(secret), 403, "sign_in_failed")


async def test_guessing_codes_comes_to_an_end(office: BoxOffice) -> None:
    async with Browser(office) as browser:
        await browser.ask_link()
        for _ in range(5):
            assert_problem(await browser.answer("AAAA-AAAA"), 403, "sign_in_failed")
        right = code_in((await mails_to(office, browser.email))[-1])
        assert_problem(await browser.answer(right), 403, "sign_in_failed")


async def test_nobody_s_mailbox_is_flooded(office: BoxOffice) -> None:
    async with Browser(office) as browser, Browser(office, browser.email.upper()) as another:
        for _ in range(4):
            await browser.ask_link()
            await another.ask_link()
        sent = len(await mails_to(office, browser.email)) + len(await mails_to(office, another.email))
        assert sent == 5


async def test_the_answer_never_tells_who_has_an_account(office: BoxOffice) -> None:
    async with Browser(office) as known, Browser(office) as stranger:
        await known.sign_in()
        answers = [
            await browser.post(path, {"email": email, **more})
            for path, more in (("/session/mail-link", {}), ("/session/password", {"password": "not the password"}))
            for browser, email in ((stranger, known.email), (stranger, stranger.email))
        ]
        for first, second in zip(answers[::2], answers[1::2], strict=True):
            assert first.status_code == second.status_code
            hide = ("requestId",)
            shown = [
                {} if not answer.content else {k: v for k, v in answer.json().items() if k not in hide}
                for answer in (first, second)
            ]
            assert shown[0] == shown[1]
            assert set(first.headers) == set(second.headers)


@pytest.mark.parametrize(
    "address", ["", "no", "a@b@c", "a b@example.com", "a@example.com\r\nBcc: b@example.com", "ä@x"]
)
async def test_what_is_no_address_is_refused(office: BoxOffice, address: str) -> None:
    async with Browser(office) as browser:
        assert_problem(await browser.post("/session/mail-link", {"email": address}), 422, "invalid_request")


async def test_a_stranger_s_page_signs_nobody_in(office: BoxOffice) -> None:
    async with Browser(office) as browser:
        body = {"email": browser.email}
        for headers in ({"X-Requested-With": "rowlock", "Sec-Fetch-Site": "cross-site"}, {}):
            answer = await office.client.post("/api/v1/session/mail-link", json=body, headers=headers)
            assert_problem(answer, 403, "cross_site_request")


async def test_a_link_never_leads_to_a_host_that_only_the_request_names(office: BoxOffice) -> None:
    async with Browser(office) as browser:
        answer = await browser.send("POST", "/session/mail-link", {"email": browser.email}, Host="evil.example")
        assert answer.status_code == 202
        (mail,) = await mails_to(office, browser.email)
        assert "evil" not in mail.as_string()
        assert (await browser.answer(code_in(mail))).status_code == 200


async def test_one_person_is_one_account_in_any_spelling(office: BoxOffice) -> None:
    async with Browser(office) as browser, Browser(office, browser.email.upper()) as shouting:
        await browser.sign_in()
        assert (await shouting.sign_in())["isNew"] is False
        assert await office.house.database.cold.fetchval(ACCOUNTS) == 1


async def test_an_address_changes_only_when_the_new_one_answers(office: BoxOffice) -> None:
    async with Browser(office) as browser:
        await browser.sign_in()
        new = f"new-{browser.email}"
        assert (await browser.post("/account/email", {"email": new})).status_code == 202
        assert (await browser.get("/account"))["email"] == browser.email
        answer = await browser.answer(link_in((await mails_to(office, new))[-1]))
        assert answer.json()["emailChanged"] is True
        assert (await browser.get("/account"))["email"] == new
        assert new in text_of((await mails_to(office, browser.email))[-1])


async def test_an_address_that_somebody_else_has_is_not_taken_over(office: BoxOffice) -> None:
    async with Browser(office) as browser, Browser(office) as victim:
        await victim.sign_in()
        await browser.sign_in()
        assert (await browser.post("/account/email", {"email": victim.email})).status_code == 202
        answer = await browser.answer(link_in((await mails_to(office, victim.email))[-1]))
        assert_problem(answer, 403, "sign_in_failed")
        assert (await browser.get("/account"))["email"] == browser.email
