"""A Chromium for the tests: the system's own, else the one that comes with the web build's development packages."""

import fcntl
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypedDict

from playwright.sync_api import Browser, sync_playwright

WEB = Path(__file__).parents[2] / "web"
SYSTEM_NAMES = ("chromium", "chromium-browser", "google-chrome")

# Unpacks the compressed browser on first use into what it takes for the temporary folder, and prints where it is.
UNPACK = "import c from '@sparticuz/chromium'; console.log(JSON.stringify(await c.executablePath()))"


class BrowserMissingError(RuntimeError):
    """No Chromium, and nothing to unpack one from."""


def chromium_path() -> str:
    """The path of a Chromium that runs here; BrowserMissingError says what to do without one."""
    for name in SYSTEM_NAMES:
        found = shutil.which(name)
        if found is not None:
            return found
    if not (WEB / "node_modules" / "@sparticuz" / "chromium").is_dir():
        raise BrowserMissingError("no Chromium here: run `npm ci` in web/, which brings one")
    folder = WEB / "node_modules" / ".cache" / "chromium"  # of this checkout, whoever else has one on the machine
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # what another test process is still unpacking cannot be run
        command = ["node", "--input-type=module", "--eval", UNPACK]
        environment = os.environ | {"TMPDIR": str(folder)}
        answer = subprocess.run(command, cwd=WEB, check=True, capture_output=True, text=True, env=environment)
    path: str = json.loads(answer.stdout.splitlines()[-1])
    return path


class LaunchOptions(TypedDict):
    """What `chromium.launch` takes, of Playwright's blocking and its asynchronous half alike."""

    executable_path: str
    args: list[str]


def launch_options() -> LaunchOptions:
    """A headless Chromium that paints in software. As root it cannot have a sandbox of its own."""
    args = ["--disable-gpu", "--font-render-hinting=none"]
    if os.geteuid() == 0:
        args.append("--no-sandbox")
    return {"executable_path": chromium_path(), "args": args}


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser that is closed at the end."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**launch_options())
        try:
            yield browser
        finally:
            browser.close()
