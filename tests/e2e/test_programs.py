"""Programs that act for people, as people see them: the question, the way back, and the end of it."""

import json
import subprocess
import sys
from urllib.parse import parse_qs, urlencode, urlsplit

from playwright.async_api import Route, expect
from tests.e2e.conftest import Shop
from tests.e2e.member import Member
from tests.e2e.test_access import SMALLEST, nothing_sticks_out, violations
from tests.e2e.visitor import Arrivals

BACK = "https://app.example/callback"


def made_known(shop: Shop) -> str:
    """The id of a new program."""
    command = [
        sys.executable, "-m", "rowlock", "client", "create", "Fan club", "--redirect-uri", BACK, "--scope", "bookings",
        "--data", str(shop.data), "--json",
    ]  # fmt: skip
    answer = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    return str(answer["clientId"])


async def test_a_program_asks_gets_its_code_and_is_ended(arrivals: Arrivals, shop: Shop) -> None:
    page = (await arrivals.visitor(SMALLEST)).page
    member, arrived = Member(page, shop.url, shop.inbox), []

    async def take(route: Route) -> None:
        arrived.append(route.request.url)
        await route.fulfill(status=200, content_type="text/html", body="<title>back</title>")

    await page.route(f"{BACK}*", take)
    wish = {
        "response_type": "code", "client_id": made_known(shop), "redirect_uri": BACK, "scope": "openid bookings",
        "state": "here", "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
        "code_challenge_method": "S256",
    }  # fmt: skip
    await member.register()
    await page.get_by_role("button", name="Sign out").click()
    await expect(page.locator("#visitor")).to_have_text("Sign in")
    await member.visit(f"/oauth/authorize?{urlencode(wish)}")
    assert urlsplit(page.url).path == "/sign-in", "who is nobody signs in first, and is then asked"
    await member.type_code()
    await expect(page.get_by_role("heading", name="Allow Fan club?")).to_be_visible()
    assert await violations(page) == []
    await nothing_sticks_out(page)
    await page.get_by_role("button", name="Allow", exact=True).click()
    await page.wait_for_url(f"{BACK}*")
    told = parse_qs(urlsplit(arrived[0]).query)
    assert (told["state"], len(told["code"][0]) > 40) == (["here"], True)

    await member.visit("/account/access")
    await expect(page.locator(".rows li")).to_have_count(1)
    assert await violations(page) == []
    await nothing_sticks_out(page)
    await page.get_by_role("button", name="End Fan club").click()
    await expect(page.get_by_text("You have allowed no program")).to_be_visible()


async def test_a_key_s_private_half_is_made_here_and_downloaded_once(arrivals: Arrivals, shop: Shop) -> None:
    page = (await arrivals.visitor()).page
    member, sent = Member(page, shop.url, shop.inbox), []
    await member.register()
    page.on("request", lambda request: sent.append(request.post_data or ""))
    await member.visit("/account/access")
    await page.get_by_label("What to call it").fill("Box office printer")
    await page.get_by_role("button", name="Make a key").click()
    async with page.expect_download() as downloading:
        await page.get_by_role("link", name="Download the key").click()
    key = json.loads((await (await downloading.value).path()).read_text())
    assert key["d"]
    assert not any(key["d"] in body for body in sent), "the private half never left the browser"
    await expect(page.locator(".rows li").filter(has_text="Box office printer")).to_contain_text("Not used yet")
    await page.get_by_role("button", name="End Box office printer").click()
    await expect(page.locator(".rows li")).to_have_count(0)
