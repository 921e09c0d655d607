"""Texts that want to run as script, on every page that shows them, in a browser: none does, nothing is broken."""

import uuid

import httpx
import pytest
from playwright.async_api import ConsoleMessage, Dialog, expect
from tests.attacks.corpus import MARKDOWN, SCRIPTS
from tests.e2e.conftest import Shop
from tests.e2e.organiser import token
from tests.e2e.visitor import Arrivals

TRIPWIRE = "window.trips = 0; window.tripped = () => { window.trips += 1; }; window.alert = window.tripped;"
SETTLED = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(window.trips))))"


def put_on_sale(shop: Shop, text: str, description: str) -> str:
    """An event on which every name there can be is this text; its id."""
    label = text[:40].strip()
    seats = [{"number": f"{n}{label}"[:40], "x": n, "y": 2, "category": label} for n in range(1, 5)]
    plan = {
        "format": "rowlock-plan/1", "name": f"{label} {uuid.uuid4()}", "width": 10, "height": 4,
        "categories": [{"name": label}],
        "sections": [{"id": "S", "name": label, "rows": [{"label": label, "seats": seats}]}],
    }  # fmt: skip
    with httpx.Client(
        base_url=f"{shop.url}/api/v1", headers={"Authorization": f"Bearer {token(shop.data)}"}
    ) as organiser:
        plan_id = organiser.post("/plans", json=plan).raise_for_status().json()["id"]
        event = {
            "name": text, "startsAt": "2030-05-01T20:00:00Z", "planId": plan_id, "prices": {label: "20.00"},
            "performers": [text], "genre": text, "description": description,
            "venue": {"name": text, "city": text, "country": text},
        }  # fmt: skip
        return str(organiser.post("/events", json=event).raise_for_status().json()["id"])


@pytest.mark.parametrize("number", [0, 3, 11, 13])
async def test_no_text_runs(arrivals: Arrivals, shop: Shop, number: int) -> None:
    """From the list over the map to the confirmation, with the tripwire set before anything else runs."""
    text = SCRIPTS[number]
    event_id = put_on_sale(shop, text, "\n\n".join((*SCRIPTS, *MARKDOWN))[:20_000])
    visitor = await arrivals.visitor()
    page = visitor.page
    said: list[str] = []

    def heard(message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text or "TrustedHTML" in message.text:
            said.append(message.text)

    async def asked(dialog: Dialog) -> None:
        said.append(dialog.message)
        await dialog.dismiss()

    page.on("dialog", asked)
    page.on("console", heard)
    await page.add_init_script(TRIPWIRE)

    async def nothing_ran() -> None:
        assert await page.evaluate(SETTLED) == 0
        assert said == []

    await page.goto("/events?q=tripped")
    await nothing_ran()
    await page.goto(f"/events/{event_id}")
    await visitor.map_drawn()
    await expect(page.get_by_role("heading", level=1)).to_have_text(text)
    for link in await page.locator(".prose a").all():
        assert (await link.get_attribute("href") or "https:").startswith(("https:", "http:"))
    await nothing_ran()
    await page.get_by_role("button", name="List", exact=True).click()
    await page.get_by_role("list", name="Sections").get_by_role("button").first.click()
    await page.locator(".numbers button").first.click()
    await expect(visitor.basket).to_have_count(1)
    await nothing_ran()
    await visitor.hold()
    await nothing_ran()
    await visitor.pay()
    await visitor.booked()
    await expect(page.get_by_text(text).first).to_be_visible()
    await nothing_ran()
    assert await page.evaluate("() => { tripped(); return window.trips; }") == 1
