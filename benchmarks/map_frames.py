"""Frame times of the seat map in Chromium painting in software, while the stream brings changes.

    python -m benchmarks.map_frames http://127.0.0.1:8080/events/1 --changes 500
    python -m benchmarks.map_frames http://127.0.0.1:8080 --seats 80000 --data DIR

Prints how long the first picture took and, for each movement, the time from frame to frame and the time our own code
took of it. A frame counts as dropped when it came more than half a frame late. With `--seats` the shop at that address
gets a stadium of that size first; `--data` names its data folder. The changes come through the page's own stream
client, from a socket that stands in for the gateway's.
"""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
import httpx
from playwright.sync_api import Page
from tests.e2e.browser import chromium

from rowlock.seating.formats import write_plan
from rowlock.seating.generator.bowl import bowl_stadium

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


SOCKET = """
([changesPerSecond, seatCount]) => {
  const FRAME_MS = 40;
  window.WebSocket = class {
    constructor(address) {
      this.readyState = 1;
      const since = new URL(address).searchParams;
      const [epoch, at] = [Number(since.get('epoch')), { seq: Number(since.get('since')) }];
      setTimeout(() => this.say({ type: 'hello', epoch, seq: at.seq }));
      let owed = 0;
      setInterval(() => {
        owed += changesPerSecond * FRAME_MS / 1000;
        const changes = [];
        for (; owed >= 1; owed--) changes.push([Math.floor(Math.random() * seatCount), Math.floor(Math.random() * 3)]);
        this.say({ type: 'seats', from: at.seq, seq: ++at.seq, changes });
      }, FRAME_MS);
    }
    say(message) { this.onmessage?.({ data: JSON.stringify(message) }); }
    send() {}
    close() {}
  };
  // How long our own code takes of every frame.
  const own = window.requestAnimationFrame.bind(window);
  window.spent = [];
  window.requestAnimationFrame = (run) => own((now) => {
    const begun = performance.now();
    run(now);
    window.spent.push(performance.now() - begun);
  });
}
"""


@click.command()
@click.argument("url")
@click.option("--changes", default=500, show_default=True, help="Seat changes a second.")
@click.option("--seats", type=int, help="Put a stadium of so many seats on sale first; URL is the shop's.")
@click.option("--data", type=click.Path(path_type=Path), help="The shop's data folder, for an organiser's token.")
def main(url: str, changes: int, seats: int | None, data: Path | None) -> None:
    """Measures one event page and prints a table."""
    if seats is not None:
        url = f"{url}/events/{stadium(url, seats, data)}"
    with chromium() as browser:
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.add_init_script(f"({SOCKET})([{changes}, {seats or 50_000}])")
        page.goto(url)
        page.wait_for_selector(".map:not(.loading) [data-painted]")
        first: Mapping[str, float] = page.evaluate(FIRST)
        print(f"first contentful paint {first['page']:.0f} ms, map drawn {first['map']:.0f} ms after navigation")
        print(f"{changes} seat changes a second")
        heads = ("frames", "mean", "p95", "p99", "worst", "dropped", "own p95", "own worst")
        print(f"{'movement':22} " + " ".join(f"{head:>9}" for head in heads) + "  (ms)")
        for kind, frames, name in (
            ("rest", 180, "rest, sections"),
            ("pan", 180, "pan, sections"),
            ("zoom in", 45, "zoom in to seats"),
            ("pan", 180, "pan, small seats"),
            ("zoom in", 40, "zoom in further"),
            ("pan", 180, "pan, large seats"),
            ("zoom out", 110, "zoom out to all"),
        ):
            report(page, kind, frames, name)


def stadium(shop: str, seats: int, data: Path | None) -> str:
    """The id of a new event in a new stadium."""
    where = ["--data", str(data)] if data else []
    command = [sys.executable, "-m", "rowlock", "token", "--role", "organiser", "--count", "1", *where]
    token = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    plan = bowl_stadium(seats)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    with httpx.Client(base_url=f"{shop}/api/v1", headers=headers, timeout=120) as organiser:
        plan_id = organiser.post("/plans", content=write_plan(plan)).raise_for_status().json()["id"]
        prices = {category.name: "49.50" for category in plan.categories}
        event = {"name": plan.name, "startsAt": "2040-05-01T20:00:00Z", "planId": plan_id, "prices": prices}
        return str(organiser.post("/events", json=event).raise_for_status().json()["id"])


def report(page: Page, kind: str, frames: int, name: str) -> None:
    """One line of the table."""
    page.evaluate("window.spent.length = 0")
    times: list[Any] = page.evaluate(MOVE, [kind, frames])
    ordered = sorted(float(time) for time in times)
    own: list[float] = sorted(page.evaluate("window.spent"))
    dropped = sum(time > 1.5 * FRAME_MS for time in ordered)
    mean = sum(ordered) / len(ordered)
    figures = (mean, _share(ordered, 0.95), _share(ordered, 0.99), ordered[-1])
    print(
        f"{name:22} {len(ordered):9} "
        + " ".join(f"{figure:9.1f}" for figure in figures)
        + f" {dropped:9} {_share(own, 0.95):9.1f} {own[-1]:9.1f}"
    )


def _share(ordered: list[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


if __name__ == "__main__":
    main()
