"""The seat map on somebody else's page: the example of docs/embedding.md, served from another site."""

import base64
import hashlib
import re
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from playwright.async_api import expect
from tests.e2e.conftest import Shop
from tests.e2e.test_access import violations
from tests.e2e.visitor import STADIUM_SHOW, Arrivals, Visitor

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "embedding.html"

MAP = "document.querySelector('rowlock-map')"
CHOOSE = f"{MAP}.choose(['40FD-C-2', '40FD-C-3'])"


@contextmanager
def bands_site(shop: Shop, event_id: str) -> Iterator[str]:
    """The example page on a site of its own (another port is another origin to a browser); its address."""
    html = EXAMPLE.read_text(encoding="utf-8").replace("https://tickets.example.com", shop.url)
    page = html.replace('event="1"', f'event="{event_id}"').encode()

    class Site(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Security-Policy", policy(html, shop))
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, *_: object) -> None:
            """Nobody reads it."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Site) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/tickets"
        server.shutdown()


@asynccontextmanager
async def on_the_bands_page(arrivals: Arrivals, shop: Shop) -> AsyncIterator[Visitor]:
    """A visitor of a site that is not the shop's and shows the shop's map."""
    visitor = await arrivals.visitor()
    await visitor.go_to(STADIUM_SHOW)
    with bands_site(shop, visitor.page.url.split("/events/")[1].split("?")[0]) as url:
        await visitor.page.goto(url)
        await expect(visitor.page.get_by_role("application", name="Seat map")).to_be_visible()
        yield visitor


def policy(html: str, shop: Shop) -> str:
    """What docs/embedding.md asks for, and of inline style and script only the page's own."""
    own = {tag: _digest(html, tag) for tag in ("style", "script")}
    stream = shop.url.replace("http", "ws")
    return (
        f"default-src 'none'; style-src {own['style']}; script-src {shop.url} {own['script']}; "
        f"connect-src {shop.url} {stream}"
    )


def _digest(html: str, tag: str) -> str:
    found = re.search(rf"<{tag}(?: type=\"module\")?>(.*?)</{tag}>", html, re.DOTALL)
    assert found
    return f"'sha256-{base64.b64encode(hashlib.sha256(found[1].encode()).digest()).decode()}'"


async def test_seats_chosen_there_are_bought_in_the_shop(arrivals: Arrivals, shop: Shop) -> None:
    async with on_the_bands_page(arrivals, shop) as visitor:
        page = visitor.page
        chosen = page.get_by_role("status")
        await page.get_by_role("application", name="Seat map").focus()
        for count in (1, 2):
            await page.keyboard.press("ArrowRight")
            await page.keyboard.press("Enter")
            await expect(chosen).to_have_text(re.compile(rf"^([^,]+ [A-Z]+\d+(, )?){{{count}}}$"))
        assert await violations(page) == []

        await page.get_by_role("link", name="Buy these seats").click()
        await visitor.map_drawn()
        await expect(visitor.basket).to_have_count(2)
        await visitor.hold()
        await visitor.pay()
        await visitor.booked()


async def test_a_seat_that_goes_meanwhile_leaves_the_choice(arrivals: Arrivals, shop: Shop) -> None:
    rival = await arrivals.visitor()
    async with on_the_bands_page(arrivals, shop) as visitor:
        chosen = visitor.page.get_by_role("status")
        await visitor.page.wait_for_function(f"({CHOOSE}, {MAP}.chosen.length === 2)")
        await expect(chosen).to_have_text(re.compile(r"^[^,]+ C2, [^,]+ C3$"))
        await rival.page.goto(await visitor.page.evaluate(f"{MAP}.checkoutUrl"))
        await rival.map_drawn()
        await rival.basket.get_by_role("button", name="Remove").first.click()
        await rival.hold()
        await expect(chosen).to_have_text(re.compile(r"^[^,]+ C2$"))
