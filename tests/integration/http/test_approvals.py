"""Two people behind risky changes: who proposes never decides, and what was seen is what is changed."""

import asyncio

import pytest
from tests.integration.http.conftest import BoxOffice, Caller, Json, assert_problem

from rowlock.identity.organisers import Organisers
from rowlock.kernel import limits
from rowlock.organiser.approvals import set_two_people

DEARER = {"prices": {"VIP": "200.00"}}


@pytest.fixture
async def careful(office: BoxOffice, monkeypatch: pytest.MonkeyPatch) -> BoxOffice:
    """A house that wants two people, from five seats on: it is small."""
    monkeypatch.setattr(limits, "RISKY_SEATS_MIN", 5)
    async with office.house.database.cold.acquire() as connection:
        assert await set_two_people(connection, 1, wanted=True)
        assert not await set_two_people(connection, 1, wanted=True)
    return office


async def price(office: BoxOffice) -> str:
    """What a VIP seat costs."""
    tiers = (await office.public.get(f"/events/{office.event}")).json()["tiers"]
    amount: str = next(tier["price"]["amount"] for tier in tiers if tier["name"] == "VIP")
    return amount


async def proposed(office: BoxOffice, by: Caller, change: Json = DEARER) -> str:
    """The id of a proposal to change the event."""
    answer = await by.patch(f"/events/{office.event}", change)
    assert (answer.status_code, answer.json()["state"]) == (202, "open"), answer.text
    approval_id: str = answer.json()["id"]
    return approval_id


@pytest.mark.parametrize("change", [{"fees": {"perTicket": "2.00"}}, {"tax": {"rate": "19", "included": False}}])
async def test_fees_and_taxes_wait_for_a_second_person_too(careful: BoxOffice, change: Json) -> None:
    first, second, before = careful.caller("organiser"), careful.caller("organiser"), await price(careful)
    approval = await proposed(careful, first, change)
    assert await price(careful) == before
    assert (await second.post(f"/approvals/{approval}", {"approve": True})).json()["state"] == "done"
    assert await price(careful) != before


async def test_a_price_changes_when_a_second_person_says_so(careful: BoxOffice) -> None:
    first, second, before = (
        careful.caller("organiser", "anna"),
        careful.caller("organiser", "ben"),
        await price(careful),
    )
    approval = await proposed(careful, first)
    assert await price(careful) == before
    assert_problem(await first.post(f"/approvals/{approval}", {"approve": True}), 403, "own_proposal")
    waiting = (await second.get("/approvals?open=true")).json()["items"]
    assert [(item["id"], item["proposedBy"], item["request"]) for item in waiting] == [(approval, "anna", DEARER)]
    done = await second.post(f"/approvals/{approval}", {"approve": True, "reason": "As agreed"})
    assert (done.status_code, done.json()["state"]) == (200, "done")
    assert await price(careful) == "200.00"
    again = await second.post(f"/approvals/{approval}", {"approve": True})
    assert again.json() == done.json(), "a repeat finds it done"
    entries = (await careful.caller("operator").get(f"/audit?object=event:{careful.event}")).json()["items"]
    told = [(entry["action"], entry["actor"]) for entry in entries[:3]]
    assert told == [("change_event", "anna"), ("approve_change", "ben"), ("propose_change", "anna")]
    assert (await second.get("/approvals?open=true")).json()["items"] == []


async def test_a_rejected_change_is_not_made_and_cannot_be_taken_up_again(careful: BoxOffice) -> None:
    first, second, before = careful.caller("organiser", "anna"), careful.caller("operator", "ben"), await price(careful)
    approval = await proposed(careful, first)
    assert (await second.post(f"/approvals/{approval}", {"approve": False})).json()["state"] == "rejected"
    assert_problem(await second.post(f"/approvals/{approval}", {"approve": True}), 409, "approval_closed")
    third = careful.caller("organiser", "cleo")
    assert_problem(await third.post(f"/approvals/{approval}", {"approve": True}), 409, "approval_closed")
    assert await price(careful) == before


async def test_yes_and_no_at_once_end_in_one_of_them(careful: BoxOffice) -> None:
    for attempt in range(10):
        before = await price(careful)
        approval = await proposed(
            careful, careful.caller("organiser", "anna"), {"prices": {"VIP": f"{300 + attempt}.00"}}
        )
        yes, no = careful.caller("organiser", "ben"), careful.caller("organiser", "cleo")
        answers = await asyncio.gather(
            yes.post(f"/approvals/{approval}", {"approve": True}), no.post(f"/approvals/{approval}", {"approve": False})
        )
        assert sorted(answer.status_code for answer in answers) == [200, 409]
        assert (await price(careful) == before) == (answers[0].status_code == 409)


async def test_what_was_not_seen_is_not_approved(careful: BoxOffice) -> None:
    first, second = careful.caller("organiser", "anna"), careful.caller("organiser", "ben")
    dearer, cheaper = await proposed(careful, first), await proposed(careful, second, {"prices": {"VIP": "10.00"}})
    assert (await second.post(f"/approvals/{dearer}", {"approve": True})).status_code == 200
    assert_problem(await first.post(f"/approvals/{cheaper}", {"approve": True}), 409, "approval_stale")
    assert await price(careful) == "200.00"


