"""The base of every widget: finds its built ES module and names its public attributes."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

import anywidget
import traitlets as t
from skyhub.errors import StorageError
from skyhub.resources import PAGE_MODULES

STATIC = Path(__file__).parent / "static" / "widgets"


def _asset(name: str) -> str:
    """A file of the front end: its text, or its address where the page loads it."""
    folder = os.environ.get(PAGE_MODULES)
    return f"{folder}{name}" if folder else _text(name)


@cache
def _text(name: str) -> str:
    path = STATIC / name
    if not path.is_file():
        raise StorageError(
            f"The front end of the widgets is not built: {path.name} is missing. Run `make install`, "
            "or `npm ci --ignore-scripts && node build.mjs` in widgets/js.",
            where=str(path),
        )
    return path.read_text(encoding="utf-8")


class SkyhubWidget(anywidget.AnyWidget):
    """A widget whose view is the ES module ``static/widgets/<module>.js``.

    Attributes
    ----------
    user_api
        Names of the attributes that are for use in notebooks; everything else may change without notice.
    """

    module: ClassVar[str] = ""
    user_api: ClassVar[list[str]] = []

    _esm = t.Unicode().tag(sync=True)
    _css = t.Unicode().tag(sync=True)

    @t.default("_esm")
    def _default_esm(self) -> str:
        return _asset(f"{self.module}.js")

    @t.default("_css")
    def _default_css(self) -> str:
        return _asset(f"{self.module}.css")

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__()} - {"module"}) if not self.user_api else [*self.user_api]

    def _post(self, message: dict[str, Any]) -> None:
        """Send a message to all views of this widget."""
        self.send(message)
