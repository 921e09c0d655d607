"""The authorization request (RFC 6749 4.1.1 with PKCE): what a program wishes, checked before anybody is asked."""

from collections.abc import Mapping, Sequence
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from rowlock.identity.oauth.clients import Clients
from rowlock.identity.oauth.model import OPENID_SCOPES, STATE_CHARS_MAX, Client, OAuthError, Wish
from rowlock.identity.person import SCOPES

PROMPTS = frozenset({"none", "login", "consent", "select_account"})
CHALLENGE_CHARS = 43
"""What S256 makes: 32 bytes in base64url."""


class WishRefused(Exception):  # noqa: N818  an outcome for the caller
    """The wish cannot be granted. `back_to` is where the program is told; None when it cannot be trusted with that."""

    def __init__(self, words: str, back_to: str | None) -> None:
        super().__init__(words)
        self.words = words
        self.back_to = back_to


async def read_wish(query: str, clients: Clients, issuer: str) -> Wish:
    """The wish in the query of an authorization request; WishRefused."""
    try:
        asked = once_each(parse_qsl(query, keep_blank_values=True, max_num_fields=50))
    except (OAuthError, ValueError) as error:
        raise WishRefused("The request names something twice or cannot be read.", None) from error
    client = await clients.find(asked.get("client_id", ""))
    if client is None:
        raise WishRefused("No program of that name is known here.", None)
    redirect_uri = asked.get("redirect_uri", "")
    if not any(_same_place(redirect_uri, known) for known in client.redirect_uris):
        raise WishRefused(f"{client.name} did not say that people may be sent to that address.", None)
    try:
        return _checked(client, redirect_uri, asked)
    except OAuthError as error:
        raise WishRefused(
            error.description, refusal_address(redirect_uri, error, asked.get("state"), issuer)
        ) from error


def answer_address(wish: Wish, code: str, issuer: str) -> str:
    """Where the person's browser takes the code."""
    return _with_query(wish.redirect_uri, {"code": code, "state": wish.state, "iss": issuer})


def refusal_address(redirect_uri: str, error: OAuthError, state: str | None, issuer: str) -> str:
    """Where the person's browser takes a no."""
    words = {"error": error.error, "error_description": error.description, "state": state, "iss": issuer}
    return _with_query(redirect_uri, words)


def once_each(pairs: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Parameters by name; OAuthError `invalid_request` for one that stands twice (RFC 6749 3.1) or holds U+0000."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise OAuthError("invalid_request", "A parameter stands twice.")
    if any("\x00" in text for pair in pairs for text in pair):
        raise OAuthError("invalid_request", "A parameter holds the character U+0000.")
    return found


def _checked(client: Client, redirect_uri: str, asked: Mapping[str, str]) -> Wish:
    if asked.get("response_type") != "code":
        raise OAuthError("unsupported_response_type", "Only response_type=code is known here.")
    if asked.get("response_mode", "query") != "query":
        raise OAuthError("invalid_request", "Only response_mode=query is known here.")
    if "request" in asked or "request_uri" in asked:
        raise OAuthError("request_not_supported", "Send the parameters themselves.")
    challenge = asked.get("code_challenge", "")
    if asked.get("code_challenge_method") != "S256" or len(challenge) != CHALLENGE_CHARS:
        raise OAuthError("invalid_request", "PKCE with code_challenge_method=S256 is needed.")
    state, nonce = asked.get("state"), asked.get("nonce")
    if max(len(state or ""), len(nonce or "")) > STATE_CHARS_MAX:
        raise OAuthError("invalid_request", f"state and nonce may have {STATE_CHARS_MAX} characters.")
    prompt = frozenset(asked.get("prompt", "").split())
    if not prompt <= PROMPTS or ("none" in prompt and len(prompt) > 1):
        raise OAuthError("invalid_request", "prompt: none, or any of login, consent, select_account.")
    scopes = frozenset(asked.get("scope", "").split())
    beyond = sorted(scopes - client.scopes - frozenset(OPENID_SCOPES))
    if beyond or not scopes:
        known = " ".join(sorted(client.scopes | set(OPENID_SCOPES)))
        raise OAuthError("invalid_scope", f"This client may ask for: {known}.")
    return Wish(client, redirect_uri, scopes, challenge, state, nonce, prompt)


def _same_place(asked: str, known: str) -> bool:
    """Whether two addresses are the same, letter by letter; a program on this very machine may choose its port."""
    if asked == known:
        return True
    try:
        here, there = urlsplit(asked), urlsplit(known)
        loopback = (
            here.scheme == there.scheme == "http" and here.hostname in {"127.0.0.1", "::1"} and here.username is None
        )
        return loopback and here.port != 0 and here.hostname == there.hostname and here[2:] == there[2:]
    except ValueError:
        return False


def _with_query(address: str, more: Mapping[str, str | None]) -> str:
    parts = urlsplit(address)
    added = urlencode({name: text for name, text in more.items() if text is not None})
    return urlunsplit(parts._replace(query=f"{parts.query}&{added}" if parts.query else added))


def api_scopes(scopes: frozenset[str]) -> frozenset[str]:
    """Those that open something of the API."""
    return scopes & frozenset(SCOPES)
