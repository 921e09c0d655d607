"""Staff at the page of a waiting room: what they change asks first, and the figures tell what became of it."""

import json
import re
from typing import Any, Literal

import httpx
from playwright.async_api import Locator, Page, expect
from tests.e2e.conftest import Shop
from tests.e2e.organiser import put_on_sale, token
from tests.e2e.test_access import SMALLEST, nothing_sticks_out, violations
from tests.e2e.visitor import Arrivals, Visitor, lost_on_the_way, picture

SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
OWN_PAGE = {"X-Requested-With": "rowlock"}


def join(shop: Shop, event: str) -> None:
    """One more person in the line."""
    with httpx.Client(base_url=f"{shop.url}/api/v1", headers=OWN_PAGE) as person:
        person.post("/session").raise_for_status()
        person.post(f"/events/{event}/queue").raise_for_status()


def changes_on_record(shop: Shop, event: str) -> list[dict[str, Any]]:
    """What the audit log says that became of the room, newest first."""
    headers = {"Authorization": f"Bearer {token(shop.data, 'operator')}"}
    asked = {"action": "control_queue", "object": f"event:{event}"}
    found = httpx.get(f"{shop.url}/api/v1/audit", params=asked, headers=headers).raise_for_status()
    return [entry["after"] for entry in found.json()["items"]]


def figure(page: Page, name: str) -> Locator:
    """One of the numbers that tick."""
    return page.locator(f"[data-figure={name}]")


async def operator(arrivals: Arrivals, shop: Shop) -> Visitor:
    """Somebody on the staff at a small screen."""
    visitor = await arrivals.visitor(SMALLEST)
    cookie = {"name": "rowlock_session", "value": token(shop.data, "operator"), "url": shop.url}
    await visitor.page.context.add_cookies([cookie])  # type: ignore[list-item]
    return visitor


async def agree(page: Page, effect: str) -> None:
    """The page asks, telling `effect`: yes."""
    dialog = page.get_by_role("alertdialog")
    await expect(dialog).to_contain_text(effect)
    await dialog.get_by_role("button", name="Do it").click()
    await expect(dialog).to_be_hidden()


async def test_staff_open_steer_and_pause_a_room(arrivals: Arrivals, shop: Shop) -> None:
    event = put_on_sale(shop.url, shop.data)
    visitor = await operator(arrivals, shop)
    page = visitor.page
    await page.goto(f"/organiser/events/{event}/queue")
    await expect(figure(page, "free")).to_have_text("8")
    await page.get_by_label("Mode").select_option("hold")
    await page.get_by_role("button", name="Apply changes").click()
    await agree(page, "only those who are called may take seats")
    await expect(page.get_by_role("button", name="Pause")).to_be_visible()

    join(shop, event)
    join(shop, event)
    await expect(figure(page, "waiting")).to_have_text("2")
    await expect(
        page.get_by_role("img", name="The line over the last minutes. Now Joined: 2, Waiting: 2.")
    ).to_be_visible()
    await page.get_by_label("Mode").select_option("fifo")
    await page.get_by_label("People called a minute").fill("6000")
    await page.get_by_role("button", name="Apply changes").click()
    await agree(page, "2 people who wait are called from now on.6,000 people a minute are called instead of 600.")
    await expect(figure(page, "called")).to_have_text("2")
    await expect(figure(page, "pace")).to_have_text("6,000")

    await page.get_by_label("Message to those who wait").fill("Soon.")
    await visitor.tab_to(page.get_by_role("button", name="Pause"))
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("button", name="Leave it as it is")).to_be_focused()
    await agree(page, "The sale stands still")
    await expect(page.get_by_role("button", name="Resume")).to_be_visible()
    await expect(page.get_by_text("1 change is not applied yet.")).to_be_visible()
    await page.route("**/queue/control", lost_on_the_way)
    await expect(page.get_by_role("alert")).to_contain_text("These figures are the last that came.")
    await page.unroute("**/queue/control")
    await expect(page.get_by_role("alert")).to_be_empty()

    said = json.dumps(changes_on_record(shop, event)[:2])
    assert "paused_at" in said
    assert '"admit_per_minute": 6000' in said


