"""How the Stripe SDK reaches the network: over connections that stay open, and with no telemetry."""

from collections.abc import Mapping

import httpx
import stripe

CONNECTIONS_MAX = 100
stripe.enable_telemetry = False


class StripeConnections(stripe.HTTPClient):
    """What the SDK sends its requests with. It tries nothing twice: `careful.py` decides that for every provider."""

    name = "httpx"

    def __init__(self, seconds_max: float) -> None:
        """`seconds_max`: after so long without a byte a call is given up."""
        super().__init__()
        limits = httpx.Limits(max_connections=CONNECTIONS_MAX, max_keepalive_connections=CONNECTIONS_MAX)
        self._connections = httpx.AsyncClient(timeout=seconds_max, limits=limits)

    async def request_async(
        self, method: str, url: str, headers: Mapping[str, str], post_data: str | None = None
    ) -> tuple[bytes, int, Mapping[str, str]]:
        """One request; APIConnectionError when there was no answer, whatever kept it away.

        httpx tells most of that as HTTPError, but as AttributeError that a peer left before its connection was used.
        """
        try:
            answer = await self._connections.request(method, url, headers=dict(headers), content=post_data or None)
        except Exception as error:
            raise stripe.APIConnectionError(f"{type(error).__name__}: {error}") from error  # type: ignore[no-untyped-call]
        return answer.content, answer.status_code, answer.headers

    async def close_async(self) -> None:
        """Close what is open."""
        await self._connections.aclose()
