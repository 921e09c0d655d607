"""Read the wheel's dependencies from requirements/runtime.in, so that they stand in one place."""

from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface


class RuntimeDependencies(MetadataHookInterface):
    """Hatchling's hook: fills `dependencies` in."""

    def update(self, metadata: dict[str, Any]) -> None:
        """One requirement a line; blank lines and comments between them."""
        lines = Path(self.root, "requirements", "runtime.in").read_text(encoding="utf-8").splitlines()
        metadata["dependencies"] = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
