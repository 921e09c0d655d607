"""The running API."""

from tests.integration.http.conftest import office

__all__ = ["office"]
