"""The one way to addresses that people configure: nothing inside our own network is asked on their behalf.

A name is resolved once, every address it has is checked, and the connection goes to a checked address: a name that
answers differently the second time gains nothing. TLS still proves the name. Redirects are not followed, and an answer
has an end, in time and in bytes.
"""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Mapping
from functools import cached_property
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import NamedTuple

import httpx

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
Resolver = Callable[[str, int], Awaitable[list[str]]]
"""The addresses of a host name, the best first; raises OSError when it has none."""

SECONDS_MAX = 10.0
ANSWER_BYTES_MAX = 1024 * 1024
_UNICAST_V6 = ip_network("2000::/3")


class OutboundRefused(Exception):  # noqa: N818  an outcome for the caller
    """We do not ask that address; the message says why, without saying what is behind it."""


class OutboundFailed(Exception):  # noqa: N818  an outcome for the caller
    """The address was asked and gave no answer that can be used."""


class OutboundAnswer(NamedTuple):
    """What came back, read to its end."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Allowed:
    """Exceptions for in-house providers: host names, addresses and networks that may be asked, also without TLS."""

    def __init__(self, text: str) -> None:
        """From a comma-separated list; ValueError names an entry that cannot be read."""
        entries = [entry.strip().lower() for entry in text.split(",") if entry.strip()]
        self._networks = tuple(network for entry in entries if (network := _network(entry)) is not None)
        self._hosts = frozenset(entry for entry in entries if _network(entry) is None)
        if strange := next((host for host in self._hosts if not host.replace("-", "").replace(".", "").isalnum()), ""):
            raise ValueError(f"{strange!r} is no host name, address or network")

    def covers(self, host: str, address: Address) -> bool:
        """Whether that address, asked under that name, is one of the exceptions."""
        return host.lower() in self._hosts or any(address in network for network in self._networks)


class Outbound:
    """Asks configured addresses. One for the process; it keeps no connections."""

    def __init__(
        self,
        allowed: Allowed | None = None,
        *,
        resolve: Resolver | None = None,
        tls: ssl.SSLContext | None = None,
        seconds_max: float = SECONDS_MAX,
        answer_bytes_max: int = ANSWER_BYTES_MAX,
    ) -> None:
        self._allowed = allowed or Allowed("")
        self._resolve = resolve or system_resolver
        self._tls = tls
        self._seconds_max = seconds_max
        self._answer_bytes_max = answer_bytes_max

    async def request(
        self, method: str, address: str, *, headers: Mapping[str, str] | None = None, content: bytes | None = None
    ) -> OutboundAnswer:
        """Ask `address` (an https URL) and read the answer, whatever its status; OutboundRefused, OutboundFailed."""
        try:
            url = httpx.URL(address)
        except (httpx.InvalidURL, TypeError):
            raise OutboundRefused("The address is no URL.") from None
        if url.scheme not in {"https", "http"} or not url.host or url.userinfo:
            raise OutboundRefused("The address must be an https URL with a host and without a name or password.")
        try:
            async with asyncio.timeout(self._seconds_max):
                return await self._ask(method, url, await self._checked(url), dict(headers or {}), content)
        except TimeoutError:
            raise OutboundFailed(f"{url.host} took longer than {self._seconds_max:.0f} s.") from None

    async def _checked(self, url: httpx.URL) -> list[Address]:
        """The addresses of the URL's host, all of which may be asked."""
        port = url.port or (443 if url.scheme == "https" else 80)
        try:
            addresses = [ip_address(text) for text in await self._resolve(url.host, port)]
        except (OSError, UnicodeError, ValueError):
            raise OutboundFailed(f"{url.host} has no address.") from None
        exceptions = [self._allowed.covers(url.host, address) for address in addresses]
        if url.scheme != "https" and not all(exceptions):
            raise OutboundRefused("The address must begin with https.")
        if not all(known or is_public(address) for known, address in zip(exceptions, addresses, strict=True)):
            raise OutboundRefused(f"{url.host} is not a public address.")
        return addresses

    async def _ask(
        self, method: str, url: httpx.URL, addresses: list[Address], headers: dict[str, str], content: bytes | None
    ) -> OutboundAnswer:
        told = {**headers, "Host": url.netloc.decode("ascii"), "Accept-Encoding": "identity"}
        failure = OutboundFailed(f"{url.host} has no address.")
        async with self._client() as client:
            for address in addresses:
                request = client.build_request(
                    method, url.copy_with(host=str(address)), headers=told, content=content,
                    extensions={"sni_hostname": url.host, "timeout": httpx.Timeout(self._seconds_max).as_dict()},
                )  # fmt: skip
                try:
                    answer = await client.send(request, stream=True)
                except (httpx.ConnectError, httpx.ConnectTimeout):
                    failure = OutboundFailed(f"{url.host} does not take the connection.")
                except (httpx.HTTPError, httpx.InvalidURL):
                    raise OutboundFailed(f"{url.host} gave no answer.") from None
                else:
                    return await self._read(url.host, answer)
        raise failure

    async def _read(self, host: str, answer: httpx.Response) -> OutboundAnswer:
        body = bytearray()
        try:
            if answer.headers.get("content-encoding", "identity") != "identity":
                raise OutboundFailed(f"{host} compressed its answer unasked.")
            async for chunk in answer.aiter_raw():
                body += chunk
                if len(body) > self._answer_bytes_max:
                    raise OutboundFailed(f"{host} answered more than {self._answer_bytes_max} bytes.")
        except httpx.HTTPError:
            raise OutboundFailed(f"{host} broke off its answer.") from None
        finally:
            await answer.aclose()
        return OutboundAnswer(answer.status_code, answer.headers, bytes(body))

    def _client(self) -> httpx.AsyncClient:
        """No proxies and no .netrc from the environment, and no connection that the next name could be given."""
        return httpx.AsyncClient(verify=self._context, trust_env=False, follow_redirects=False)

    @cached_property
    def _context(self) -> ssl.SSLContext:
        return self._tls or ssl.create_default_context()


async def system_resolver(host: str, port: int) -> list[str]:
    """As the machine resolves."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def is_public(address: Address) -> bool:
    """Whether the address belongs to the internet at large. None that wraps an IPv4 address does."""
    if isinstance(address, IPv6Address):
        return address in _UNICAST_V6 and address.is_global and address.sixtofour is None
    return address.is_global and not address.is_multicast


def _network(entry: str) -> Network | None:
    try:
        return ip_network(entry, strict=False)
    except ValueError:
        return None
