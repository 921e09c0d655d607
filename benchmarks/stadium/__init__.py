"""The stadium case by simulation: five million people for 80,000 seats, through the waiting room's own code."""

from benchmarks.stadium.report import chapter

__all__ = ["chapter"]
