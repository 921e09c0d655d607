"""The web build: hashed files and the manifest that tells their names."""

from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Self

import msgspec

ASSET_BASE = "/static/"
_MANIFEST = Path(str(files("rowlock.storefront").joinpath("static", "manifest.json")))


class _Chunk(msgspec.Struct, rename="camel"):
    file: str
    imports: tuple[str, ...] = ()
    dynamic_imports: tuple[str, ...] = ()
    css: tuple[str, ...] = ()


class WebBuildMissingError(RuntimeError):
    """The web part was never built."""


class Assets:
    """Addresses of the built files."""

    def __init__(self, manifest: dict[str, _Chunk]) -> None:
        self._manifest = manifest

    @classmethod
    def built(cls) -> Self:
        """From the manifest that the web build wrote."""
        return cls(msgspec.json.decode(_MANIFEST.read_bytes(), type=dict[str, _Chunk]))

    def url(self, source: str) -> str:
        """Where the file built from `source` (a path inside web/) is served."""
        return ASSET_BASE + self._manifest[source].file

    def preloads(self, source: str, language: str) -> list[str]:
        """The modules that `source` will ask for: its imports and the words in one language."""
        seen: dict[str, None] = {}
        self._collect(source, seen)
        catalogue = [name for name in self._manifest if name.endswith(f"/messages/{language}.json")]
        return [self.url(name) for name in [*seen, *catalogue]]

    def _collect(self, source: str, seen: dict[str, None]) -> None:
        for name in self._manifest[source].imports:
            if name not in seen:
                seen[name] = None
                self._collect(name, seen)


@lru_cache(maxsize=1)
def _built_at(_modified_ns: int) -> Assets:
    return Assets.built()


def assets() -> Assets:
    """The build in this installation, also after it was built anew; WebBuildMissingError when there is none."""
    try:
        return _built_at(_MANIFEST.stat().st_mtime_ns)
    except FileNotFoundError:
        raise WebBuildMissingError("the web build is missing: run `npm ci && npm run build` in web/") from None
