"""Where a request comes from: the client's address behind proxies we trust, and the neighbourhood it counts with."""

import functools
import ipaddress
import os

from uvicorn.middleware.proxy_headers import _TrustedHosts as TrustedProxies

from rowlock.platform.http.calls import RawHeaders

IPV4_PREFIX_BITS = 24
IPV6_PREFIX_BITS = 56
"""What one subscriber or small network has: who owns an address there has its neighbours for nothing."""


class Addresses:
    """Finds the client's address: proxies are believed only from `FORWARDED_ALLOW_IPS`, as uvicorn itself does."""

    def __init__(self, trusted: str | None = None) -> None:
        self._proxies = TrustedProxies(trusted or os.environ.get("FORWARDED_ALLOW_IPS", "127.0.0.1"))

    def prefix(self, peer: str, headers: RawHeaders) -> str:
        """The network that a request counts with; empty for our own machines, which are nobody's client.

        `peer` is the other end of the connection, or the client's address where uvicorn has put it in its place.
        """
        if peer in self._proxies:
            forwarded = b", ".join(value for name, value in headers if name == b"x-forwarded-for")
            if forwarded:
                peer = self._proxies.get_trusted_client_address(forwarded.decode("latin-1"))[0]
            if peer in self._proxies and not self._proxies.always_trust:
                return ""
        return network_of(peer)


@functools.lru_cache(maxsize=50_000)
def network_of(address: str) -> str:
    """`203.0.113.7` -> `203.0.113.0/24`; IPv6 by its first 56 bits; what is no address stands for itself.

    Empty for this very machine.
    """
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address[:64]
    if found.is_loopback:
        return ""
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is not None:
            return network_of(str(found.ipv4_mapped))
        return str(ipaddress.ip_network((found, IPV6_PREFIX_BITS), strict=False))
    return str(ipaddress.ip_network((found, IPV4_PREFIX_BITS), strict=False))
