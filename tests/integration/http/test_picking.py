"""Picking seats by hand: the orphan rule, and what is offered in the place of seats that are gone."""

import asyncio
from typing import Any

import pytest
from tests.integration.http.conftest import BoxOffice, Json, assert_problem

RESERVE = "/bookings/reserve"


async def event_with(office: BoxOffice, **rules: bool) -> str:
    """Another event on the same plan, made by an organiser with these rules."""
    body = {
        "name": "With rules", "startsAt": "2030-05-01T20:00:00Z", "planId": office.house.plan_id,
        "prices": {"VIP": "95.00", "Regular": "49.50"}, **rules,
    }  # fmt: skip
    answer = await office.caller("organiser").post("/events", body)
    assert answer.status_code == 201, answer.text
    event_id = str(answer.json()["id"])
    detail = (await office.public.get(f"/events/{event_id}")).json()
    assert {name: detail[name] for name in rules} == rules
    return event_id


async def pick(office: BoxOffice, event: str, *seats: str, **more: object) -> Any:  # noqa: ANN401  a response
    return await office.caller().post(RESERVE, {"eventId": event, "seatIds": list(seats), **more})


async def test_a_pick_that_leaves_an_orphan_is_refused_with_a_way_out(office: BoxOffice) -> None:
    event = await event_with(office, noOrphanSeats=True)
    problem = assert_problem(await pick(office, event, "S-2-2", "S-2-3"), 422, "orphan_seat")
    assert problem["orphans"] == ["S-2-1"]
    assert {"seatIds": ["S-2-1", "S-2-2", "S-2-3"]} in problem["offers"]
    for offer in problem["offers"]:
        answer = await pick(office, event, *offer["seatIds"])
        assert answer.status_code == 201, answer.text
        await office.client.delete(
            f"/api/v1/bookings/{answer.json()['bookingId']}",
            headers={"Authorization": answer.request.headers["authorization"]},
        )
    assert (await pick(office, event, "S-2-1", "S-2-2")).status_code == 201


async def test_the_rule_can_be_switched_on_and_off(office: BoxOffice) -> None:
    organiser = office.caller("organiser")
    detail = (await office.public.get(f"/events/{office.event}")).json()
    assert (detail["noOrphanSeats"], detail["offerNearest"]) == (False, True)
    assert (await pick(office, office.event, "S-2-2")).status_code == 201
    event = await event_with(office, noOrphanSeats=True, offerNearest=False)
    assert (
        await organiser.patch(f"/events/{event}", {"noOrphanSeats": False, "offerNearest": True})
    ).status_code == 200
    detail = (await office.public.get(f"/events/{event}")).json()
    assert (detail["noOrphanSeats"], detail["offerNearest"]) == (False, True)
    assert (await pick(office, event, "S-2-2")).status_code == 201
    assert_problem(await organiser.patch(f"/events/{event}", {"noOrphanSeats": "yes"}), 422, "invalid_request")


async def test_near_the_end_the_rule_gives_way(office: BoxOffice) -> None:
    event = await event_with(office, noOrphanSeats=True)
    for row in range(2, 6):
        for first in (1, 5):
            seats = [f"S-{row}-{first + place}" for place in range(4 if first == 1 else 3)]
            assert (await pick(office, event, *seats)).status_code == 201
    # Every Regular row now has places 8 to 10 free: no pair can sit there without leaving one.
    assert (await pick(office, event, "S-2-8", "S-2-9")).status_code == 201


async def test_two_picks_that_are_fine_alone_are_judged_on_one_picture(office: BoxOffice) -> None:
    """Seats 1-3 and 5-10 of a row each leave no orphan while the other is free. Only one of them can have its way."""
    event = await event_with(office, noOrphanSeats=True)
    answers = await asyncio.gather(
        pick(office, event, *(f"S-3-{place}" for place in range(1, 4))),
        pick(office, event, *(f"S-3-{place}" for place in range(5, 11))),
    )
    assert sorted(answer.status_code for answer in answers) == [201, 422]


