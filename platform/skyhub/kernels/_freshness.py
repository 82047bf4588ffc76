"""Noticing that the code on disk is no longer the code that the zygote has imported."""

from __future__ import annotations

import sys
import sysconfig
from pathlib import Path

_WATCHED_PACKAGES = ("skyhub", "skyhub_widgets")
_ASSETS = ("*.js", "*.mjs", "*.css")

Stamp = tuple[int, int] | None


class Snapshot:
    """The state on disk of our imported modules, their scripts and styles, and the folders of all packages."""

    def __init__(self) -> None:
        self._stamps = {path: _stamp(path) for path in [*_own_files(), *_package_folders()]}

    def changed(self) -> Path | None:
        """The first path that was replaced, edited or removed since the snapshot."""
        return next((path for path, stamp in self._stamps.items() if _stamp(path) != stamp), None)


def _own_files() -> list[Path]:
    modules = [m for name, m in list(sys.modules.items()) if name.partition(".")[0] in _WATCHED_PACKAGES]
    files = [Path(file) for m in modules if (file := getattr(m, "__file__", None))]
    roots = [file.parent for file in files if file.name == "__init__.py" and file.parent.name in _WATCHED_PACKAGES]
    return files + [asset for root in roots for kind in _ASSETS for asset in root.rglob(kind)]


def _package_folders() -> list[Path]:
    return [Path(folder) for folder in {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}]


def _stamp(path: Path) -> Stamp:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ino
