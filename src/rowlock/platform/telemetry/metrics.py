"""Prometheus metrics of one process; with PROMETHEUS_MULTIPROC_DIR set, of all processes of one installation."""

import functools
import os

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
    multiprocess,
)

CONTENT_TYPE = CONTENT_TYPE_LATEST
REQUESTS = Counter("rowlock_http_requests_total", "HTTP requests answered.", ["method", "route", "status"])
SECONDS = Histogram(
    "rowlock_http_request_seconds",
    "Time from the first byte of a request to the last of its answer.",
    ["route"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
)
PROBLEMS = Counter("rowlock_problems_total", "Requests that ended in a problem, by its code.", ["code"])
TURNED_AWAY = Counter("rowlock_turned_away_total", "Calls refused at the door because too many were under way.")
FLUSH_COMMANDS = Histogram(
    "rowlock_flush_commands",
    "Commands carried out in one transaction of the inventory engine.",
    ["kind"],
    buckets=(1, 2, 4, 8, 16, 32, 64, 128, 256),
)
LIMITER_FALLBACKS = Counter("rowlock_limiter_fallbacks_total", "Rate limits taken without Valkey.")
BOTS_SCORED = Counter("rowlock_bots_scored_total", "Times a hidden name was scored high enough to be logged.")
BOT_ANSWERS = Counter("rowlock_bot_answers_total", "Answers to what looked like a bot.", ["answer"])
HOLDS_EXPIRED = Counter("rowlock_holds_expired_total", "Holds closed by the sweeper.")
REFUNDS = Counter("rowlock_refunds", "Answers of payment providers to refunds", ["state"])
PAYMENTS_SETTLED = Counter("rowlock_payments_settled_total", "Payments with an outcome.", ["outcome"])
PROVIDER_NOTICES = Counter(
    "rowlock_payment_notices_total", "Webhooks of payment providers, by what they were.", ["provider", "kind"]
)
PROVIDER_SECONDS = Histogram(
    "rowlock_payment_provider_seconds",
    "Time that a payment provider took for a call, with all repeats; unknown: it never answered.",
    ["provider", "call", "outcome"],
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
STREAMS = Gauge("rowlock_streams", "Seat streams open.", multiprocess_mode="livesum")
STREAM_DELIVERIES = Counter("rowlock_stream_deliveries_total", "Seat messages written to viewers.")
STREAM_BROADCAST = Histogram(
    "rowlock_stream_broadcast_seconds",
    "Time to write one message to all viewers of an event.",
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1),
)
STREAM_CUTS = Counter("rowlock_stream_cuts_total", "Streams ended by the gateway, by close code.", ["code"])


@functools.cache
def answered(method: str, route: str, status: int) -> tuple[Counter, Histogram]:
    """The two series that every answer of this kind moves, looked up once."""
    return REQUESTS.labels(method, route, status), SECONDS.labels(route)


def exposition() -> bytes:
    """All metrics in the Prometheus text format."""
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        registry = CollectorRegistry()
        multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return generate_latest(registry)
    return generate_latest()
