"""The best seats over HTTP: what may be asked, what is answered, what is refused and why."""

import asyncio

from tests.integration.http.conftest import BoxOffice, Json, assert_problem

BEST = "/bookings/best-available"


async def best(office: BoxOffice, **wish: object) -> Json:
    answer = await office.caller().post(BEST, {"eventId": office.event, **wish})
    assert answer.status_code == 201, answer.text
    booking: Json = answer.json()
    return booking


async def test_a_party_is_seated_side_by_side_in_the_best_row(office: BoxOffice) -> None:
    booking = await best(office, quantity=4)
    seats = ["S-1-4", "S-1-5", "S-1-6", "S-1-7"]
    assert [seat["id"] for seat in booking["seats"]] == seats
    assert booking["status"] == "HOLD"
    assert booking["split"] is False
    assert booking["groups"] == [seats]
    assert booking["total"] == {"amount": "380.00", "currency": "EUR"}
    assert booking["expiresIn"] == 300
    assert await office.taken() == set(seats)


WISHES: tuple[tuple[Json, str], ...] = (
    ({"tier": "Regular"}, "S-2"),
    ({"tier": "1"}, "S-2"),
    ({"section": "S"}, "S-1"),
    ({"section": "Stalls"}, "S-1"),
    ({"maxTotal": {"amount": "99.00", "currency": "EUR"}}, "S-2"),
    ({"maxTotal": {"amount": "190.00", "currency": "EUR"}}, "S-1"),
    ({"accessible": False, "together": True}, "S-1"),
)


async def test_a_wish_narrows_the_choice(office: BoxOffice) -> None:
    for wish, row in WISHES:
        event = await office.house.new_event(name=str(wish))
        booking = await best(office, quantity=2, eventId=str(event), **wish)
        assert {seat["id"].rpartition("-")[0] for seat in booking["seats"]} == {row}, wish


async def test_a_party_is_split_only_when_it_must_be_and_is_told(office: BoxOffice) -> None:
    for _ in range(4):
        assert (await best(office, quantity=7))["split"] is False
    assert (await best(office, quantity=7))["split"] is False
    booking = await best(office, quantity=6)
    assert booking["split"] is True
    assert sorted(map(len, booking["groups"])) == [3, 3]
    assert sorted(seat["id"] for seat in booking["seats"]) == sorted(
        seat for group in booking["groups"] for seat in group
    )
    await office.caught_up()  # a refusal from memory tells of a picture that may be 50 ms old
    wish = {"eventId": office.event, "quantity": 4, "together": True}
    problem = assert_problem(await office.caller().post(BEST, wish), 409, "nothing_fits")
    assert (problem["reason"], problem["available"], problem["together"]) == ("not_together", 9, 3)


REFUSED: tuple[tuple[Json, str], ...] = (
    ({"tier": "VIP", "quantity": 6}, "too_few"),
    ({"quantity": 2, "accessible": True}, "no_such_seats"),
    ({"quantity": 5, "maxTotal": {"amount": "247.49", "currency": "EUR"}}, "over_price_cap"),
)


async def test_a_refusal_says_why(office: BoxOffice) -> None:
    await best(office, quantity=5, tier="VIP")
    for wish, reason in REFUSED:
        answer = await office.caller().post(BEST, {"eventId": office.event, **wish})
        problem = assert_problem(answer, 409, "nothing_fits")
        assert problem["reason"] == reason
        if reason == "over_price_cap":
            assert problem["cheapestTotal"] == {"amount": "247.50", "currency": "EUR"}


async def test_sold_out_is_said(office: BoxOffice) -> None:
    for _ in range(5):
        await best(office, quantity=10)
    answer = await office.caller().post(BEST, {"eventId": office.event, "quantity": 1})
    assert assert_problem(answer, 409, "nothing_fits")["reason"] == "sold_out"


SENSELESS: tuple[tuple[Json, int, str], ...] = (
    ({"quantity": 11}, 422, "too_many_seats"),
    ({"quantity": 0}, 422, "invalid_request"),
    ({"quantity": -1}, 422, "invalid_request"),
    ({"quantity": 2, "accessible": 3}, 422, "invalid_request"),
    ({"quantity": 2, "accessible": -1}, 422, "invalid_request"),
    ({"quantity": 2, "tier": "Gold"}, 422, "invalid_request"),
    ({"quantity": 2, "section": "Z"}, 422, "invalid_request"),
    ({"quantity": 2, "maxTotal": {"amount": "10.00", "currency": "USD"}}, 422, "invalid_request"),
    ({"quantity": 2, "maxTotal": {"amount": "ten", "currency": "EUR"}}, 422, "invalid_request"),
    ({"quantity": "two"}, 422, "invalid_request"),
    ({}, 422, "invalid_request"),
    ({"quantity": 1, "eventId": "999999"}, 404, "event_not_found"),
    ({"quantity": 1, "eventId": "nowhere"}, 404, "event_not_found"),
)


async def test_a_wish_that_makes_no_sense(office: BoxOffice) -> None:
    for wish, status, code in SENSELESS:
        answer = await office.caller().post(BEST, {"eventId": office.event, **wish})
        assert_problem(answer, status, code)
    assert await office.taken() == set()


async def test_without_a_token_nothing_is_chosen(office: BoxOffice) -> None:
    assert_problem(await office.public.post(BEST, {"eventId": office.event, "quantity": 1}), 401, "unauthenticated")


async def test_a_key_finds_the_same_seats_again(office: BoxOffice) -> None:
    caller, body = office.caller(), {"eventId": office.event, "quantity": 3}
    first, again = [await caller.post(BEST, body, idempotency_key="party") for _ in range(2)]
    assert first.status_code == again.status_code == 201
    assert first.json() == again.json()
    await office.api.database.cold.execute("DELETE FROM idempotency_keys")
    after_a_crash = await caller.post(BEST, body, idempotency_key="party")
    assert after_a_crash.status_code == 201
    for member in ("bookingId", "seats", "groups", "split"):
        assert after_a_crash.json()[member] == first.json()[member]
    assert len(await office.taken()) == 3


async def test_too_many_holds(office: BoxOffice) -> None:
    caller = office.caller()
    body = {"eventId": office.event, "quantity": 1}
    answers = [await caller.post(BEST, body) for _ in range(4)]
    assert [answer.status_code for answer in answers[:3]] == [201] * 3
    assert_problem(answers[3], 409, "too_many_holds")


async def test_a_crowd_gets_everything_and_nobody_gets_the_same(office: BoxOffice) -> None:
    body = {"eventId": office.event, "quantity": 2}
    answers = await asyncio.gather(*(office.caller().post(BEST, body) for _ in range(30)))
    held = [seat["id"] for answer in answers if answer.status_code == 201 for seat in answer.json()["seats"]]
    assert len(held) == len(set(held)) == 50
    assert await office.house.broken() == []
