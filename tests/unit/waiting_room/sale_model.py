"""A sale as a fluid: people who come, shop and go, and a server whose answers take longer the more it has to do."""

from dataclasses import dataclass

from rowlock.waiting_room.pace import Seen

STEP_S = 1.0


@dataclass
class SaleModel:
    """`capacity` is in seat calls a second; all times are in seconds, people are fractional."""

    capacity: float
    session_s: float = 90.0
    show_share: float = 0.8
    come_s: float = 8.0
    give_up_s: float = 60.0
    calls_per_shopper_s: float = 0.05
    payment_ms: float = 400.0
    at_s: float = 0.0
    coming: float = 0.0
    absent: float = 0.0
    shopping: float = 0.0
    backlog: float = 0.0
    seat_ms: float = 5.0
    left_per_s: float = 0.0

    def step(self, per_minute: float) -> None:
        """One second in which people are called at this pace."""
        called = per_minute / 60 * STEP_S
        self.coming += called * self.show_share
        self.absent += called * (1 - self.show_share) - self.absent * STEP_S / self.give_up_s
        come = self.coming * STEP_S / self.come_s
        # A shopper who waits for answers stays longer, and so does one whose bank is slow.
        stay = self.session_s + 5 * self.seat_ms / 1_000 + 2 * self.payment_ms / 1_000
        go = self.shopping * STEP_S / stay
        self.coming -= come
        self.shopping += come - go
        self.left_per_s += (go / STEP_S - self.left_per_s) * 0.2
        calls = self.shopping * self.calls_per_shopper_s * STEP_S
        done = self.capacity * STEP_S
        busy = min(0.98, calls / max(done, 1e-9))
        self.backlog = max(0.0, min(self.backlog + calls - done, 20 * max(done, 1.0)))
        self.seat_ms = 5 / (1 - busy) + 1_000 * self.backlog / max(self.capacity, 1.0)
        self.at_s += STEP_S

    def seen(self, wanted: float | None = None) -> Seen:
        """What the worker measures."""
        return Seen(
            at_s=self.at_s,
            reports=2,
            shopping=self.shopping,
            coming=self.coming + self.absent,
            leaving_per_s=self.left_per_s,
            show_share=self.show_share,
            seat_ms=self.seat_ms,
            confirm_ms=self.seat_ms * 2,
            payment_ms=self.payment_ms,
            wanted=wanted,
        )

    def best_per_minute(self) -> float:
        """The pace at which the server would be just busy."""
        shoppers = self.capacity / self.calls_per_shopper_s
        return shoppers / (self.session_s + 2 * self.payment_ms / 1_000) * 60 / self.show_share
