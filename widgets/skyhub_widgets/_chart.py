"""Charts that are drawn here as SVG, so that page and report show the same; the browser tells, reads off and selects."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import traitlets as t

from skyhub_widgets._base import SkyhubWidget
from skyhub_widgets._static import StaticHtml

__all__ = ["Chart"]


class Chart(SkyhubWidget):
    """What charts have in common.

    Attributes
    ----------
    selected
        What is selected, by its name; empty for nothing.
    title
        What is shown; screen readers say it.
    """

    module = "chart"

    svg = t.Unicode("").tag(sync=True)
    curves = t.Dict().tag(sync=True)
    selected = t.Unicode("").tag(sync=True)
    title = t.Unicode("").tag(sync=True)

    def on_select(self, callback: Callable[[str], object]) -> None:
        """Call ``callback(name)`` when something was selected, or nothing (an empty name)."""
        self.observe(lambda change: callback(str(change["new"])), "selected")

    def static(self) -> StaticHtml:
        """The chart for a report, as inline SVG."""
        return StaticHtml(self.svg)

    def _draw(self, svg: str, curves: dict[str, Any] | None = None) -> None:
        with self.hold_sync():
            self.svg, self.curves = svg, curves or {}
