"""Texts that become something else: Markdown, addresses of streams, cookies. None breaks, none yields a live link."""

import re

import atheris
from tests.attacks.fuzzing import fuzz

with atheris.instrument_imports(include=["rowlock.storefront.prose", "rowlock.live.handshake", "markdown_it"]):
    from rowlock.kernel.problems import Problem
    from rowlock.live.handshake import read_wish
    from rowlock.storefront.prose import plain, prose

ELEMENTS = r"p|br|em|strong|ul|ol|li|a|blockquote|code|hr"
TAG = re.compile(
    rf'</?(?:{ELEMENTS})>|<a href="(?:https?:|mailto:)[^"<>]*" rel="[a-z ]+">|<a rel="[a-z ]+">', re.IGNORECASE
)
"""Every tag there may be."""
SEEDS = (
    b"**bold** [a](https://x.example) <script>x</script>", b"[a](javascript:alert(1))", b"![x](data:text/html,x)",
    b"<a href='javascript:x'>", b"[a]: javascript:x\n\n[a]", b"<https://x.example>",
    b"/api/v1/events/1/stream?since=1&epoch=2",
)  # fmt: skip


def attempt(data: bytes) -> None:
    """As a description and as a target."""
    text = data.decode("utf-8", "replace")
    assert "<" not in TAG.sub("", prose(text)), prose(text)
    assert isinstance(plain(text), str)
    try:
        read_wish("GET", text, [(b"accept", b"text/event-stream"), (b"last-event-id", data[:40])])
    except Problem as problem:
        assert problem.kind.status < 500


if __name__ == "__main__":
    fuzz(attempt, SEEDS)