async def test_a_new_line_is_typed_for_and_a_refusal_is_told(arrivals: Arrivals, shop: Shop) -> None:
    event = put_on_sale(shop.url, shop.data)
    page = (await operator(arrivals, shop)).page
    await page.goto(f"/organiser/events/{event}/queue")
    await page.get_by_label("Mode").select_option("hold")
    await page.get_by_role("button", name="Apply changes").click()
    await agree(page, "a new line begins")
    join(shop, event)
    await expect(figure(page, "joined")).to_have_text("1")
    await page.get_by_label("At least, a minute").fill("5000")
    await page.get_by_role("button", name="Apply changes").click()
    await expect(page.get_by_role("alert")).to_contain_text("admitPerMinute must lie between")
    await page.get_by_role("button", name="Forget them").click()

    await page.get_by_role("button", name="Begin a new line").click()
    dialog = page.get_by_role("alertdialog")
    await expect(dialog).to_contain_text("The place of 1 person is void.")
    await dialog.get_by_label("To go on, type: Eight seats").fill("Nine seats")
    await expect(dialog.get_by_role("button", name="Do it")).to_be_disabled()
    for scheme in SCHEMES:
        await page.emulate_media(color_scheme=scheme)
        assert await violations(page) == []
    await dialog.get_by_label("To go on, type: Eight seats").fill("Eight seats")
    await agree(page, "void")
    await expect(figure(page, "joined")).to_have_text("0")
    await page.get_by_text("The last minutes as a table").click()
    await expect(page.get_by_role("rowheader", name="now")).to_be_visible()
    for scheme in SCHEMES:
        await page.emulate_media(color_scheme=scheme)
        assert await violations(page) == []
    await nothing_sticks_out(page)


async def test_a_draw_is_promised_and_its_beacon_given(arrivals: Arrivals, shop: Shop) -> None:
    event = put_on_sale(shop.url, shop.data)
    page = (await operator(arrivals, shop)).page
    await page.add_init_script("localStorage.setItem('rowlock.account', '1')")
    await page.goto(f"/events/{event}")
    await page.get_by_role("link", name="Waiting room of this event").click()
    await page.get_by_label("Mode").select_option("draw")
    await page.get_by_label("Public value that goes into the draw").fill("Lottery of the evening")
    await page.get_by_label("memory (Valkey) is away").select_option("failOpen")
    await page.get_by_label("Opens at").fill("2035-05-01T20:00")
    await page.get_by_label("People may join from").fill("2025-05-01T20:00")
    await page.get_by_role("button", name="Apply changes").click()
    await agree(page, "a new line begins")
    draw = page.get_by_role("region", name="The draw")
    await expect(draw).to_contain_text("Nobody is drawn yet")
    await expect(draw.locator("code")).to_have_text(re.compile("^[0-9a-f]{64}$"))
    await expect(draw).to_contain_text("Lottery of the evening")
    await expect(page.get_by_label("memory (Valkey) is away")).to_have_value("failOpen")
    await expect(page.get_by_label("Public value that goes into the draw")).to_be_hidden()
    join(shop, event)
    await expect(figure(page, "joined")).to_have_text("1")
    await page.get_by_label("Opens at").fill("2025-05-01T20:00")
    await page.get_by_label("People may join from").fill("2025-05-01T19:00")
    await page.get_by_role("button", name="Apply changes").click()
    await agree(page, "The opening moves for 1 person")
    await expect(draw).to_contain_text("which waits for the value of the promised source")
    for scheme in SCHEMES:
        await page.emulate_media(color_scheme=scheme)
        assert await violations(page) == []
        await picture(page, f"draw-{scheme}")
    await nothing_sticks_out(page)
    await draw.get_by_label("The value, as its source gives it").fill("4 8 15 16 23 42")
    await draw.get_by_role("button", name="Draw with this value").click()
    await agree(page, "1 person is drawn with this value")
    await expect(draw).to_contain_text("It is drawn")


async def test_the_way_to_a_room_is_shown_to_its_own_staff_alone(arrivals: Arrivals, shop: Shop) -> None:
    event = put_on_sale(shop.url, shop.data)
    page = (await arrivals.visitor()).page
    cookie = {"name": "rowlock_session", "value": token(shop.data, "box_office"), "url": shop.url}
    await page.context.add_cookies([cookie])  # type: ignore[list-item]
    await page.add_init_script("localStorage.setItem('rowlock.account', '1')")
    async with page.expect_response(f"**/organiser/events/{event}/queue") as asked:
        await page.goto(f"/events/{event}")
    assert (await asked.value).status == 404
    await expect(page.get_by_role("link", name="Waiting room of this event")).to_be_hidden()
