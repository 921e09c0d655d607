"""What we know of a person, handed over and forgotten."""

from rowlock.privacy.commands import ErasureRefused, PeoplesData
from rowlock.privacy.model import Erasure, KeepingRules

__all__ = ["Erasure", "ErasureRefused", "KeepingRules", "PeoplesData"]
