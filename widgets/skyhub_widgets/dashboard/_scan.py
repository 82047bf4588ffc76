"""Scan: which candidates, and the scanner."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import ipywidgets as widgets

from skyhub_widgets._protocols import CandidateSource
from skyhub_widgets._scanner import CandidateScanner
from skyhub_widgets.dashboard._view import Page

__all__ = ["ScanView"]

_STATUSES = [
    ("all", "all"),
    ("not decided by me", "unreviewed"),
    ("saved by me", "saved"),
    ("rejected by me", "rejected"),
]
_NARROW = widgets.Layout(width="auto", min_width="150px")


class ScanView:
    """The scanning dashboard.

    Parameters
    ----------
    page
        The page that the view is on.
    """

    def __init__(self, page: Page) -> None:
        self._page = page
        nights = [(f"{n['dayobs']} ({n['n_objects']})", n["dayobs"]) for n in page.sky.candidates.nights()]
        self._night = _choice("Night", nights or [("none yet", "")])
        self._group = _choice("Group", [("all my groups", ""), *((g, g) for g in page.me["groups"])])
        self._status = _choice("Show", _STATUSES)
        self._scanner: CandidateScanner | None = None
        bar = widgets.HBox(
            [self._night, self._group, self._status], layout=widgets.Layout(flex_flow="row wrap", overflow="visible")
        )
        self.box = widgets.VBox([bar], layout=widgets.Layout(overflow="visible"))
        for choice in (self._night, self._group, self._status):
            choice.observe(self._chosen, "value")

    def show(self, params: Mapping[str, str]) -> None:
        """Show the scanner; ``candidate`` and ``night`` in the address say where to begin."""
        if params.get("night") in {value for _, value in self._night.options}:
            self._night.value = params["night"]
        if self._scanner is None:
            self._scanner = CandidateScanner(
                cast(CandidateSource, self._page.sky.candidates),
                user=self._page.me["name"],
                candidate_id=params.get("candidate", ""),
                selection=self._selection(),
                key_scope="page",
            )
            self._scanner.on_open(lambda object_id, _: self._page.go("source", object_id=object_id))
            self.box.children = [*self.box.children, self._scanner]

    def hear(self, event: Mapping[str, Any]) -> None:
        """New candidates lengthen the queue."""
        if event["kind"] == "candidates" and self._scanner is not None:
            self._scanner.refresh()

    def _chosen(self, change: Mapping[str, Any]) -> None:
        if self._scanner is not None:
            self._scanner.selection = self._selection()

    def _selection(self) -> dict[str, Any]:
        chosen = {"dayobs": self._night.value, "group": self._group.value, "status": self._status.value}
        return {name: value for name, value in chosen.items() if value}


def _choice(label: str, options: list[tuple[str, str]]) -> widgets.Dropdown:
    return widgets.Dropdown(description=label, options=options, layout=_NARROW, style={"description_width": "auto"})
