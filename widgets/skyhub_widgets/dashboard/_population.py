"""Population: the candidates of a night, or the answer of a statement, in linked plots; what is chosen is worked with."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import ipywidgets as widgets
import numpy as np
import pyarrow as pa
from skyhub.client import SkyTable
from skyhub.errors import InvalidInput, SkyhubError

from skyhub_widgets._population import Population
from skyhub_widgets.dashboard._bulk import BulkActions
from skyhub_widgets.dashboard._criteria import from_address, to_address
from skyhub_widgets.dashboard._fields import dropdown, text_field
from skyhub_widgets.dashboard._view import Page, alert, button, heading, may, note, row

__all__ = ["PopulationView", "shown_in"]

_SHOWN = ("x", "y", "colour", "histograms", "ranges", "region")
_SCOPES = (("", "what is chosen"), ("all", "all of them"))


def shown_in(params: Mapping[str, str]) -> dict[str, Any]:
    """What the plots of an address show: axes, ranges, region. Raises `InvalidInput` if ``shown`` is no JSON of these."""
    try:
        shown = json.loads(params.get("shown", "{}"))
    except json.JSONDecodeError as error:
        raise InvalidInput(f"shown in the address is no JSON: {error}. Choose anew.", "shown") from None
    if not isinstance(shown, dict) or set(shown) - set(_SHOWN):
        raise InvalidInput(f"shown in the address is {shown!r}: {', '.join(_SHOWN)} are permitted.", "shown")
    return shown


class PopulationView:
    """The population page.

    Parameters
    ----------
    page
        The page that the view is on.
    """

    def __init__(self, page: Page) -> None:
        self._page = page
        self._asked: dict[str, str] | None = None
        self._table = SkyTable(pa.table({"object_id": pa.array([], pa.string())}))
        nights = [(f"{n['dayobs']} ({n['n_objects']})", n["dayobs"]) for n in page.sky.candidates.nights()]
        self._night = dropdown("Night", [("newest", ""), *nights])
        self._statement = text_field("or the answer of", "SELECT object_id, n_detections, mag_rms FROM statistics")
        self._statement.layout.width = "min(460px, 100%)"
        self._said = widgets.HTML()
        self._population = Population()
        self._population.table.on_click(lambda object_id: page.go("source", object_id=object_id))
        self._bulk = BulkActions(page, self._meant, lambda: None, _SCOPES)
        self.box = widgets.VBox([
            heading("Population"),
            row(self._night, self._statement, button("Plot", self._plot), button("Open as notebook", self._open_notebook)),
            self._said, self._population, self._bulk.box if may(page, "save") else widgets.HTML(),
        ], layout=widgets.Layout(grid_gap="6px", overflow="visible"))  # fmt: skip

    def show(self, params: Mapping[str, str]) -> None:
        """Plot what the address asks for: a night, any selection of candidates, or a ``statement``; and what is ``shown``."""
        asked = {name: value for name, value in params.items() if name != "shown"}
        if asked == self._asked and "shown" not in params:
            return
        shown = shown_in(params)
        statement = asked.get("statement", "")
        self._night.value = asked.get("dayobs", "") if asked.get("dayobs") in dict(self._night.options).values() else ""
        self._statement.value = statement
        self._said.value = ""
        try:
            self._table = self._read(asked)
            self._population.show(self._table)
            for name, value in shown.items():
                setattr(self._population.plot, name, value)
        except SkyhubError as error:
            self._said.value = alert(error.message)
            return
        self._asked = asked
        if not len(self._table):
            self._said.value = note("There is nothing to plot: choose another night.")

    def hear(self, event: Mapping[str, Any]) -> None:
        """What is plotted stays as it was asked for."""

    def _read(self, asked: Mapping[str, str]) -> SkyTable:
        if statement := asked.get("statement"):
            return self._page.sky.sql(statement)
        return self._page.sky.candidates.population(**from_address(asked))

    def _plot(self) -> None:
        statement = self._statement.value.strip()
        params = {"statement": statement} if statement else to_address({"dayobs": self._night.value})
        self._asked = None
        self._page.go("population", **params)
        if self._asked is None:
            self.show(params)

    def _open_notebook(self) -> None:
        plot = self._population.plot
        shown = {name: getattr(plot, name) for name in _SHOWN if getattr(plot, name) not in ("", {}, [], None)}
        self._page.go("notebook", of="population", **(self._asked or {}), shown=json.dumps(shown))

    def _meant(self, which: str) -> SkyTable:
        """The rows that something is to be done with, one per object."""
        if "object_id" not in self._table.columns:
            raise InvalidInput("the rows have no object_id: ask for it in the statement.", "statement")
        plot = self._population.plot
        if which == "all":
            return self._table
        return SkyTable(self._table.arrow.take(pa.array(plot.chosen if plot.is_narrowed else np.empty(0, np.intp))))
