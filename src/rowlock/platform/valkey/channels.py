"""Listening to channels of a Valkey that may go away and come back."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

import structlog
from valkey.asyncio import Valkey
from valkey.asyncio.client import PubSub

from rowlock.platform.valkey.scripts import NOT_THERE, PAUSE_SECONDS

QUIET_SECONDS = 3.0
"""A channel may be quiet for long; after this we ask whether it is only that."""

log = structlog.get_logger(__name__)


async def hear(
    valkey: Valkey, channels: Mapping[str, Callable[[bytes], None]], on_hearing: Callable[[bool], None]
) -> None:
    """Hear the channels until cancelled, each with its own taker.

    `on_hearing` learns when messages begin to come and when some may be missed.
    """
    while True:
        try:
            async with valkey.pubsub() as subscription:
                await subscription.subscribe(*channels)
                async for message in _messages(subscription):
                    if message["type"] == "message":
                        channels[message["channel"].decode()](message["data"])
                    elif message["type"] == "subscribe" and message["data"] == len(channels):
                        on_hearing(True)
        except NOT_THERE as error:
            log.warning("channels_not_heard", error=str(error))
        on_hearing(False)
        await asyncio.sleep(PAUSE_SECONDS)


async def _messages(subscription: PubSub) -> AsyncIterator[dict[str, Any]]:
    """Whatever comes; TimeoutError when nothing does, not even the answer to a ping."""
    asked = False
    while True:
        message = await subscription.get_message(timeout=QUIET_SECONDS)
        if message is not None:
            asked = False
            yield message
        elif asked:
            raise TimeoutError("Valkey says nothing")
        else:
            asked = True
            await subscription.ping()
