"""A call without an answer is told as one, whatever went wrong below."""

import httpx
import pytest
import stripe

from rowlock.payments.providers.stripe_connections import StripeConnections


@pytest.mark.parametrize(
    "fault", [httpx.ReadTimeout("late"), httpx.ConnectError("gone"), AttributeError("getpeername")]
)
async def test_no_answer_is_an_unknown_outcome_and_never_a_fault_of_ours(
    fault: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_off(_request: httpx.Request) -> httpx.Response:
        raise fault

    connections = StripeConnections(1)
    monkeypatch.setattr(connections, "_connections", httpx.AsyncClient(transport=httpx.MockTransport(break_off)))
    with pytest.raises(stripe.APIConnectionError):
        await connections.request_async("GET", "http://provider.test/", {})
    await connections.close_async()
