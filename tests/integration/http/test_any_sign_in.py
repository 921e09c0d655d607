"""Any sequence of asking, answering, signing out and ending sessions, against a model that knows who may be where."""

import uuid
from contextlib import AsyncExitStack
from typing import NamedTuple

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.integration.http.browsers import Browser, code_in, link_in, mails_to
from tests.integration.http.conftest import BoxOffice, Caller

from rowlock.kernel import limits

BROWSERS = 3
ADDRESSES = 2
ACCOUNTS = "SELECT count(*) FROM accounts WHERE email_key LIKE $1"


class Step(NamedTuple):
    """What happens in which browser; `number` chooses an address or one of the mails so far."""

    deed: str
    browser: int
    number: int


class Sent(msgspec.Struct):
    """A mail, by the model: who asked for it, where to, and what became of it."""

    browser: int
    address: int
    link: str
    code: str
    used: bool = False
    tries: int = 0


class Model(msgspec.Struct):
    """What must be true: the mails, who is in which browser, every session's token and whether it is open."""

    mails: list[Sent] = []
    here: dict[int, tuple[int, str]] = {}
    tokens: dict[str, tuple[int, bool]] = {}

    def opens(self, browser: int, sent: Sent) -> bool:
        """Whether the mail lets this browser in; counts the try."""
        if sent.browser == browser and not sent.used and sent.tries < limits.MAIL_CODE_TRIES_MAX:
            sent.used = True
            return True
        for open_one in self.mails:
            if open_one.browser == browser and not open_one.used:
                open_one.tries += 1
        return False

    def end(self, *tokens: str) -> None:
        """These sessions are over."""
        for token in tokens:
            self.tokens[token] = (self.tokens[token][0], False)


steps = st.builds(
    Step,
    st.sampled_from(["ask", "ask", "answer", "answer", "answer", "leave", "end others"]),
    st.integers(0, BROWSERS - 1),
    st.integers(0, 11),
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.lists(steps, min_size=4, max_size=25))
async def test_whatever_happens_everybody_is_who_answered_their_mail(office: BoxOffice, happens: list[Step]) -> None:
    family = uuid.uuid4().hex[:8]
    addresses = [f"{family}-{number}@example.com" for number in range(ADDRESSES)]
    model = Model()
    async with AsyncExitStack() as stack:
        browsers = [await stack.enter_async_context(Browser(office)) for _ in range(BROWSERS)]
        for step in happens:
            await carry_out(step, browsers, addresses, model)
        for number, browser in enumerate(browsers):
            state = await browser.state()
            address = addresses[model.here[number][0]] if number in model.here else ""
            assert state["email"] == address
        for token, (address_no, is_open) in model.tokens.items():
            state = (await Caller(office.client, token).get("/session")).json()
            assert state["email"] == (addresses[address_no] if is_open else "")
    proven = {address for address, _ in model.tokens.values()}
    assert await office.house.database.cold.fetchval(ACCOUNTS, f"{family}-%") == len(proven)


async def carry_out(step: Step, browsers: list[Browser], addresses: list[str], model: Model) -> None:
    """One step, in the world and in the model, which must agree on how it ends."""
    browser = browsers[step.browser]
    if step.deed == "ask":
        await ask(step, browser, addresses, model)
    elif step.deed == "answer" and model.mails:
        await answer(step, browsers, model)
    elif step.deed == "leave":
        assert (await browser.send("DELETE", "/session")).status_code == 204
        if step.browser in model.here:
            model.end(model.here.pop(step.browser)[1])
    elif step.deed == "end others" and step.browser in model.here:
        address, own = model.here[step.browser]
        assert (await browser.send("DELETE", "/account/sessions")).status_code in {204, 401}
        if model.tokens[own][1]:
            model.end(*(token for token, (whose, _) in model.tokens.items() if whose == address and token != own))
            model.here = {number: who for number, who in model.here.items() if model.tokens[who[1]][1]}


async def answer(step: Step, browsers: list[Browser], model: Model) -> None:
    """Send a mail's link or code, mostly the last one's, mostly from where it was asked for."""
    sent = model.mails[-1 - step.number % 2 if step.number < 9 and len(model.mails) > 1 else -1]
    where = sent.browser if step.number < 10 else step.browser
    said = await browsers[where].answer(sent.link if step.number % 3 else sent.code)
    lets_in = model.opens(where, sent)
    assert said.status_code == (200 if lets_in else 403), said.text
    if lets_in:
        token = browsers[where].cookies["rowlock_session"]
        model.here[where] = (sent.address, token)
        model.tokens[token] = (sent.address, True)


async def ask(step: Step, browser: Browser, addresses: list[str], model: Model) -> None:
    """Have a mail sent; past a handful to one address none comes."""
    address = step.number % ADDRESSES
    browser.email = addresses[address]
    before = len(await mails_to(browser.office, browser.email))
    await browser.ask_link()
    after = await mails_to(browser.office, browser.email)
    asked = sum(sent.address == address for sent in model.mails)
    assert len(after) - before == (1 if asked < limits.MAIL_LINKS_PER_ADDRESS_MAX else 0)
    if len(after) > before:
        model.mails.append(Sent(step.browser, address, link_in(after[-1]), code_in(after[-1])))
