"""The API held to its own document: schemathesis makes requests from it, good ones, bad ones and whole sequences."""

import asyncio
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.attacks.rows import Row
from tests.integration.http.conftest import BoxOffice

from rowlock.identity import ROLES, Role

EVERYBODY: tuple[Role | None, ...] = (None, *ROLES)
UNCHECKED = "negative_data_rejection,positive_data_acceptance,allow_header_conformance"
"""The first two: msgspec takes numbers as text in places, and whether seats are free no schema tells. The third: two
addresses of the contract are one (`/bookings/{bookingId}` and `/bookings/{eventId}`), so Allow names both's methods."""
FAULT_CHARS_MAX = 400
STREAMS = "/stream$"
"""Needs a gateway, and its answer has no end; tests/integration/live is about it."""


async def hold_to_the_document(
    office: BoxOffice, role: Role | None, *, examples: int, seed: int, document: dict[str, Any] | None = None
) -> Row:
    """One role's run: no undocumented status, no server error, every answer of its documented shape.

    `document`: another than the API's own.
    """
    started = time.monotonic()
    told_by = document or (await office.public.get("/openapi.json")).json()
    token = [] if role is None else ["-H", f"Authorization: Bearer {office.api.signer.issue(f'attack:{role}', role)}"]
    with tempfile.TemporaryDirectory() as folder:
        schema, report = Path(folder) / "openapi.json", Path(folder) / "report.json"
        schema.write_text(json.dumps(told_by))
        process = await asyncio.create_subprocess_exec(
            *(
                sys.executable,
                "-m",
                "schemathesis.cli",
                "run",
                str(schema),
                *token,
                "--no-color",
                "--continue-on-failure",
            ),
            *("--url", str(office.client.base_url)),
            *("--seed", str(seed), "--max-examples", str(examples), "--exclude-checks", UNCHECKED),
            *("--exclude-path-regex", STREAMS, "--report-json-path", str(report)),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            cwd=folder,
        )
        told, _ = await process.communicate()
        if not report.exists():
            raise RuntimeError(told.decode())
        found: dict[str, Any] = json.loads(report.read_text())
    through = tuple(json.dumps(fault)[:FAULT_CHARS_MAX] for fault in found["failures"])
    if process.returncode and not through:
        through = (told.decode()[-4000:],)
    return Row(
        f"API by its document, {role or 'nobody'}",
        found["test_cases"]["generated"],
        through,
        time.monotonic() - started,
    )
