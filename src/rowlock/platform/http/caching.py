"""Conditional and compressed answers for bytes that are made once and sent often."""

from starlette.requests import Request
from starlette.responses import Response


def accepts_gzip(request: Request) -> bool:
    """Whether the caller takes gzip."""
    offers = request.headers.get("accept-encoding", "").lower().split(",")
    for offer in offers:
        coding, _, parameters = offer.strip().partition(";")
        if coding.strip() in {"gzip", "*"}:
            return parameters.replace(" ", "") not in {"q=0", "q=0.0", "q=0.00", "q=0.000"}
    return False


def is_unchanged(request: Request, etag: str) -> bool:
    """Whether the caller already has the representation of that entity tag (RFC 9110, 13.1.2)."""
    wanted = request.headers.get("if-none-match")
    if wanted is None:
        return False
    tags = {tag.strip().removeprefix("W/") for tag in wanted.split(",")}
    return etag in tags or "*" in tags


def cached_json(body: bytes, *, etag: str, cache_control: str, gzipped: bool) -> Response:
    """JSON bytes, already gzip when `gzipped`, with their entity tag."""
    headers = {"ETag": etag, "Cache-Control": cache_control, "Vary": "Accept-Encoding"}
    if gzipped:
        headers["Content-Encoding"] = "gzip"
    return Response(body, headers=headers, media_type="application/json")


def not_modified(*, etag: str, cache_control: str) -> Response:
    """304: what the caller has is right."""
    return Response(status_code=304, headers={"ETag": etag, "Cache-Control": cache_control, "Vary": "Accept-Encoding"})
