"""What somebody meets who was scored: through the real gate, with a real Valkey."""

from collections.abc import AsyncIterator
from itertools import cycle

import altcha
import httpx
import msgspec
import pytest
from tests.conftest import TestServers
from tests.house import House
from tests.integration.http.conftest import BoxOffice, Caller, Json, assert_problem, served, settings_for
from tests.integration.http.test_codes import made

from rowlock.app import open_api
from rowlock.bots.answers import STEPS
from rowlock.bots.guard import Guard
from rowlock.bots.model import Mark, Ruling
from rowlock.kernel import limits

RESERVE = "/bookings/reserve"
ABROAD = {"x_forwarded_for": "198.51.100.9"}
"""Who is somewhere in the world: programs on our own machine are never answered as bots."""
SEATS = cycle([f"S-{row}-{place}" for row in range(1, 6) for place in range(1, 11)])


@pytest.fixture
async def crowded(servers: TestServers, database_url: str, house: House) -> AsyncIterator[BoxOffice]:
    """The API in a sale that is never calm."""
    settings = msgspec.structs.replace(
        settings_for(servers, database_url, requests=1_000, attempts=60), bots_calm_attempts_per_minute=0
    )
    api = await open_api(settings)
    try:
        async with served(api) as client:
            yield BoxOffice(api, house, client)
    finally:
        await api.close()


def guard_of(office: BoxOffice) -> Guard:
    guard = office.api.bots.guard
    assert guard is not None
    return guard


async def marked(office: BoxOffice, subject: str, mark: Mark) -> Caller:
    """Somebody who was scored like this."""
    name = guard_of(office).traces.hidden("person", subject)
    assert office.api.valkey is not None
    await office.api.valkey.set(f"mark:{name}", mark.number)
    return office.caller(subject=subject)


async def attempt(office: BoxOffice, caller: Caller, *, event: str | None = None, **headers: str) -> httpx.Response:
    """From somewhere in the world, unless `x_forwarded_for` says where."""
    body = {"eventId": event or office.event, "seatIds": [next(SEATS)]}
    return await caller.post(RESERVE, body, **(ABROAD | headers))


def solve(problem: Json) -> str:
    """What the browser's worker does, and anybody's program may."""
    challenge = altcha.Challenge.from_dict(problem["challenge"])
    assert challenge.parameters.data is not None
    solution = altcha.solve_challenge(challenge, counter_start=challenge.parameters.data["from"])
    assert solution is not None
    return str(altcha.Payload(challenge, solution).to_base64())


async def test_who_is_not_scored_is_asked_nothing_however_crowded_it_is(crowded: BoxOffice) -> None:
    buyer = await marked(crowded, "buyer:quiet", Mark(STEPS.prove - 1))
    assert (await attempt(crowded, buyer)).status_code == 201


async def test_in_a_calm_sale_nobody_gets_a_puzzle(servers: TestServers, database_url: str, house: House) -> None:
    api = await open_api(settings_for(servers, database_url, requests=1_000, attempts=60))
    async with served(api) as client:
        office = BoxOffice(api, house, client)
        buyer = await marked(office, "buyer:suspect", Mark(STEPS.slow - 1, steps_shorter=2))
        answer = await attempt(office, buyer)
        assert answer.status_code == 201
        assert answer.json()["expiresIn"] >= 299
    await api.close()


async def test_programs_on_our_own_machine_are_only_scored(crowded: BoxOffice) -> None:
    buyer = await marked(crowded, "buyer:script", Mark(STEPS.block, Ruling.BLOCKED))
    booking = await crowded.hold(buyer, next(SEATS))
    assert (
        await buyer.post(f"/bookings/{booking['bookingId']}/confirm", {"paymentToken": "tok_ok"})
    ).status_code == 200


async def test_a_suspect_works_once_for_each_attempt(crowded: BoxOffice) -> None:
    buyer = await marked(crowded, "buyer:suspect", Mark(STEPS.prove))
    problem = assert_problem(await attempt(crowded, buyer), 428, "challenge_needed")
    solution = solve(problem)
    assert (await attempt(crowded, buyer, x_challenge_solution=solution)).status_code == 201
    again = assert_problem(await attempt(crowded, buyer, x_challenge_solution=solution), 428, "challenge_needed")
    other = await marked(crowded, "buyer:other", Mark(STEPS.prove))
    fresh = solve(again)
    assert_problem(await attempt(crowded, other, x_challenge_solution=fresh), 428, "challenge_needed")
    event = str(await crowded.house.new_event())
    assert_problem(await attempt(crowded, buyer, event=event, x_challenge_solution=fresh), 428, "challenge_needed")


async def test_a_key_does_not_keep_the_question(crowded: BoxOffice) -> None:
    """The same request with the same key, now with its solution, is carried out."""
    buyer = await marked(crowded, "buyer:suspect", Mark(STEPS.prove))
    body = {"eventId": crowded.event, "seatIds": [next(SEATS)]}
    asked = await buyer.post(RESERVE, body, idempotency_key="k", **ABROAD)
    solution = solve(assert_problem(asked, 428, "challenge_needed"))
    assert (
        await buyer.post(RESERVE, body, idempotency_key="k", x_challenge_solution=solution, **ABROAD)
    ).status_code == 201


async def test_who_cannot_compute_waits_instead(crowded: BoxOffice) -> None:
    buyer = await marked(crowded, "buyer:without-crypto", Mark(STEPS.prove))
    assert (await attempt(crowded, buyer, x_challenge_solution="wait")).status_code == 201


