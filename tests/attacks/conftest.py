"""The running API, for attacks on it."""

from tests.integration.http.conftest import office

__all__ = ["office"]
