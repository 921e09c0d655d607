"""JSON bodies of every call that takes one: the struct, or a problem of the table."""

import atheris
from tests.attacks.fuzzing import fuzz

with atheris.instrument_imports(include=["rowlock.platform.http", "rowlock.bookings", "rowlock.payments"]):
    import msgspec

    from rowlock.bookings.model import BestAvailableBody, ReserveBody
    from rowlock.kernel.problems import Problem
    from rowlock.organiser.model import BlockBody, EventBody, UnblockBody, VenueBody
    from rowlock.payments.routes import BuyBody, ConfirmBody
    from rowlock.platform.http.bodies import decode_body

BODIES = (ReserveBody, BestAvailableBody, ConfirmBody, BuyBody, VenueBody, EventBody, BlockBody, UnblockBody)
DECODERS = [msgspec.json.Decoder(body) for body in BODIES]
SEEDS = (
    b'{"eventId":"1","seatIds":["S-1-1"],"userId":"x"}', b'{"eventId":"1","quantity":4,"tier":"Regular"}',
    b'{"paymentToken":"tok_ok"}', b'{"paymentDetails":{"paymentToken":"tok_ok"},"seatIds":["S-1-1"]}',
    b'{"name":"x","city":"y","country":"z"}', b'{"kind":"house","reason":"x","seatIds":["S-1-1"]}',
    b'{"name":"x","startsAt":"2031-05-01T19:30:00+02:00","timezone":"Europe/Berlin","planId":"1","prices":{"VIP":"1"}}',
    b'{"a":"\\u0000"}', b"[" * 600,
)  # fmt: skip


def attempt(data: bytes) -> None:
    """Every body from the same bytes."""
    for decoder in DECODERS:
        try:
            decoded = decode_body("application/json", data, decoder)
        except Problem as problem:
            assert problem.kind.status < 500
        else:
            assert b"\x00" not in msgspec.json.encode(decoded)


if __name__ == "__main__":
    fuzz(attempt, SEEDS)
