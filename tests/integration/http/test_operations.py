"""The document of the API, and what an operator's machines ask."""

from typing import Any

import msgspec
import pytest
from openapi_spec_validator import validate
from tests.conftest import TestServers
from tests.house import House
from tests.integration.http.conftest import BoxOffice, served, settings_for

from rowlock.app import open_api

CONTRACT = {
    "/api/v1/events": {"get", "post"},
    "/api/v1/events/search": {"get"},
    "/api/v1/events/{event_id}": {"get", "patch"},
    "/api/v1/events/{eventId}/plan": {"get"},
    "/api/v1/events/{eventId}/seats": {"get"},
    "/api/v1/bookings": {"get", "post"},
    "/api/v1/bookings/reserve": {"post"},
    "/api/v1/bookings/{eventId}": {"post"},
    "/api/v1/bookings/{bookingId}": {"get", "delete"},
    "/api/v1/bookings/{bookingId}/extend": {"post"},
    "/api/v1/bookings/{bookingId}/release": {"post"},
    "/api/v1/bookings/{bookingId}/confirm": {"post"},
    "/api/v1/plans": {"post"},
    "/api/v1/venues": {"post"},
}


async def test_only_what_keeps_answers_is_said_to_take_keys(office: BoxOffice) -> None:
    paths = (await office.public.get("/openapi.json")).json()["paths"]
    keyed = {
        path
        for path, operations in paths.items()
        if any(given.get("name") == "Idempotency-Key" for given in operations.get("post", {}).get("parameters", ()))
    }
    assert "/api/v1/bookings/reserve" in keyed
    assert not any(path.startswith(("/oauth", "/api/v1/account", "/api/v1/session")) for path in keyed)


async def test_the_document_is_valid_and_tells_of_every_route(office: BoxOffice) -> None:
    document: dict[str, Any] = (await office.public.get("/openapi.json")).json()
    assert document["openapi"].startswith("3.1")
    validate(document)
    for path, methods in CONTRACT.items():
        assert methods <= document["paths"][path].keys(), path
    reserve = document["paths"]["/api/v1/bookings/reserve"]["post"]
    assert {"201", "409", "422", "429"} <= reserve["responses"].keys()
    assert any(parameter["name"] == "Idempotency-Key" for parameter in reserve["parameters"])
    assert "seatIds" in document["components"]["schemas"]["ReserveBody"]["properties"]


async def test_the_documentation_page(office: BoxOffice) -> None:
    page = await office.client.get("/docs")
    assert page.status_code == 200
    assert "/api/v1/openapi.json" in page.text
    document = (await office.client.get("/api/v1/openapi.json")).json()
    assert all(path in page.text for path in document["paths"])
    assert "https://" not in page.text.replace("https://schema.org", "")


async def test_health_and_readiness(office: BoxOffice) -> None:
    assert (await office.client.get("/healthz")).json() == {"status": "ok"}
    ready = await office.client.get("/readyz")
    assert (ready.status_code, ready.json()) == (200, {"status": "ready", "valkey": "ok"})


async def test_the_metrics_count_by_route_not_by_address(office: BoxOffice) -> None:
    await office.public.get(f"/events/{office.event}/seats")
    await office.public.get("/events/424242/seats")
    page = await office.client.get("/metrics")
    assert page.headers["content-type"].startswith("text/plain")
    assert "/api/v1/events/{event_id}/seats" in page.text
    assert "424242" not in page.text


@pytest.mark.parametrize("secure", [False, True])
async def test_every_answer_says_how_it_is_to_be_treated(
    servers: TestServers, database_url: str, house: House, secure: bool
) -> None:
    """Pages, the API's wide surface, the sale lane's short way, and what cannot be read at all."""
    api = await open_api(msgspec.structs.replace(settings_for(servers, database_url), secure_cookies=secure))
    async with served(api) as client:
        answers = [
            await client.get("/"),
            await client.get(f"/api/v1/events/{house.event_id}"),
            await client.post("/api/v1/bookings/reserve", json={}),
            await client.get("/nothing"),
        ]
    await api.close()
    assert {answer.status_code for answer in answers} == {200, 401, 404}
    for answer in answers:
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert ("strict-transport-security" in answer.headers) is secure
