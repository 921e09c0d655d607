"""What the stand-in knows: things by kind and id, kept in memory and, with a file, through kill -9 and restart."""

import secrets
import time
from pathlib import Path
from typing import Any

import msgspec

Thing = dict[str, Any]
"""An object as the provider's API shows it: JSON with an `id`."""


class Books:
    """Everything that was ever made here. What a call changes is on file, all or nothing, before it is answered."""

    def __init__(self, file: Path | None = None) -> None:
        """The file has one line a call: a list of `[kind, id, thing]`, null for a thing that was struck out."""
        self._things: dict[str, dict[str, Thing]] = {}
        self._changed: dict[str, str] = {}
        if file is not None and file.exists():
            self._read(file)
        self._journal = file.open("ab") if file is not None else None

    def _read(self, file: Path) -> None:
        whole, _, torn = file.read_bytes().rpartition(b"\n")
        for line in whole.splitlines():
            for kind, thing_id, thing in msgspec.json.decode(line):
                if thing is None:
                    self._things.get(kind, {}).pop(thing_id, None)
                else:
                    self._things.setdefault(kind, {})[thing_id] = thing
        if torn:  # the process died while it wrote: nobody was told of that call
            with file.open("r+b") as journal:
                journal.truncate(len(whole) + 1 if whole else 0)

    def make(self, kind: str, prefix: str, **fields: object) -> Thing:
        """A new thing with an id of its own."""
        return self.keep(kind, {"id": f"{prefix}_{secrets.token_hex(12)}", **fields})

    def keep(self, kind: str, thing: Thing) -> Thing:
        """Write a thing down under the id that it has."""
        self._things.setdefault(kind, {})[thing["id"]] = thing
        self._changed[thing["id"]] = kind
        return thing

    def change(self, kind: str, thing: Thing, **fields: object) -> Thing:
        """Change some fields of a thing."""
        thing.update(fields)
        return self.keep(kind, thing)

    def forget(self, kind: str, thing: Thing) -> None:
        """Strike a thing out."""
        del self._things[kind][thing["id"]]
        self._changed[thing["id"]] = kind

    def find(self, kind: str, thing_id: str) -> Thing | None:
        """The thing of this id."""
        return self._things.get(kind, {}).get(thing_id)

    def all(self, kind: str) -> list[Thing]:
        """All of a kind, newest first."""
        return list(reversed(self._things.get(kind, {}).values()))

    def commit(self) -> None:
        """From here on, what was changed survives the death of this process."""
        if self._journal is not None and self._changed:
            changes = [[kind, thing_id, self.find(kind, thing_id)] for thing_id, kind in self._changed.items()]
            self._journal.write(msgspec.json.encode(changes) + b"\n")
            self._journal.flush()
        self._changed.clear()

    def close(self) -> None:
        """Let go of the file."""
        self.commit()
        if self._journal is not None:
            self._journal.close()


def now() -> int:
    """Seconds since 1970, as both providers tell the time."""
    return int(time.time())
