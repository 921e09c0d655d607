"""Coverage-guided fuzzing with atheris, where it has a wheel: how a fuzzer is begun, and how one is run.

`python -m tests.attacks.fuzz_plans -max_total_time=60` runs one by hand; libFuzzer's options apply.
"""

import asyncio
import importlib.util
import re
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.attacks.rows import Row

FUZZERS = (
    "fuzz_plans", "fuzz_tokens", "fuzz_bodies", "fuzz_certificates", "fuzz_addresses", "fuzz_notices", "fuzz_records",
)  # fmt: skip
AVAILABLE = importlib.util.find_spec("atheris") is not None
WHY_NOT = "atheris has no wheel for this Python and machine"
BYTES_MAX = 4096
_DONE = re.compile(r"Done (\d+) (?:runs|in)|#(\d+)\s+DONE")


def fuzz(attempt: Callable[[bytes], None], seeds: Sequence[bytes]) -> None:
    """Run `attempt` on ever new bytes until the options of the command line end it; what it raises is a find."""
    import atheris  # noqa: PLC0415  not everywhere

    with tempfile.TemporaryDirectory() as folder:
        for number, seed in enumerate(seeds):
            (Path(folder) / str(number)).write_bytes(seed)
        atheris.Setup([*sys.argv, f"-max_len={BYTES_MAX}", folder], attempt)
        atheris.Fuzz()


async def run_fuzzer(name: str, *options: str) -> Row:
    """One fuzzer in a process of its own; a find, a hang and a leak of memory all end it otherwise than with 0."""
    started = time.monotonic()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", f"tests.attacks.{name}", "-seed=1", "-timeout=10", "-rss_limit_mb=2048", *options),
        *("-artifact_prefix=/tmp/rowlock-fuzz-",),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        cwd=Path(__file__).parents[2],
    )
    told, _ = await process.communicate()
    text = told.decode(errors="replace")
    done = _DONE.search(text)
    tries = int(done[1] or done[2]) if done else 0
    through = () if process.returncode == 0 and tries else (text[-4000:],)
    return Row(f"{name.removeprefix('fuzz_')}, fuzzed", tries, through, time.monotonic() - started)
