"""Scan: which candidates, and the scanner."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import ipywidgets as widgets
from skyhub.errors import SkyhubError

from skyhub_widgets._desk import SkyDesk
from skyhub_widgets._protocols import CandidateSource
from skyhub_widgets._scanner import CandidateScanner
from skyhub_widgets.dashboard._criteria import from_address, to_address
from skyhub_widgets.dashboard._localization_choice import LocalizationChoice
from skyhub_widgets.dashboard._profiles import Profiles
from skyhub_widgets.dashboard._selection_panel import SelectionPanel
from skyhub_widgets.dashboard._view import Page, may

__all__ = ["ScanView"]


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
        filters = [(f"{f['name']} · {f['group'] or 'public'}", str(f["filter_id"])) for f in page.sky.filters.list()]
        self._profiles = Profiles(page.sky, lambda: self._panel.value, self._chosen)
        place = LocalizationChoice(page.sky)
        self._panel = SelectionPanel(nights, page.me["groups"], filters, place, self._chosen, [self._profiles.box])
        self._panel.bar.children = (*self._panel.bar.children, self._profiles.menu)
        self._scanner: CandidateScanner | None = None
        self.box = widgets.VBox([self._panel.box], layout=widgets.Layout(overflow="visible"))

    def show(self, params: Mapping[str, str]) -> None:
        """Show the scanner; the address says which candidates, and with ``candidate`` where to begin."""
        given = from_address(params)
        if "night" in params:
            given["dayobs"] = params["night"]
        if self._scanner is None:
            self._panel.fill(given)
            self._begin(params.get("candidate", ""), self._panel.value)
        elif given:
            self._panel.fill(given)
            self._scanner.selection = self._panel.value

    def hear(self, event: Mapping[str, Any]) -> None:
        """New candidates lengthen the queue, new localizations the choice of them."""
        if event["kind"] == "candidates" and self._scanner is not None:
            self._scanner.refresh()
        elif event["kind"] == "localizations":
            self._panel.list_places()

    def _begin(self, candidate_id: str, selection: dict[str, Any]) -> None:
        try:
            scanner = self._made(candidate_id, selection)
        except SkyhubError as error:
            self._panel.say(f"{error.message} The newest night is shown instead.")
            scanner = self._made(candidate_id, {})
        scanner.on_open(lambda object_id, _: self._page.go("source", object_id=object_id))
        scanner.on_notebook(self._open_notebook)
        self._scanner = scanner
        self.box.children = [*self.box.children, scanner]

    def _open_notebook(self, candidate_id: str) -> None:
        self._page.go("notebook", of="scan", candidate=candidate_id, **to_address(self._panel.value))

    def _made(self, candidate_id: str, selection: dict[str, Any]) -> CandidateScanner:
        return CandidateScanner(
            cast(CandidateSource, self._page.sky.candidates),
            user=self._page.me["name"],
            candidate_id=candidate_id,
            selection=selection,
            desk=SkyDesk(self._page.sky) if may(self._page, "save") else None,
            groups=self._page.me["groups"],
            key_scope="page",
        )

    def _chosen(self, selection: dict[str, Any]) -> None:
        """The address carries the selection, so that it can be shared and gone back to."""
        self._panel.fill(selection)
        if self._scanner is not None:
            self._scanner.selection = self._panel.value
        self._page.go("scan", **to_address(self._panel.value))