async def test_without_valkey_a_solution_opens_no_more_than_the_slow_lane(crowded: BoxOffice) -> None:
    """Nobody could tell whether it was used before."""
    guard = guard_of(crowded)
    buyer = await marked(crowded, "buyer:suspect", Mark(STEPS.prove))
    solution = solve(assert_problem(await attempt(crowded, buyer), 428, "challenge_needed"))
    waited = []
    passing = guard.slow_lane.wait

    async def wait() -> None:
        waited.append(solution)
        await passing()

    guard.slow_lane.wait = wait  # type: ignore[method-assign]
    guard._limiter = type(guard._limiter)(None)
    assert (await attempt(crowded, buyer, x_challenge_solution=solution)).status_code == 201
    assert waited == [solution]


async def test_a_block_stops_the_payment_and_staff_can_lift_it(crowded: BoxOffice) -> None:
    buyer = crowded.caller(subject="buyer:blocked")
    booking = (await attempt(crowded, buyer)).json()
    await marked(crowded, "buyer:blocked", Mark(120, Ruling.BLOCKED))
    path, body = f"/bookings/{booking['bookingId']}/confirm", {"paymentToken": "tok_ok"}
    problem = assert_problem(await buyer.post(path, body, **ABROAD), 403, "checkout_blocked")
    assert problem["review"]
    at_once = {"seatIds": [next(SEATS)], "paymentDetails": body}
    assert_problem(await buyer.post(f"/bookings/{crowded.event}", at_once, **ABROAD), 403, "checkout_blocked")
    await marked(crowded, "buyer:blocked", Mark(120, Ruling.LIFTED))
    assert (await buyer.post(path, body)).status_code == 200


async def test_who_lets_holds_lapse_gets_shorter_ones_and_the_ledger_tells(crowded: BoxOffice) -> None:
    buyer = await marked(crowded, "buyer:lapsing", Mark(0, steps_shorter=2))
    booking = (await attempt(crowded, buyer)).json()
    assert 170 < booking["expiresIn"] <= 180
    read = (await buyer.get(f"/bookings/{booking['bookingId']}")).json()
    assert read["expiresAt"] == booking["expiresAt"]
    assert (await buyer.post(f"/bookings/{booking['bookingId']}/extend")).status_code == 200
    assert await crowded.house.broken() == []


async def test_giving_back_again_and_again_is_scored_answered_and_explained(crowded: BoxOffice) -> None:
    """From the first attempt to the shorter hold and the enforced rest, by nothing but what was done."""
    buyer, watch = crowded.caller(subject="buyer:denier"), crowded.api.bots.watch
    seconds = []
    for _ in range(6):
        answer = await attempt(crowded, buyer)
        if answer.status_code != 201:
            break
        seconds.append(answer.json()["expiresIn"])
        await buyer.delete(f"/bookings/{answer.json()['bookingId']}")
        await watch.flush()
    assert min(seconds[:3]) >= 299
    assert max(seconds[3:]) <= 240
    assert answer.status_code in {428, 429}


async def test_a_device_with_many_accounts_is_scored(crowded: BoxOffice) -> None:
    device = guard_of(crowded).traces.new_device()
    cookie = f"rowlock_device={device}"
    codes = [(await attempt(crowded, crowded.caller(), cookie=cookie)).status_code for _ in range(7)]
    assert codes == [201] * 7
    await crowded.api.bots.watch.flush()
    assert_problem(await attempt(crowded, crowded.caller(), cookie=cookie), 428, "challenge_needed")
    assert (await attempt(crowded, crowded.caller())).status_code == 201


async def test_a_cluster_holds_no_more_than_its_share_unpaid(crowded: BoxOffice) -> None:
    """Twenty seats of the fifty: five accounts of one network, four seats each; paying gives the share back."""
    there = {"x_forwarded_for": "203.0.113.50"}
    held = []
    for first in range(0, 30, 4):
        seats = [f"S-{n // 10 + 1}-{n % 10 + 1}" for n in range(first, first + 4)]
        buyer = crowded.caller()
        answer = await buyer.post(RESERVE, {"eventId": crowded.event, "seatIds": seats}, **there)
        if answer.status_code == 429:
            break
        held.append((buyer, answer.json()["bookingId"]))
    assert len(held) == 5
    elsewhere = await crowded.caller().post(RESERVE, {"eventId": crowded.event, "seatIds": ["S-5-10"]})
    assert elsewhere.status_code == 201
    buyer, booking = held[0]
    assert (await buyer.post(f"/bookings/{booking}/confirm", {"paymentToken": "tok_ok"}, **there)).status_code == 200
    await crowded.api.bots.watch.flush()
    again = await crowded.caller().post(
        RESERVE, {"eventId": crowded.event, "seatIds": ["S-5-5", "S-5-6", "S-5-7", "S-5-8"]}, **there
    )
    assert again.status_code == 201


async def test_a_network_runs_out_of_guesses_and_never_of_good_codes(
    crowded: BoxOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "CODE_GUESSES_PER_MINUTE", 2)
    await made(crowded, kind="percent", percent="10", code="GOOD")
    network = {"x_forwarded_for": "203.0.113.77"}
    buyers = [crowded.caller() for _ in range(8)]
    paths = [
        f"/bookings/{(await crowded.hold(buyer, f'S-4-{n}'))['bookingId']}/code" for n, buyer in enumerate(buyers, 1)
    ]
    said = ["GOOD"] * 4 + ["WRONG"] * 2 + ["WRONG", "GOOD"]
    answers = [
        (await buyer.post(path, {"code": code}, **network)).status_code
        for buyer, path, code in zip(buyers, paths, said, strict=True)
    ]
    assert answers == [200] * 4 + [422] * 2 + [429] * 2
