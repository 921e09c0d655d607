"""The page on which anybody recomputes a draw, in a browser that is told nothing but the file."""

from pathlib import Path
from typing import Literal

from playwright.async_api import expect
from tests.e2e.test_access import SMALLEST, nothing_sticks_out, violations
from tests.e2e.visitor import Arrivals

SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
VECTOR = Path(__file__).parents[1] / "vectors" / "queue_record.jsonl"


async def test_a_file_is_recomputed_and_a_spoiled_one_found_out(arrivals: Arrivals, tmp_path: Path) -> None:
    page = (await arrivals.visitor()).page
    await page.set_viewport_size(SMALLEST)
    await page.goto("/queue/verify")
    await page.get_by_label("File of the record").set_input_files(VECTOR)
    await page.get_by_label("Your opaque id").fill("706572736f6e000000000003")
    await page.get_by_role("button", name="Recompute").click()
    await expect(page.get_by_role("heading", name="The record holds")).to_be_visible()
    await expect(page.get_by_text("Came as number 4, stands at place")).to_be_visible()
    for scheme in SCHEMES:
        await page.emulate_media(color_scheme=scheme)
        assert await violations(page) == []
    await nothing_sticks_out(page)

    spoiled = tmp_path / "spoiled.jsonl"
    spoiled.write_bytes(VECTOR.read_bytes().replace(b'"served":20', b'"served":21'))
    await page.get_by_label("File of the record").set_input_files(spoiled)
    await page.get_by_role("button", name="Recompute").click()
    await expect(page.get_by_role("heading", name="The record does not hold")).to_be_visible()
    await expect(page.get_by_text("is not as it was written")).to_be_visible()
    assert await violations(page) == []
