"""A page without a browser, and ways to look into its widgets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import ipywidgets as widgets
from skyhub.client import Sky


class PageOfTest:
    """A page without a browser."""

    def __init__(self, sky: Sky) -> None:
        self.sky, self.me = sky, sky.me()
        self.went: list[tuple[str, dict[str, Any]]] = []
        self.kept: dict[str, Any] = {}

    def go(self, view: str, **params: Any) -> None:
        self.went.append((view, params))

    def keep(self, view: str, **params: Any) -> None:
        self.kept = {"view": view, **params}

    def in_main(self, function: Any, *args: Any) -> None:
        function(*args)


def find(widget: Any, kind: type[Any], text: str = "") -> Any:
    """The first widget of a type within another, with a text on it."""
    for child in everything(widget):
        if isinstance(child, kind) and text in str(getattr(child, "description", getattr(child, "value", ""))):
            return child
    raise AssertionError(f"there is no {kind.__name__} with {text!r}")


def everything(widget: Any) -> Iterator[Any]:
    yield widget
    for child in getattr(widget, "children", ()):
        yield from everything(child)


def texts(widget: Any) -> str:
    return " ".join(str(w.value) for w in everything(widget) if isinstance(w, widgets.HTML))
