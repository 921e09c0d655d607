"""A short run of `documented` on a house where the document's own examples can be booked."""

from collections.abc import AsyncIterator

import pytest
from tests.attacks.documented import hold_to_the_document
from tests.attacks.target import plan_of_the_examples
from tests.conftest import TestServers
from tests.house import House
from tests.integration.http.conftest import BoxOffice, served, settings_for

from rowlock.app import open_api
from rowlock.identity import Role
from rowlock.platform.postgres import Database

SEED = 20_261_121


@pytest.fixture
async def example_office(servers: TestServers, database_url: str, database: Database) -> AsyncIterator[BoxOffice]:
    """The API without rate limits; event 1 has the seats of the document's examples."""
    house = await House.open(database, plan_of_the_examples())
    api = await open_api(settings_for(servers, database_url))
    async with served(api) as client:
        yield BoxOffice(api, house, client)
    await api.close()


@pytest.mark.parametrize("role", ["buyer", "operator"])
async def test_the_api_is_as_documented(example_office: BoxOffice, role: Role | None) -> None:
    row = await hold_to_the_document(example_office, role, examples=3, seed=SEED)
    assert row.through == ()
    assert row.tries > 500


async def test_an_undocumented_status_would_be_found(example_office: BoxOffice) -> None:
    """With the 422 taken out of the document, a run of it must fail."""
    document = (await example_office.public.get("/openapi.json")).json()
    document["paths"] = {"/api/v1/venues": document["paths"]["/api/v1/venues"]}
    assert document["paths"]["/api/v1/venues"]["post"]["responses"].pop("422")
    row = await hold_to_the_document(example_office, "operator", examples=1, seed=SEED, document=document)
    assert any("venues" in way for way in row.through)
