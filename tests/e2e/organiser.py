"""What tests need an organiser for: events of their own in a small house."""

import subprocess
import sys
import uuid
from functools import cache
from pathlib import Path

import httpx

SEATS = 8


@cache
def token(data: Path, role: str = "organiser") -> str:
    """An access token of somebody on the staff."""
    return tokens(data, role, 1)[0]


def tokens(data: Path, role: str, count: int) -> list[str]:
    """Access tokens of so many people."""
    command = [sys.executable, "-m", "rowlock", "token", "--role", role, "--count", str(count), "--data", str(data)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()


def put_on_sale(url: str, data: Path, **wishes: object) -> str:
    """The id of a new event with one row of eight seats, "Stalls", row A; `wishes` are fields of the event's body.

    Where `wishes` price a category "Dear", the first four are of it.
    """
    prices = wishes.get("prices")
    dear = 4 if isinstance(prices, dict) and "Dear" in prices else 0
    seats = [
        {"number": str(n), "x": n, "y": 2, "category": "Dear" if n <= dear else "Seat"} for n in range(1, SEATS + 1)
    ]
    sections = [{"id": "S", "name": "Stalls", "rows": [{"label": "A", "seats": seats}]}]
    plan = {
        "format": "rowlock-plan/1", "name": f"Row of eight {uuid.uuid4()}", "width": 10, "height": 4,
        "categories": [{"name": name} for name in ("Dear", "Seat")[not dear :]], "sections": sections,
    }  # fmt: skip
    with httpx.Client(base_url=f"{url}/api/v1", headers={"Authorization": f"Bearer {token(data)}"}) as organiser:
        plan_id = organiser.post("/plans", json=plan).raise_for_status().json()["id"]
        event = {
            "name": "Eight seats",
            "startsAt": "2030-05-01T20:00:00Z",
            "planId": plan_id,
            "prices": {"Seat": "20.00"},
        }
        return str(organiser.post("/events", json=event | wishes).raise_for_status().json()["id"])