async def conflict(office: BoxOffice, event: str | None = None) -> Json:
    """Two seats are gone; what who asks for them with the nearest is told."""
    where = event or office.event
    assert (await pick(office, where, "S-2-5")).status_code == 201
    answer = await pick(office, where, "S-2-5", "S-2-6", onConflict="nearest")
    assert answer.status_code == 201, answer.text
    booking: Json = answer.json() | {"authorization": answer.request.headers["authorization"]}
    return booking


async def test_who_comes_too_late_is_offered_the_nearest_pair(office: BoxOffice) -> None:
    booking = await conflict(office)
    assert [seat["id"] for seat in booking["seats"]] == ["S-2-6", "S-2-7"]
    assert booking["total"] == {"amount": "99.00", "currency": "EUR"}
    assert booking["substitute"]["for"] == ["S-2-5", "S-2-6"]
    assert booking["substitute"]["acceptBy"] == booking["expiresAt"]
    assert booking["substitute"]["acceptIn"] == booking["expiresIn"] == 60


async def test_the_offer_is_accepted(office: BoxOffice) -> None:
    booking = await conflict(office)
    headers = {"Authorization": booking["authorization"]}
    path = f"/api/v1/bookings/{booking['bookingId']}"
    assert (await office.client.get(path, headers=headers)).json()["substitute"]["for"] == ["S-2-5", "S-2-6"]
    for _ in range(2):
        accepted = await office.client.post(f"{path}/accept", headers=headers)
        assert accepted.status_code == 200, accepted.text
        assert "substitute" not in accepted.json()
        assert 290 <= accepted.json()["expiresIn"] <= 300
    paid = await office.client.post(f"{path}/confirm", headers=headers, json={"paymentToken": "tok_ok"})
    assert paid.json()["status"] == "CONFIRMED"
    assert_problem(await office.client.post(f"{path}/accept", headers=headers), 409, "booking_closed")


async def test_the_offer_is_dropped(office: BoxOffice) -> None:
    booking = await conflict(office)
    headers = {"Authorization": booking["authorization"]}
    dropped = await office.client.delete(f"/api/v1/bookings/{booking['bookingId']}", headers=headers)
    assert dropped.status_code == 204
    assert await office.taken() == {"S-2-5"}


async def test_only_who_asks_is_offered_and_only_where_it_is_allowed(office: BoxOffice) -> None:
    event = await event_with(office, offerNearest=False)
    assert (await pick(office, event, "S-2-5")).status_code == 201
    for more in ({}, {"onConflict": "nearest"}):
        problem = assert_problem(await pick(office, event, "S-2-5", "S-2-6", **more), 409, "seat_unavailable")
        assert problem["conflicts"] == ["S-2-5"]
    assert_problem(await pick(office, event, "S-2-5", onConflict="farthest"), 422, "invalid_request")


async def test_nothing_equivalent_is_the_usual_conflict(office: BoxOffice) -> None:
    vip = [f"S-1-{place}" for place in range(1, 11)]
    assert (await pick(office, office.event, *vip)).status_code == 201
    problem = assert_problem(await pick(office, office.event, "S-1-1", onConflict="nearest"), 409, "seat_unavailable")
    assert problem["conflicts"] == ["S-1-1"]


async def test_a_key_finds_the_offer_again(office: BoxOffice) -> None:
    assert (await pick(office, office.event, "S-2-5")).status_code == 201
    caller, body = office.caller(), {"eventId": office.event, "seatIds": ["S-2-5"], "onConflict": "nearest"}
    first = await caller.post(RESERVE, body, idempotency_key="late")
    await office.api.database.cold.execute("DELETE FROM idempotency_keys")
    again = await caller.post(RESERVE, body, idempotency_key="late")
    for member in ("bookingId", "seats"):
        assert again.json()[member] == first.json()[member]
    assert again.json()["substitute"]["for"] == ["S-2-5"]


@pytest.mark.parametrize(("subject", "status"), [("owner", 409), ("stranger", 404)])
async def test_accepting_what_is_no_offer(office: BoxOffice, subject: str, status: int) -> None:
    owner = office.caller(subject="buyer:owner")
    booking = await office.hold(owner, "S-4-1")
    answer = await office.caller(subject=f"buyer:{subject}").post(f"/bookings/{booking['bookingId']}/accept")
    assert_problem(answer, status, "not_offered" if status == 409 else "booking_not_found")
