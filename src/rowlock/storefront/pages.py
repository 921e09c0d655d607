"""Rendering a page: templates, language, headers."""

from collections.abc import Mapping
from functools import cache
from urllib.parse import urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from rowlock.storefront.assets import assets
from rowlock.storefront.prose import plain, prose
from rowlock.storefront.wording import LANGUAGES, chosen_language, language_of, words

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "font-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types svelte-trusted-html rowlock-own-worker"
)
"""Nothing inline, so no nonces; and only two named policies may turn text into markup or into a script's address."""
_OWN_FORMS = "form-action 'self'"
PICTURE_SECURITY_POLICY = "default-src 'none'; sandbox"
"""For pictures of ours that are opened by themselves."""


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("rowlock.storefront"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"prose": prose, "plain": plain}
    return environment


def site_of(request: Request) -> str:
    """Scheme and host that the visitor sees, without a slash at the end: as configured, else as asked for."""
    configured: str = request.scope.get("state", {}).get("public_url", "")
    return (configured or str(request.base_url)).rstrip("/")


def render(
    request: Request,
    template: str,
    context: Mapping[str, object],
    *,
    status: int = 200,
    kept_s: int,
    forms_to: str = "",
) -> HTMLResponse:
    """A page in the visitor's language that shared caches may keep for `kept_s` seconds; 0: not at all.

    `forms_to`: the one origin beside our own that a form of the page may be sent to.
    """
    language = language_of(request)
    chosen = chosen_language(request)

    def link(path: str, **query: object) -> str:
        """The address of a page of ours; a language chosen by hand stays chosen."""
        values = {name: value for name, value in query.items() if value not in ("", None)}
        if chosen:
            values.setdefault("lang", chosen)
        return f"{path}?{urlencode(values)}" if values else path

    html = (
        _environment()
        .get_template(template)
        .render(
            context,
            say=words(language),
            language=language,
            languages=LANGUAGES,
            link=link,
            assets=assets(),
            canonical=f"{site_of(request)}{request.url.path}",
            path=request.url.path,
            query=dict(request.query_params),
        )
    )
    headers = {
        "Cache-Control": f"public, max-age={kept_s}" if kept_s else "no-store",
        "Content-Language": language,
        "Content-Security-Policy": CONTENT_SECURITY_POLICY.replace(_OWN_FORMS, f"{_OWN_FORMS} {forms_to}".strip()),
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
        "Referrer-Policy": "same-origin",
        "Vary": "Accept-Language",
    }
    return HTMLResponse(html, status, headers)


def error_page(request: Request, status: int) -> HTMLResponse:
    """The designed page for 404 and for everything that is our fault (500 and above)."""
    kind = "404" if status == 404 else "500"
    return render(request, "error.html", {"kind": kind}, status=status, kept_s=0)
