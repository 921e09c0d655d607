"""Accounts as people use them: a mail, a passkey, one-time codes, sessions, and what a guest brings along."""

import re

import pytest
from playwright.async_api import ViewportSize, expect
from tests.e2e.conftest import Shop
from tests.e2e.member import Member
from tests.e2e.test_access import SMALLEST, nothing_sticks_out, violations
from tests.e2e.visitor import DESKTOP, Arrivals


@pytest.fixture
async def member(arrivals: Arrivals, shop: Shop) -> Member:
    """Somebody without an account so far."""
    return Member((await arrivals.visitor()).page, shop.url, shop.inbox)


async def test_a_passkey_signs_in_and_counts_as_both_factors(member: Member) -> None:
    page = member.page
    await member.new_passkeys()
    await member.register()
    await expect(page.locator("#visitor")).to_have_text("Ada Lovelace")
    await page.get_by_role("link", name="Security").click()
    await page.get_by_label("What to call it").fill("My laptop")
    await page.get_by_role("button", name="Add a passkey").click()
    await expect(page.locator(".rows").get_by_text("My laptop", exact=False).first).to_be_visible()
    await page.get_by_role("button", name="Sign out").click()
    await expect(page.locator("#visitor")).to_have_text("Sign in")
    await page.locator("#visitor").click()
    await page.get_by_role("button", name="Use a passkey").click()
    await page.wait_for_url(f"{member.url}/")
    state = await page.evaluate("fetch('/api/v1/session').then((answer) => answer.json())")
    assert (state["kind"], state["strong"]) == ("account", True)


async def test_one_time_codes_are_asked_for_and_other_sessions_end(
    member: Member, arrivals: Arrivals, shop: Shop
) -> None:
    page = member.page
    await member.register()
    await page.get_by_role("link", name="Security").click()
    app = await member.set_up_codes()
    recovery = await page.locator(".codes li").first.inner_text()
    assert app.verify(app.now())

    elsewhere = Member((await arrivals.visitor()).page, shop.url, shop.inbox, member.email)
    await elsewhere.ask_code()
    await expect(elsewhere.page.get_by_role("heading", name="One more step")).to_be_visible()
    await elsewhere.page.get_by_label("One-time code").fill("000000")
    await elsewhere.page.get_by_role("button", name="Go on").click()
    await expect(elsewhere.page.get_by_role("alert").filter(has_text="did not work")).to_be_visible()
    await elsewhere.page.get_by_label("One-time code").fill(recovery)
    await elsewhere.page.get_by_role("button", name="Go on").click()
    await elsewhere.page.wait_for_url(f"{member.url}/")

    await page.get_by_role("link", name="Sessions").click()
    await expect(page.locator(".rows li")).to_have_count(2)
    await page.get_by_role("button", name="End all others").click()
    await expect(page.locator(".rows li")).to_have_count(1)
    await elsewhere.visit("/account")
    await expect(elsewhere.page.get_by_label("Mail address")).to_be_visible()
    await nothing_sticks_out(page)


async def test_a_guest_who_registers_pays_for_what_they_hold(arrivals: Arrivals, shop: Shop) -> None:
    visitor = await arrivals.visitor()
    member, page = Member(visitor.page, shop.url, shop.inbox), visitor.page
    member.url = shop.url
    await visitor.go_to("Hamlet")
    await page.get_by_role("button", name="List", exact=True).click()
    await page.get_by_role("list", name="Sections").get_by_role("button").first.click()
    await page.locator(".numbers button:not(.taken)").last.click()
    await visitor.hold()
    await member.register()
    await page.get_by_role("link", name="Bookings").click()
    await page.locator(".rows").get_by_role("link", name="not paid yet").click()
    await visitor.pay()
    await visitor.booked()
    await member.visit("/account/bookings")
    await expect(page.locator(".rows").get_by_role("link", name="paid", exact=False)).to_have_count(1)


async def test_somebody_takes_their_data_along_and_is_forgotten(member: Member) -> None:
    page = member.page
    await member.register()
    await page.get_by_role("button", name="Gather my data").click()
    async with page.expect_download() as downloading:
        await page.get_by_role("link", name="Download my data").click()
    assert member.email in (await (await downloading.value).path()).read_text()
    gone = page.get_by_role("button", name="Delete for good")
    await page.get_by_label(f"To go on, type {member.email}").fill(member.email[:-1])
    await expect(gone).to_be_disabled()
    await page.get_by_label(f"To go on, type {member.email}").fill(member.email)
    assert await violations(page) == []
    await gone.click()
    await page.wait_for_url(f"{member.url}/")
    await expect(page.locator("#visitor")).to_have_text("Sign in")


async def test_signing_in_with_the_keyboard_alone(arrivals: Arrivals, shop: Shop) -> None:
    visitor = await arrivals.visitor()
    member = Member(visitor.page, shop.url, shop.inbox)
    page, keys = visitor.page, visitor.page.keyboard
    await member.visit("/")
    await visitor.tab_to(page.locator("#visitor"))
    await keys.press("Enter")
    await visitor.tab_to(page.get_by_label("Mail address"))
    await keys.type(member.email)
    await keys.press("Enter")
    await expect(page.get_by_label("Code from the mail")).to_be_focused()
    await keys.type(await member.mailed(re.compile(r"^ {4}(\S+)\s*$", re.MULTILINE)))
    await keys.press("Enter")
    await expect(page.get_by_role("heading", name="Profile")).to_be_visible()


@pytest.mark.parametrize(("screen", "dark"), [(SMALLEST, True), (DESKTOP, False)], ids=["phone-dark", "desktop-light"])
async def test_axe_finds_nothing_on_account_pages(
    arrivals: Arrivals, shop: Shop, screen: ViewportSize, dark: bool
) -> None:
    visitor = await arrivals.visitor(screen, dark=dark)
    member, page = Member(visitor.page, shop.url, shop.inbox), visitor.page
    for path, ready in (("/sign-in", "Mail me a link"), ("/register", "Mail me a link")):
        await member.visit(path)
        await expect(page.get_by_role("button", name=ready)).to_be_visible()
        assert await violations(page) == []
        await nothing_sticks_out(page)
    await member.register("A person of a remarkably long name that has to go somewhere")
    for path, ready in (
        ("", "Profile"),
        ("/bookings", "Bookings"),
        ("/sessions", "Sessions"),
        ("/security", "Passkeys"),
    ):
        await member.visit(f"/account{path}")
        await expect(page.get_by_role("heading", name=ready)).to_be_visible()
        await expect(page.locator(".card.skeleton, .card .skeleton")).to_have_count(0)
        assert await violations(page) == []
        await nothing_sticks_out(page)
    await page.get_by_role("button", name="Set up one-time codes").click()
    picture = page.get_by_alt_text("QR code")
    await expect(picture).to_be_visible()
    assert await picture.evaluate("(image) => image.decode().then(() => image.naturalWidth)") > 100
    assert await violations(page) == []