async def test_a_proposal_lapses(careful: BoxOffice) -> None:
    approval, second = await proposed(careful, careful.caller("organiser", "anna")), careful.caller("organiser", "ben")
    await careful.house.database.cold.execute("UPDATE approvals SET expires_at = now()")
    assert (await second.get("/approvals")).json()["items"][0]["state"] == "lapsed"
    assert_problem(await second.post(f"/approvals/{approval}", {"approve": True}), 409, "approval_closed")


async def test_many_seats_take_two_people_and_few_take_one(careful: BoxOffice) -> None:
    first, second, path = (
        careful.caller("organiser", "anna"),
        careful.caller("organiser", "ben"),
        f"/events/{careful.event}/blocks",
    )
    few = await first.post(path, {"reason": "Band", "seatIds": ["S-1-1", "S-1-2"]})
    assert few.status_code == 201
    many = {"reason": "Camera stand", "seatIds": [f"S-2-{place}" for place in range(1, 6)]}
    held_back = await first.post(path, many)
    assert (held_back.status_code, held_back.json()["seats"]) == (202, 5)
    assert len(await careful.taken()) == 2
    assert (await second.post(f"/approvals/{held_back.json()['id']}", {"approve": True})).json()["state"] == "done"
    assert len(await careful.taken()) == 7
    block = next(item for item in (await first.get(path)).json()["items"] if item["reason"] == "Camera stand")
    assert block["by"] == "anna"
    back = await first.delete(f"/events/{careful.event}/blocks/{block['id']}")
    assert back.status_code == 202, "putting them back on sale is as risky"
    assert (await second.post(f"/approvals/{back.json()['id']}", {"approve": True})).json()["state"] == "done"
    assert len(await careful.taken()) == 2


async def test_seats_sold_meanwhile_are_not_taken_away(careful: BoxOffice) -> None:
    first, second, path = (
        careful.caller("organiser", "anna"),
        careful.caller("organiser", "ben"),
        f"/events/{careful.event}/blocks",
    )
    seats = [f"S-2-{place}" for place in range(1, 6)]
    approval = (await first.post(path, {"reason": "Camera stand", "seatIds": seats})).json()["id"]
    booking = await careful.hold(careful.caller("buyer", "fan"), "S-2-3")
    refused = await second.post(f"/approvals/{approval}", {"approve": True})
    assert assert_problem(refused, 409, "seat_unavailable")["conflicts"] == ["S-2-3"]
    await careful.caller("buyer", "fan").delete(f"/bookings/{booking['bookingId']}")
    again = await second.post(f"/approvals/{approval}", {"approve": True})
    assert again.json()["state"] == "done", "the decider may ask again"


async def test_names_and_texts_and_events_not_yet_live_take_one_person(careful: BoxOffice) -> None:
    anna = careful.caller("organiser", "anna")
    assert (await anna.patch(f"/events/{careful.event}", {"name": "Other", "description": "Text"})).status_code == 200
    later = {"onSaleAt": "2030-01-01T00:00:00Z"}
    assert (await anna.patch(f"/events/{careful.event}", later)).status_code == 200
    assert (await anna.patch(f"/events/{careful.event}", DEARER)).status_code == 200
    await careful.house.database.cold.execute("UPDATE organisers SET two_people = false")
    assert (await anna.patch(f"/events/{careful.event}", {"onSaleAt": None} | DEARER)).status_code == 200


async def test_others_proposals_do_not_exist(careful: BoxOffice) -> None:
    async with careful.house.database.cold.acquire() as connection:
        other = await Organisers.create(connection, "Elsewhere")
    assert other is not None
    approval = await proposed(careful, careful.caller("organiser", "anna"))
    stranger = careful.caller("organiser", "dan", organiser_id=other)
    assert (await stranger.get("/approvals")).json()["items"] == []
    assert_problem(await stranger.post(f"/approvals/{approval}", {"approve": True}), 404, "approval_not_found")
    assert_problem(await stranger.patch(f"/events/{careful.event}", DEARER), 404, "event_not_found")
    for words in ("no-id", "00000000-0000-4000-8000-000000000000"):
        assert_problem(
            await careful.caller("operator").post(f"/approvals/{words}", {"approve": True}), 404, "approval_not_found"
        )


async def test_a_change_that_cannot_be_made_stays_open_to_correction(careful: BoxOffice) -> None:
    first, second = careful.caller("organiser", "anna"), careful.caller("organiser", "ben")
    approval = await proposed(careful, first, {"prices": {"Balcony": "1.00"}})
    assert_problem(await second.post(f"/approvals/{approval}", {"approve": True}), 422, "invalid_request")
    assert (await second.get("/approvals")).json()["items"][0]["state"] == "approved", "approved, and never done"
