"""The running API, and a worker beside it."""

import pytest
from tests.integration.http.conftest import BoxOffice, office
from tests.integration.worker import Worker

__all__ = ["office"]


@pytest.fixture
def worker(office: BoxOffice) -> Worker:
    """A worker that works when it is told to."""
    return Worker(office)
