"""A visitor: one browser profile with one page, and what people do with the storefront."""

import os
import re
from pathlib import Path

from playwright.async_api import (
    Browser,
    BrowserContext,
    Error,
    Locator,
    Page,
    Route,
    ViewportSize,
    WebSocketRoute,
    expect,
)

DESKTOP: ViewportSize = {"width": 1280, "height": 800}
STADIUM_SHOW = "Marisol Vega"
NEWS = ("**/seats?since=*", "**/stream?*")


async def lost_on_the_way(route: Route) -> None:
    """A request that never arrives."""
    await route.abort()


PICTURES = os.environ.get("ROWLOCK_PICTURES")


async def picture(page: Page, name: str) -> None:
    """What it looks like, for whoever wants to see it: a file in the folder that ROWLOCK_PICTURES names."""
    if PICTURES:
        await page.screenshot(path=Path(PICTURES) / f"{name}.png", full_page=True)


async def hang_up(socket: WebSocketRoute) -> None:
    await socket.close()


class Visitor:
    """The words of the tests: go to an event, take seats, hold them, pay."""

    def __init__(self, page: Page) -> None:
        self.page = page

    @property
    def basket(self) -> Locator:
        """The chosen seats, one item each."""
        return self.page.locator(".chosen li")

    @property
    def countdown(self) -> Locator:
        """What is left of the hold."""
        return self.page.get_by_role("timer")

    @property
    def reference(self) -> Locator:
        """The reference of a confirmed booking."""
        return self.page.locator(".reference strong")

    async def go_to(self, show: str) -> None:
        """Search the list for a show and open its first evening, until the map is drawn and knows its seats."""
        await self.page.goto("/")
        await self.page.get_by_label("Artist, team or venue").fill(show)
        await self.page.get_by_role("button", name="Search").click()
        await self.page.locator(".events").get_by_role("link", name=show).first.click()
        await self.map_drawn()

    async def map_drawn(self) -> None:
        """Wait until the map's first picture is complete and every seat's state is known."""
        await expect(self.page.locator(".map:not(.loading) [data-painted]")).to_be_visible()

    async def deafen(self) -> None:
        """From the next page on no news of the seats arrives, whichever way they would come."""
        await self.page.route_web_socket("**/stream?*", hang_up)
        for way in NEWS:
            await self.page.route(way, lost_on_the_way)

    async def hear_again(self) -> None:
        """News of the seats may be asked for again."""
        for way in NEWS:
            await self.page.unroute(way)

    async def open_section(self, section: str) -> None:
        """Show the rows of a section in the list."""
        await self.page.get_by_role("button", name="List", exact=True).click()
        back = self.page.get_by_role("button", name="All sections")
        if await back.is_visible():
            await back.click()
        await self.page.get_by_role("button", name=re.compile(rf"^{section}\b")).click()

    def seat(self, section: str, row: str, number: int) -> Locator:
        """A seat of the opened section's list."""
        name = re.compile(rf"^{section}, Row {row}, Seat {number},")
        return self.page.get_by_role("group", name=f"Rows in {section}").get_by_role("button", name=name)

    async def hold(self) -> None:
        """Hold what is chosen; ends on the page of the booking."""
        await self.page.get_by_role("button", name="Hold seats").click()
        await self.page.wait_for_url("**/bookings/*")

    async def pay(self, card: str = "A card that pays") -> None:
        """Pay with one of the test cards."""
        await self.page.get_by_label(card).check()
        await self.page.get_by_role("button", name=re.compile(r"^Pay ")).click()

    async def booked(self) -> str:
        """Wait for the confirmation; answers the booking's reference."""
        await expect(self.page.get_by_role("heading", name="You are going")).to_be_visible()
        return await self.reference.inner_text()

    async def tab_to(self, target: Locator) -> None:
        """Press Tab until `target` has the focus, as somebody without a mouse must."""
        await expect(target).to_be_attached()
        for _ in range(100):
            if await target.evaluate("(element) => element === document.activeElement"):
                return
            await self.page.keyboard.press("Tab")
        raise AssertionError(f"{target} is not in the tab order")


class Arrivals:
    """Lets visitors in, each with cookies and storage of their own, and notes the errors of their pages."""

    def __init__(self, browser: Browser, url: str) -> None:
        self._browser = browser
        self._url = url
        self._contexts: list[BrowserContext] = []
        self.errors: list[str] = []

    async def visitor(self, screen: ViewportSize = DESKTOP, *, touch: bool = False, dark: bool = False) -> Visitor:
        """A new visitor with a screen of that many CSS pixels, a mouse or fingers, and a taste in colours."""
        context = await self._browser.new_context(
            base_url=self._url,
            locale="en-US",
            reduced_motion="reduce",
            viewport=screen,
            has_touch=touch,
            is_mobile=touch,
            color_scheme="dark" if dark else "light",
        )
        self._contexts.append(context)
        page = await context.new_page()
        page.on("pageerror", self._note)
        return Visitor(page)

    def _note(self, error: Error) -> None:
        self.errors.append(str(error))

    async def close(self) -> None:
        """Everybody leaves."""
        for context in self._contexts:
            await context.close()
