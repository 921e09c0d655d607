"""Paying on the provider's own page: refused cards, the bank's question, second thoughts, a silent provider."""

import re
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from typing import NamedTuple

import httpx
import pytest
from playwright.async_api import Browser, expect
from tests.e2e.conftest import STOP_S, Shop, environment
from tests.e2e.organiser import put_on_sale
from tests.e2e.test_access import SMALLEST, nothing_sticks_out, violations
from tests.e2e.visitor import Arrivals, Visitor

BANKS_PAGE = re.compile(r"/stripe/bank/")
CLOCK = "seconds => new Intl.DateTimeFormat('en', {timeStyle: 'short'}).format(Date.now() + seconds * 1000)"
CARD_PAGE = re.compile(r"/stripe/pay/")


class PaidShop(NamedTuple):
    """A shop whose payments go to the stand-in of Stripe."""

    shop: Shop
    control: str

    def misbehave(self, **switches: object) -> None:
        """Set what goes wrong at the provider."""
        httpx.put(self.control, json=switches).raise_for_status()


@pytest.fixture(scope="module")
def paid_shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PaidShop]:
    """`rowlock up --payments stripe`, without the demo."""
    data = tmp_path_factory.mktemp("paid")
    command = [sys.executable, "-m", "rowlock", "up", "--payments", "stripe", "--port", "0", "--data", str(data)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment()) as running:
        assert running.stdout is not None
        url = running.stdout.readline().split()[1]
        control = next(line for line in running.stdout if line.strip().startswith("payments")).split()[-1]
        yield PaidShop(Shop(url, data, running.pid, ""), control)
        running.terminate()
        running.wait(STOP_S)


@pytest.fixture
async def buyer(browser: Browser, paid_shop: PaidShop) -> AsyncIterator[Visitor]:
    """Somebody who holds the first seat of an event of their own, on the page of the booking."""
    paid_shop.misbehave()
    door = Arrivals(browser, paid_shop.shop.url)
    visitor = await door.visitor()
    await visitor.page.goto(f"/events/{put_on_sale(paid_shop.shop.url, paid_shop.shop.data)}")
    await visitor.map_drawn()
    await visitor.open_section("Stalls")
    await visitor.seat("Stalls", "A", 1).click()
    await visitor.hold()
    yield visitor
    await door.close()
    assert door.errors == []


async def everybody_can_use(buyer: Visitor) -> None:
    """Nothing on the page sticks out of a small screen, and axe-core finds nothing."""
    assert await violations(buyer.page) == []
    await nothing_sticks_out(buyer.page)


async def kept_for(buyer: Visitor, seconds: int) -> None:
    """The page says that the seats are kept for so long; some of it has passed meanwhile."""
    clocks = [re.sub(r"\s", ".", await buyer.page.evaluate(CLOCK, at)) for at in (seconds, seconds - 60)]
    said = re.compile(f"stay yours until ({'|'.join(clocks)})")
    await expect(buyer.page.get_by_text(said)).to_be_visible()


async def go_to_pay(buyer: Visitor) -> None:
    """From the booking to the provider's page."""
    await buyer.page.get_by_role("button", name="Continue to payment").click()
    await buyer.page.wait_for_url(CARD_PAGE)


async def pay_with(buyer: Visitor, card: str) -> None:
    """Choose a card on the provider's page."""
    await buyer.page.get_by_label(card).check()
    await buyer.page.get_by_role("button", name=re.compile("^Pay ")).click()


async def test_refused_cards_the_banks_question_and_the_tickets(buyer: Visitor, paid_shop: PaidShop) -> None:
    """Two cards are refused and a third wants 3-D Secure, first declined, then approved; the same payment all along."""
    await go_to_pay(buyer)
    page = buyer.page
    for card, why in (("is declined", "was declined"), ("has too little money", "insufficient funds")):
        await pay_with(buyer, card)
        await expect(page.get_by_role("alert")).to_contain_text(why)
    for answer in ("Decline", "Approve"):
        await pay_with(buyer, "asks for 3-D Secure")
        await page.wait_for_url(BANKS_PAGE)
        await page.get_by_role("button", name=answer).click()
        if answer == "Decline":
            await expect(page.get_by_role("alert")).to_contain_text("approval")
    await buyer.booked()
    verified = paid_shop.shop.verify()
    assert verified.returncode == 0, verified.stdout + verified.stderr


async def test_who_changes_their_mind_keeps_the_seats_until_they_let_them_go(buyer: Visitor) -> None:
    """Back from the provider's page without paying: the hold stands, and ends at once when it is given up."""
    await go_to_pay(buyer)
    await buyer.page.get_by_role("link", name="Cancel and go back").click()
    await buyer.page.wait_for_url("**/bookings/*")
    await expect(buyer.page.get_by_role("alert").filter(has_text="The payment was not made")).to_be_visible()
    await expect(buyer.countdown).to_be_visible()
    await buyer.page.get_by_role("button", name="Let the seats go").click()
    await buyer.page.wait_for_url("**/events/*")
    await buyer.open_section("Stalls")
    await expect(buyer.seat("Stalls", "A", 1)).to_have_attribute("aria-disabled", "false")


async def test_a_payment_page_that_was_closed_can_be_opened_again_or_given_up(buyer: Visitor) -> None:
    """The booking's page says that a payment waits, leads back to it, and gives the seats back when that is wanted."""
    await buyer.page.set_viewport_size(SMALLEST)
    await everybody_can_use(buyer)
    await go_to_pay(buyer)
    await everybody_can_use(buyer)
    card_page = buyer.page.url
    await buyer.page.go_back()
    await expect(buyer.page.get_by_role("heading", name="Your payment is not finished")).to_be_visible()
    await kept_for(buyer, 600)
    await everybody_can_use(buyer)
    await buyer.page.get_by_role("button", name="Open the payment page").click()
    await buyer.page.wait_for_url(card_page)
    await buyer.page.go_back()
    await buyer.page.get_by_role("button", name="Give the seats back").click()
    await expect(buyer.page.get_by_role("heading", name="These seats were let go")).to_be_visible()
    await buyer.page.goto(card_page)
    await expect(buyer.page.get_by_text("This payment page is expired.")).to_be_visible()


async def test_a_silent_provider_costs_nobody_anything(buyer: Visitor, paid_shop: PaidShop) -> None:
    """Nobody knows whether it was paid: the page says so, and offers to pay again once it is known that not."""
    paid_shop.misbehave(failCalls=2)
    await buyer.page.get_by_role("button", name="Continue to payment").click()
    await expect(buyer.page.get_by_role("heading", name="Your bank has not answered yet")).to_be_visible()
    await kept_for(buyer, 900)
    await expect(buyer.page.get_by_role("button", name="Give the seats back")).to_have_count(0)
    await expect(buyer.page.get_by_role("button", name="Continue to payment")).to_be_visible()
    await go_to_pay(buyer)
    await pay_with(buyer, "ends in 4242")
    await buyer.booked()
