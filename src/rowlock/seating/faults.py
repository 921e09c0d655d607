"""What can be wrong with a plan, and the one error a plan file is refused with."""

from typing import NamedTuple


class Fault(NamedTuple):
    """One thing wrong with a plan: `place` is where (a JSON path, a CSV line, an SVG element), `message` what.

    `repairable` faults are seats named twice, which `renumber_duplicates` can put right.
    """

    place: str
    message: str
    repairable: bool = False

    def __str__(self) -> str:
        return f"{self.place}: {self.message}" if self.place else self.message


class PlanFileError(Exception):
    """A plan file that is refused as a whole. `place` may be empty when the fault is the file itself."""

    def __init__(self, place: str, message: str) -> None:
        self.fault = Fault(place, message)
        super().__init__(str(self.fault))

    @property
    def place(self) -> str:
        """Where in the file, in the file's own terms."""
        return self.fault.place

    @property
    def message(self) -> str:
        """What is wrong there, in one sentence."""
        return self.fault.message
