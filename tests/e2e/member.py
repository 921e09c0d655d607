"""Somebody with an account: what they do on its pages, with the mails that they get."""

import re
import uuid
from typing import Any

import httpx
import pyotp
from playwright.async_api import CDPSession, Page, expect

_LINK = re.compile(r"http://\S+#link=\S+")
_CODE = re.compile(r"^ {4}([A-Z0-9]{4}-[A-Z0-9]{4})\s*$", re.MULTILINE)
AUTHENTICATOR = {
    "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
    "isUserVerified": True, "automaticPresenceSimulation": True,
}  # fmt: skip


class Member:
    """One person at one page; `shop_url` is by the name localhost, where browsers allow passkeys without TLS."""

    def __init__(self, page: Page, shop_url: str, inbox: str, email: str = "") -> None:
        self.page = page
        self.url = shop_url.replace("127.0.0.1", "localhost")
        self.email = email or f"{uuid.uuid4().hex[:10]}@example.com"
        self._inbox = inbox

    async def visit(self, path: str) -> None:
        """Open a page of the shop."""
        await self.page.goto(f"{self.url}{path}")

    async def register(self, name: str = "Ada Lovelace") -> None:
        """Make the account by the mailed link; ends on the account's page."""
        await self.visit("/register")
        await self.page.get_by_label("Name", exact=True).fill(name)
        await self.page.get_by_label("Mail address").fill(self.email)
        await self.page.get_by_role("button", name="Mail me a link").click()
        await expect(self.page.get_by_role("status").filter(has_text="on its way")).to_be_visible()
        await self.page.goto(await self.mailed(_LINK))
        await expect(self.page.get_by_role("heading", name="Profile")).to_be_visible()

    async def ask_code(self) -> None:
        """Go to the sign-in page, have a mail sent, and type its code."""
        await self.visit("/sign-in")
        await self.type_code()

    async def type_code(self) -> None:
        """On the sign-in page: have a mail sent, and type its code."""
        await self.page.get_by_label("Mail address").fill(self.email)
        before = len(await self._mails())
        await self.page.get_by_role("button", name="Mail me a link").click()
        await self.page.get_by_label("Code from the mail").fill(await self.mailed(_CODE, after=before))
        await self.page.get_by_role("button", name="Go on").click()

    async def mailed(self, pattern: re.Pattern[str], *, after: int = 0) -> str:
        """What the newest mail says that matches, once more than `after` mails have come."""
        while len(mails := await self._mails()) <= after or not (found := pattern.search(mails[0]["text"])):
            pass
        return found.group(found.re.groups)

    async def new_passkeys(self) -> CDPSession:
        """Give the browser a device that makes passkeys and verifies its user."""
        devices = await self.page.context.new_cdp_session(self.page)
        await devices.send("WebAuthn.enable")
        await devices.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
        return devices

    async def set_up_codes(self) -> pyotp.TOTP:
        """On the security page: turn one-time codes on; answers the app that shows them."""
        await self.page.get_by_role("button", name="Set up one-time codes").click()
        secret = await self.page.locator("p code").inner_text()
        app = pyotp.TOTP(secret)
        await self.page.get_by_label("One-time code").fill(app.now())
        await self.page.get_by_role("button", name="Turn them on").click()
        await expect(self.page.locator(".codes li")).to_have_count(10)
        return app

    async def _mails(self) -> list[Any]:
        async with httpx.AsyncClient() as client:
            found = (await client.get(f"{self._inbox}mails.json")).json()
        return [mail for mail in found if mail["recipient"] == self.email]
