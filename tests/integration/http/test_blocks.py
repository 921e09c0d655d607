"""Organisers keep seats from sale over HTTP."""

import pytest
from tests.integration.http.conftest import BoxOffice, Json, assert_problem


def blocks(office: BoxOffice) -> str:
    """The blocks of the house's event."""
    return f"/events/{office.event}/blocks"


def body(*seats: str, **more: object) -> Json:
    """A block of seats for guests."""
    return {"reason": "Guests of the band", "seatIds": list(seats)} | more


async def test_blocked_seats_are_shown_listed_and_refused(office: BoxOffice) -> None:
    organiser = office.caller("organiser", "organiser:ann")
    answer = await organiser.post(blocks(office), body("S-1-1", "S-1-2", kind="kill"))
    assert answer.status_code == 201, answer.text
    block = answer.json()
    assert (block["kind"], block["reason"], block["by"]) == ("kill", "Guests of the band", "organiser:ann")
    assert block["seatIds"] == ["S-1-1", "S-1-2"]
    assert (await organiser.get(blocks(office))).json() == {"items": [block]}
    assert (await office.statuses())["S-1-1"] == "blocked"
    wanted = {"eventId": office.event, "seatIds": ["S-1-2", "S-1-3"]}
    problem = assert_problem(await office.caller().post("/bookings/reserve", wanted), 409, "seat_unavailable")
    assert problem["conflicts"] == ["S-1-2"]


async def test_a_section_is_blocked_whole_and_names_what_is_in_the_way(office: BoxOffice) -> None:
    organiser = office.caller("organiser")
    await office.hold(office.caller(), "S-2-2")
    refused = await organiser.post(blocks(office), body(sections=["S"]))
    assert assert_problem(refused, 409, "seat_unavailable")["conflicts"] == ["S-2-2"]
    assert await office.taken() == {"S-2-2"}
    event = await office.house.new_event()
    answer = await organiser.post(f"/events/{event}/blocks", body(sections=["S"]))
    assert len(answer.json()["seatIds"]) == 50


async def test_seats_come_back_one_by_one_or_by_the_block(office: BoxOffice) -> None:
    organiser = office.caller("organiser")
    first = (await organiser.post(blocks(office), body("S-1-1", "S-1-2", "S-1-3"))).json()
    release = {"reason": "They do not come", "seatIds": ["S-1-2", "S-5-5"]}
    assert (await organiser.post(f"{blocks(office)}/release", release)).status_code == 204
    assert await office.taken() == {"S-1-1", "S-1-3"}
    for _ in range(2):
        assert (await organiser.delete(f"{blocks(office)}/{first['id']}?reason=Late")).status_code == 204
    assert await office.taken() == set()
    assert (await organiser.get(blocks(office))).json() == {"items": []}
    assert await office.house.broken() == []


async def test_a_repeated_block_is_the_same_block(office: BoxOffice) -> None:
    organiser = office.caller("organiser")
    answers = [await organiser.post(blocks(office), body("S-1-1"), idempotency_key="k") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({}, "invalid_request"),
        (body(), "invalid_request"),
        (body("S-1-1") | {"reason": ""}, "invalid_request"),
        (body("S-1-1", kind="comp"), "invalid_request"),
        (body("S-9-9"), "unknown_seat"),
        (body(sections=["Z"]), "invalid_request"),
    ],
)
async def test_bad_blocks_are_told_what_is_wrong(office: BoxOffice, wrong: Json, code: str) -> None:
    assert_problem(await office.caller("organiser").post(blocks(office), wrong), 422, code)
    assert await office.taken() == set()


async def test_only_organisers_block_and_only_events_that_are(office: BoxOffice) -> None:
    assert_problem(await office.public.get(blocks(office)), 401, "unauthenticated")
    buyer, organiser = office.caller(), office.caller("organiser")
    for path in ("", "/release"):
        assert_problem(await buyer.post(f"{blocks(office)}{path}", body("S-1-1")), 403, "forbidden")
        assert_problem(await organiser.post(f"/events/999/blocks{path}", body("S-1-1")), 404,
                       "event_not_found")  # fmt: skip
    assert_problem(await buyer.delete(f"{blocks(office)}/x"), 403, "forbidden")
    assert_problem(await organiser.get("/events/999/blocks"), 404, "event_not_found")
    assert (await organiser.delete(f"{blocks(office)}/x")).status_code == 204
