"""Frame times of the seat map in Chromium painting in software.

    python -m benchmarks.map_frames http://127.0.0.1:8080/events/1

Prints how long the first picture took and, for each movement, the time from frame to frame. A frame counts as
dropped when it came more than half a frame late.
"""

import sys
from collections.abc import Mapping
from typing import Any

from playwright.sync_api import Page
from tests.e2e.browser import chromium

FRAME_MS = 1000 / 60

# Every frame gives the map one input event, as a hand does, and notes when the frame began and how long ours took.
MOVE = """
async ([kind, frames]) => {
  const map = document.querySelector('.map .input');
  const box = map.getBoundingClientRect();
  const x = box.left + box.width / 2, y = box.top + box.height / 2;
  const pointer = (type, dx, dy) => map.dispatchEvent(new PointerEvent(type, {
    pointerId: 1, pointerType: 'mouse', isPrimary: true, button: type === 'pointermove' ? -1 : 0, buttons: 1,
    clientX: x + dx, clientY: y + dy, bubbles: true, cancelable: true }));
  map.setPointerCapture = () => {};
  const wheel = (delta) => map.dispatchEvent(new WheelEvent('wheel', {
    deltaY: delta, clientX: x + 40, clientY: y + 60, bubbles: true, cancelable: true }));
  const steps = {
    'zoom in': () => wheel(-32),
    'zoom out': () => wheel(32),
    'pan': (n) => pointer('pointermove', 300 * Math.sin(n / 18), 160 * Math.sin(n / 11)),
    'rest': () => undefined,
  };
  const frame = () => new Promise(requestAnimationFrame);
  if (kind === 'pan') pointer('pointerdown', 0, 0);
  const times = [];
  for (let n = 0; n < frames; n++) {
    times.push(await frame());
    steps[kind](n);
  }
  if (kind === 'pan') pointer('pointerup', 0, 0);
  return times.slice(1).map((time, n) => time - times[n]);
}
"""

FIRST = """
() => {
  const paint = performance.getEntriesByName('first-contentful-paint')[0];
  const map = performance.getEntriesByName('seatmap-painted')[0];
  return { page: paint.startTime, map: map.startTime };
}
"""


def main(url: str) -> None:
    """Measures one event page and prints a table."""
    with chromium() as browser:
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.goto(url)
        page.wait_for_selector(".map:not(.loading) [data-painted]")
        first: Mapping[str, float] = page.evaluate(FIRST)
        print(f"first contentful paint {first['page']:.0f} ms, map drawn {first['map']:.0f} ms after navigation")
        print(f"{'movement':22} {'frames':>6} {'mean':>7} {'p95':>7} {'p99':>7} {'worst':>7} {'dropped':>8}  (ms)")
        for kind, frames, name in (
            ("pan", 180, "pan, sections"),
            ("zoom in", 45, "zoom in to seats"),
            ("pan", 180, "pan, small seats"),
            ("zoom in", 40, "zoom in further"),
            ("pan", 180, "pan, large seats"),
            ("zoom out", 110, "zoom out to all"),
        ):
            report(page, kind, frames, name)


def report(page: Page, kind: str, frames: int, name: str) -> None:
    """One line of the table."""
    times: list[Any] = page.evaluate(MOVE, [kind, frames])
    ordered = sorted(float(time) for time in times)
    dropped = sum(time > 1.5 * FRAME_MS for time in ordered)

    def percentile(share: float) -> float:
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]

    mean = sum(ordered) / len(ordered)
    print(
        f"{name:22} {len(ordered):6} {mean:7.1f} {percentile(0.95):7.1f} {percentile(0.99):7.1f} "
        f"{ordered[-1]:7.1f} {dropped:8}"
    )


if __name__ == "__main__":
    main(sys.argv[1])
