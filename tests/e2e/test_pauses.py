"""Staff pause a sale: whoever looks at its seats or holds some is told at once, and nobody asks all the time."""

import httpx
from playwright.async_api import Request, expect
from tests.e2e.conftest import Shop
from tests.e2e.organiser import put_on_sale, token
from tests.e2e.test_access import violations
from tests.e2e.visitor import Arrivals, Visitor

SOON_MS = 3_000
"""About a second, on a machine busy with other things; pages that are not told look every twenty."""


def pause(shop: Shop, event: str, *, paused: bool) -> None:
    """What staff do."""
    headers = {"Authorization": f"Bearer {token(shop.data)}"}
    address = f"{shop.url}/api/v1/events/{event}"
    httpx.patch(address, json={"salePaused": paused}, headers=headers).raise_for_status()


async def chooses(arrivals: Arrivals, event: str, number: int) -> Visitor:
    """Somebody at the map with a seat chosen."""
    visitor = await arrivals.visitor()
    await visitor.page.goto(f"/events/{event}")
    await visitor.map_drawn()
    await visitor.open_section("Stalls")
    await visitor.seat("Stalls", "A", number).click()
    return visitor


async def test_a_pause_and_its_end_are_told_on_every_page(arrivals: Arrivals, shop: Shop) -> None:
    event = put_on_sale(shop.url, shop.data)
    payer, onlooker = await chooses(arrivals, event, 1), await chooses(arrivals, event, 3)
    await payer.hold()
    second_tab = Visitor(await payer.page.context.new_page())
    await second_tab.page.goto(f"/events/{event}")
    await expect(second_tab.page.get_by_text("You hold 1 seat for this event.")).to_be_visible()
    await expect(second_tab.page.locator('.map [data-stream="live"]')).to_be_attached()
    await expect(onlooker.page.locator('.map [data-stream="live"]')).to_be_attached()
    await expect(payer.countdown).to_be_visible()
    asked: list[str] = []

    def note(request: Request) -> None:
        asked.append(request.url)

    for visitor in (payer, second_tab, onlooker):
        visitor.page.on("request", note)
    still = "The sale is paused: your time stands still."
    pages = (
        (payer, payer.page.get_by_text(still)),
        (second_tab, second_tab.page.get_by_text(still)),
        (onlooker, onlooker.page.get_by_text("The sale is paused. What you hold still stands.")),
    )
    hold = onlooker.page.get_by_role("button", name="Hold seats")
    pause(shop, event, paused=True)
    for visitor, told in pages:
        await expect(told).to_be_visible(timeout=SOON_MS)
        assert await violations(visitor.page) == []
    await expect(payer.countdown).to_be_hidden()
    await expect(hold).to_be_disabled()

    pause(shop, event, paused=False)
    for _, told in pages:
        await expect(told).to_be_hidden(timeout=SOON_MS)
    await expect(payer.countdown).to_be_visible()
    await expect(second_tab.countdown).to_be_visible()
    await expect(hold).to_be_enabled()
    assert asked == []
