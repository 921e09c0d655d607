"""Reading what a caller takes and what it already has."""

import pytest
from starlette.requests import Request

from rowlock.platform.http.caching import accepts_gzip, is_unchanged


def request(name: str, value: str | None) -> Request:
    """A GET with one header."""
    headers = [] if value is None else [(name.encode(), value.encode())]
    return Request({"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": headers})


@pytest.mark.parametrize(
    ("value", "taken"),
    [
        (None, False), ("", False), ("identity", False), ("gzip", True), ("GZIP", True), ("br, gzip", True),
        ("*", True), ("gzip;q=0.5", True), ("gzip; q=0", False), ("gzip;q=0.000", False), ("gzipped", False),
        ("br;q=1.0, gzip;q=0", False),
    ],
)  # fmt: skip
def test_who_takes_gzip(value: str | None, taken: bool) -> None:
    assert accepts_gzip(request("accept-encoding", value)) is taken


@pytest.mark.parametrize(
    ("value", "unchanged"),
    [
        (None, False), ('"1-2"', True), ('W/"1-2"', True), ('"0-1", "1-2"', True), ("*", True), ('"1-3"', False),
        ("1-2", False), ("", False),
    ],
)  # fmt: skip
def test_who_has_it_already(value: str | None, unchanged: bool) -> None:
    assert is_unchanged(request("if-none-match", value), '"1-2"') is unchanged
