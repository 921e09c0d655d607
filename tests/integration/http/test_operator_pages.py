"""Pages for staff with their session: nothing is there for anybody else."""

from tests.integration.http.conftest import BoxOffice

from rowlock.bots import Mark
from rowlock.identity import HOUSE, MANAGERS, ROLES, Role

NAME = "device:0123456789abcdef01"
PAGE = "/operator/bots"


async def test_operators_see_what_was_scored_and_why(office: BoxOffice) -> None:
    valkey = office.api.valkey
    assert valkey is not None
    await valkey.hset(f"seen:{NAME}", mapping={"attempts": 9, "quick": 4, "answer:challenge": 2})  # type: ignore[misc]
    await valkey.set(f"mark:{NAME}", Mark(45).number)
    await valkey.zadd("bots:suspects", {NAME: 45})
    cookie = {"Cookie": f"rowlock_session={office.api.signer.issue('operator:1', 'operator')}"}
    page = await office.client.get(PAGE, headers=cookie)
    assert page.status_code == 200
    assert page.headers["cache-control"] == "no-store"
    assert "45 points" in page.text
    assert "4 holds within" in page.text
    assert "challenge" in page.text
    for language in ("de", "fr"):
        assert (await office.client.get(f"{PAGE}?lang={language}", headers=cookie)).status_code == 200


async def test_for_others_there_is_nothing_here(office: BoxOffice) -> None:
    assert (await office.client.get(PAGE)).status_code == 404
    for role in ("buyer", "organiser_admin"):
        token = office.api.signer.issue("someone", role)
        assert (await office.client.get(PAGE, headers={"Cookie": f"rowlock_session={token}"})).status_code == 404
    assert (await office.client.get(PAGE, headers={"Cookie": "rowlock_session=rubbish"})).status_code == 404


async def test_a_waiting_room_is_steered_by_those_whose_event_it_is(office: BoxOffice) -> None:
    page = f"/organiser/events/{office.event}/queue"

    async def seen(role: Role, organiser_id: int = HOUSE, address: str = page) -> int:
        token = office.api.signer.issue(f"{role}:1", role, organiser_id=organiser_id)
        return (await office.client.get(address, headers={"Cookie": f"rowlock_session={token}"})).status_code

    for role in ROLES:
        assert await seen(role) == (200 if role in MANAGERS else 404)
    assert await seen("organiser", HOUSE + 1) == 404
    assert await seen("operator", address="/organiser/events/999999999/queue") == 404
    assert (await office.client.get(page)).status_code == 404
    for language in ("de", "fr"):
        assert await seen("operator", address=f"{page}?lang={language}") == 200
