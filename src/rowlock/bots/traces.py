"""Who a request seems to be: names hidden behind a keyed hash, and the cookie that knows a device again."""

import hashlib
import hmac
import re
import secrets
from functools import lru_cache

from starlette.requests import cookie_parser

from rowlock.bots.model import Trace
from rowlock.identity import Person
from rowlock.platform.http.addresses import Addresses
from rowlock.platform.http.calls import RawHeaders, header

DEVICE_COOKIE = "rowlock_device"
DEVICE_COOKIE_DAYS = 30
_DEVICE_MARK = DEVICE_COOKIE.encode() + b"="
_LOOK = frozenset({b"user-agent", b"accept-language", b"accept-encoding", b"sec-ch-ua", b"sec-ch-ua-platform"})
"""Header lines that every browser sends in its own way, and that say nothing about who sits before it."""
_CHROMIUM = re.compile(r"Chrom(?:e|ium)/(\d+)")
NAMES_KEPT_MAX = 50_000


class Traces:
    """Reads traces with the secret of one installation."""

    def __init__(self, secret: bytes, addresses: Addresses) -> None:
        self._secret = secret
        self._addresses = addresses
        self.hidden = lru_cache(NAMES_KEPT_MAX)(self._hidden)
        self._device = lru_cache(NAMES_KEPT_MAX)(self._known_device)

    def of(self, person: Person, peer: str, headers: RawHeaders) -> Trace:
        """The trace of a request of `person`, whose connection ends at `peer`."""
        return Trace(
            self.hidden("person", person.subject),
            session=self.hidden("session", person.session_id) if person.session_id else "",
            device=self.device(headers),
            prefix=self.prefix(peer, headers),
            look=self.hidden("look", look_of(headers)),
        )

    def prefix(self, peer: str, headers: RawHeaders) -> str:
        """The hidden name of the network a request comes from; empty for our own machines."""
        prefix = self._addresses.prefix(peer, headers)
        return self.hidden("prefix", prefix) if prefix else ""

    def device(self, headers: RawHeaders) -> str:
        """The hidden name of the device that a request's cookie proves; empty without one of ours."""
        for name, value in headers:
            if name == b"cookie" and _DEVICE_MARK in value:
                return self._device(cookie_parser(value.decode("latin-1")).get(DEVICE_COOKIE, ""))
        return ""

    def new_device(self) -> str:
        """The value of the cookie for a device not seen before."""
        number = secrets.token_hex(16)
        return f"{number}.{self._proof(number)}"

    def _known_device(self, cookie: str) -> str:
        number, _, proof = cookie.partition(".")
        known = number.isascii() and proof.isascii() and hmac.compare_digest(proof, self._proof(number))
        return self._hidden("device", number) if known else ""

    def _proof(self, number: str) -> str:
        return hmac.new(self._secret, b"device:" + number.encode(), hashlib.sha256).hexdigest()[:32]

    def _hidden(self, kind: str, value: str) -> str:
        digest = hashlib.blake2b(
            value.encode("utf-8", "replace"), key=self._secret, person=kind.encode(), digest_size=9
        )
        return f"{kind}:{digest.hexdigest()}"


def look_of(headers: RawHeaders) -> str:
    """How the request's header lines look: the values that a browser always sends alike, in its order."""
    return b"\n".join([value for name, value in headers if name in _LOOK]).decode("latin-1")


def contradicts_itself(headers: RawHeaders) -> bool:
    """Whether header lines claim a browser that would have sent others: one without a language, client hints of another
    version than the user agent's, or from a browser that has none."""
    agent, hints, language = (header(headers, name) for name in (b"user-agent", b"sec-ch-ua", b"accept-language"))
    if agent is None or "Mozilla/" not in agent:
        return False
    if language is None:
        return True
    if hints is None:
        return False
    version = _CHROMIUM.search(agent)
    return version is None or f'v="{version[1]}"' not in hints
