"""How much trouble a run of the benchmarks takes, and where it writes."""

from collections.abc import Callable
from pathlib import Path

import msgspec


class Effort(msgspec.Struct, frozen=True):
    """`seconds` is how long each load of a round lasts at most, `crowd_seconds` how long an overload does.

    `attempts` are those that are looked through for false refusals, `holds` those that fall due in one second,
    `viewers` those of one event's stream, `people` those in the longest line.
    """

    folder: Path
    tell: Callable[[str], None]
    seconds: float = 4.0
    rounds: int = 3
    crowd_seconds: float = 60.0
    attempts: int = 1_000_000
    holds: int = 50_000
    events: int = 1_000
    viewers: int = 10_000
    people: int = 1_000_000

    def quick(self) -> "Effort":
        """Just enough to see that everything works."""
        little = {
            "seconds": 1.0,
            "rounds": 1,
            "crowd_seconds": 2.0,
            "attempts": 2_000,
            "holds": 2_000,
            "events": 20,
            "viewers": 500,
            "people": 100_000,
        }
        return Effort(self.folder, self.tell, **little)  # type: ignore[arg-type]
