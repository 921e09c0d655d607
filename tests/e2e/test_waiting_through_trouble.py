"""The waiting page in tunnels, in pockets, and when a gateway dies: the place stands, and the turn is told."""

import os
import signal

from playwright.async_api import Route, expect
from tests.e2e.conftest import Shop
from tests.e2e.organiser import put_on_sale
from tests.e2e.test_access import SMALLEST, violations
from tests.e2e.test_live import live_process
from tests.e2e.test_waiting_page import control, join
from tests.e2e.visitor import Arrivals, Visitor, hang_up, lost_on_the_way, picture

ASLEEP_MS = 8_000
"""Longer than a timer is late by chance, shorter than the page leaves between two of its questions."""

# Collects every place that the page ever shows.
PLACES = """
() => {
  window.places = [];
  const position = document.getElementById("position");
  const note = () => { if (position.textContent) window.places.push(Number(position.textContent)); };
  new MutationObserver(note).observe(position, { childList: true, characterData: true, subtree: true });
  note();
}
"""


COME_BACK_SOON = "Math.random = () => 0.05"


async def waiting(arrivals: Arrivals, event: str, place: int) -> Visitor:
    """Somebody at the waiting page, at that place."""
    visitor = await arrivals.visitor()
    await visitor.page.add_init_script(COME_BACK_SOON)
    await visitor.page.goto(f"/events/{event}/queue")
    await stands(visitor, place)
    return visitor


async def stands(visitor: Visitor, place: int) -> None:
    """Wait until the page shows that place."""
    await expect(visitor.page.locator("#position")).to_have_text(str(place))


async def is_told_the_turn(visitor: Visitor) -> None:
    """Wait until the page says so."""
    await expect(visitor.page.locator("h1")).to_have_text("It is your turn")


async def test_a_turn_that_comes_in_a_tunnel_is_taken_after_it(arrivals: Arrivals, shop: Shop) -> None:
    event = put_on_sale(shop.url, shop.data)
    control(shop, event, mode="hold")
    anna = await waiting(arrivals, event, 1)
    ben = await waiting(arrivals, event, 2)
    await anna.page.get_by_label("Hold the best seats for me").check()
    await anna.page.set_viewport_size(SMALLEST)
    await anna.page.context.set_offline(True)
    trouble = anna.page.locator("#trouble")
    await expect(trouble).to_contain_text("No connection. Your place stays")
    await expect(anna.page.get_by_role("status")).to_contain_text("No connection. Your place stays")
    await expect(anna.page.locator("#wait")).to_be_hidden()
    for scheme in ("light", "dark"):
        await anna.page.emulate_media(color_scheme=scheme)
        assert await violations(anna.page) == []
        await picture(anna.page, f"offline-{scheme}")

    control(shop, event, mode="fifo", admitPerMinute=6000, admitMax=6000)
    await is_told_the_turn(ben)
    await expect(trouble).to_be_visible()
    await stands(anna, 1)
    lost: list[str] = []

    async def lose_the_first(route: Route) -> None:
        lost.append(route.request.headers["idempotency-key"])
        await (lost_on_the_way(route) if len(lost) == 1 else route.continue_())

    await anna.page.route("**/best-available", lose_the_first)
    await anna.page.context.set_offline(False)
    await anna.page.wait_for_url("**/bookings/*")
    assert lost == [lost[0]] * 2


async def test_a_page_that_slept_shows_the_true_place_at_once(arrivals: Arrivals, shop: Shop) -> None:
    """Its timers stand still: the browser wakes it, or the clock has jumped when they go on. Nobody pushes."""
    event = put_on_sale(shop.url, shop.data)
    control(shop, event, mode="hold")
    join(shop, event, 3)
    sleeper = (await arrivals.visitor()).page
    await sleeper.route_web_socket("**/queue/stream", hang_up)
    await sleeper.clock.install()
    await sleeper.goto(f"/events/{event}/queue")
    place = sleeper.locator("#position")
    await expect(place).to_have_text("4")
    behind = await waiting(arrivals, event, 5)
    await sleeper.clock.pause_at(await sleeper.evaluate("Date.now() + 1000"))
    control(shop, event, mode="fifo", admitPerMinute=6000, admitMax=6000, shoppersMax=1)
    for inside, wakes in enumerate(("visibilitychange", "resume", "a lid that is opened"), start=1):
        control(shop, event, shoppersMax=inside)
        await stands(behind, 5 - inside)
        await expect(place).to_have_text(str(5 - inside))
        if wakes == "a lid that is opened":
            await sleeper.clock.fast_forward(ASLEEP_MS)
        else:
            await sleeper.evaluate("(type) => document.dispatchEvent(new Event(type))", wakes)
        await expect(place).to_have_text(str(4 - inside))


async def test_a_gateway_that_dies_costs_nobody_a_place_or_a_turn(arrivals: Arrivals, shop: Shop) -> None:
    event = put_on_sale(shop.url, shop.data)
    control(shop, event, mode="hold")
    join(shop, event, 3)
    visitor = await waiting(arrivals, event, 4)
    control(shop, event, message="Heard.")
    await expect(visitor.page.locator("#message")).to_have_text("Heard.")
    await visitor.page.evaluate(PLACES)
    async with visitor.page.expect_websocket():
        os.kill(live_process(shop), signal.SIGKILL)
    control(shop, event, mode="fifo", admitPerMinute=6000, admitMax=6000, shoppersMax=2)
    await stands(visitor, 2)
    os.kill(live_process(shop), signal.SIGKILL)
    control(shop, event, shoppersMax=0)
    await is_told_the_turn(visitor)
    places = await visitor.page.evaluate("window.places")
    assert places == sorted(places, reverse=True)
    assert places[0] == 4


async def test_a_line_that_takes_nobody_new_is_no_lost_connection(arrivals: Arrivals, shop: Shop) -> None:
    event = put_on_sale(shop.url, shop.data)
    control(shop, event, mode="reject")
    page = (await arrivals.visitor()).page
    await page.goto(f"/events/{event}/queue")
    await expect(page.locator("#trouble")).to_contain_text("Nobody new can join this line now.")
    await expect(page.locator("h1")).to_have_text("You are not in the line yet.")
    await page.get_by_role("link", name="Wait for seats that come back").click()
    await expect(page.get_by_role("button", name="Put me on the list")).to_be_visible()
