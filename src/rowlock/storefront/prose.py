"""Texts that people write in Markdown, as HTML that is safe to show and as plain words.

Two nets: the parser knows no HTML, images or headings of the author's, and what it makes passes a cleaner that knows
only a few elements and harmless links.
"""

from functools import lru_cache
from html import unescape

import nh3
from markdown_it import MarkdownIt
from markupsafe import Markup

_ELEMENTS = {"p", "br", "em", "strong", "ul", "ol", "li", "a", "blockquote", "code", "hr"}
_PARSER = MarkdownIt("commonmark", {"html": False}).disable(
    ["heading", "lheading", "image", "fence", "code", "html_block", "html_inline"]
)
TEXTS_KEPT = 512


@lru_cache(maxsize=TEXTS_KEPT)
def prose(text: str) -> Markup:
    """The text as HTML: paragraphs, emphasis, lists, quotes, and links to https, http and mailto addresses."""
    html = nh3.clean(
        _PARSER.render(text),
        tags=_ELEMENTS,
        attributes={"*": set(), "a": {"href"}},
        url_schemes={"https", "http", "mailto"},
        url_relative="deny",
        link_rel="noopener nofollow ugc",
    )
    return Markup(html)  # noqa: S704  # nosec B704  just cleaned


@lru_cache(maxsize=TEXTS_KEPT)
def plain(text: str) -> str:
    """The words alone, for machines that show no markup; not HTML, so to be escaped like any other text."""
    return " ".join(unescape(nh3.clean(_PARSER.render(text), tags=set())).split())
