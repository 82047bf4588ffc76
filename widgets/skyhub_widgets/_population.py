"""The population explorer: a scatter plot, histograms and a table of which each shows what is chosen in the others."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import ipywidgets as widgets
import numpy as np
import traitlets as t
from skyhub.errors import InvalidInput

from skyhub_widgets._base import SkyhubWidget
from skyhub_widgets._population_columns import (
    Arrays,
    PopulationColumn,
    arrays_of,
    chosen_rows,
    labels_of,
    plotted_columns,
    records_of,
)
from skyhub_widgets._static import StaticHtml
from skyhub_widgets._table import RecordTable

if TYPE_CHECKING:
    import panel
    from skyhub.client import Sky

    from skyhub_widgets._population_holoviews import LinkedPopulation

__all__ = ["Population", "PopulationPlot"]

_FIRST_X = ("age_days", "rise_rate", "mjd")
_FIRST_Y = ("rise_rate", "peak_mag", "mag")
_FIRST_HISTOGRAMS = ("g_r", "drb", "galactic_latitude", "host_sep", "peak_mag")
_MOST_HISTOGRAMS = 4
_SHOWN_ROWS = 1000
_HIDDEN = {"candidate_id", "candid", "survey", "dayobs"}
"""Columns of the table that one has to ask for."""


class PopulationPlot(SkyhubWidget):
    """A scatter plot and histograms of a table; ranges in the histograms and an outline in the scatter plot choose rows.

    Parameters
    ----------
    table
        A table of the client, pandas, polars, Arrow or astropy, a dictionary of columns, or records.
    id_column
        The column that names rows.
    **traits
        Any of the attributes below.

    Attributes
    ----------
    x, y, colour
        Names of columns; without ``colour`` points are drawn in one.
    histograms
        Names of columns.
    ranges
        By name of a column its lower and upper bound, None for no bound.
    region
        ``{"x", "y", "outline"}``: corners in two columns; None if everywhere is meant.
    selected
        Labels of the rows that are within all ranges and the region; none if neither is given.
    """

    module = "population"
    user_api: ClassVar[list[str]] = [
        "x", "y", "colour", "histograms", "ranges", "region", "selected", "title", "height", "options", "chosen", "is_narrowed",
        "show", "on_click", "static", "as_holoviews", "as_panel", "observe", "close",
    ]  # fmt: skip

    columns = t.List(t.Dict()).tag(sync=True)
    labels = t.Unicode("").tag(sync=True)
    x = t.Unicode("").tag(sync=True)
    y = t.Unicode("").tag(sync=True)
    colour = t.Unicode("").tag(sync=True)
    histograms = t.List(t.Unicode()).tag(sync=True)
    ranges = t.Dict().tag(sync=True)
    region = t.Dict(allow_none=True, default_value=None).tag(sync=True)
    title = t.Unicode("Population").tag(sync=True)
    height = t.Int(380, min=160).tag(sync=True)
    selected = t.List(t.Unicode())

    def __init__(self, table: object = (), id_column: str = "object_id", **traits: Any) -> None:
        self._callbacks: list[Callable[[str], object]] = []
        self._columns: dict[str, PopulationColumn] = {}
        self._labels = np.empty(0, dtype=object)
        super().__init__()
        self.on_msg(self._received)
        self.show(table, id_column)
        with self.hold_sync():
            for name, value in traits.items():
                setattr(self, name, value)

    @property
    def options(self) -> list[str]:
        """Columns that can be plotted."""
        return list(self._columns)

    @property
    def is_narrowed(self) -> bool:
        """Whether a range or a region is given."""
        return bool(self.ranges) or self.region is not None

    @property
    def chosen(self) -> np.ndarray[Any, np.dtype[np.intp]]:
        """Places of the rows within all ranges and the region; of all rows if neither is given."""
        return np.flatnonzero(chosen_rows(self._columns, self.ranges, self.region))

    def show(self, table: object, id_column: str = "object_id") -> None:
        """Show another table; axes stay where it has their columns, ranges and region are forgotten.

        Raises
        ------
        InvalidInput
            If it is no table, or its columns differ in length.
        """
        arrays = arrays_of(table)
        labels = labels_of(arrays, id_column)
        with self.hold_sync():
            self.set_trait("region", None)
            self.ranges = {}
            self._columns = {column.name: column for column in plotted_columns(arrays)}
            self._labels = np.array(labels, dtype=object)
            self.columns = [column.packed() for column in self._columns.values()]
            self.labels = "\n".join(labels)
            self.x, self.y = self._first(self.x, _FIRST_X, 0), self._first(self.y, _FIRST_Y, 1)
            self.colour = self.colour if self.colour in self._columns else ""
            known = [name for name in self.histograms or _FIRST_HISTOGRAMS if name in self._columns]
            self.histograms = (known or [name for name in (self.x, self.y) if name])[:_MOST_HISTOGRAMS]

    def on_click(self, callback: Callable[[str], object]) -> None:
        """Call ``callback(label)`` when a point is clicked."""
        self._callbacks.append(callback)

    def static(self) -> StaticHtml:
        """The plot for a report, as inline SVG with its points as an image."""
        from skyhub_widgets._population_figure import population_html

        return population_html(self._columns, self.x, self.y, self.histograms, self.chosen, self.title)

    def as_holoviews(self) -> LinkedPopulation:
        """The plots as HoloViews elements with linked selections, above 10,000 rows datashaded; see `LinkedPopulation`."""
        from skyhub_widgets._population_holoviews import population_elements

        return population_elements(list(self._columns.values()), self._labels, self.x, self.y, self.histograms)

    def as_panel(self, sky: Sky | None = None) -> panel.Column:
        """The same with a Tabulator of the rows that are chosen, for JupyterLab or a server of Panel.

        Parameters
        ----------
        sky
            With a connection, what is chosen can be put on a list, and from there into the scanning page and a notebook.
        """
        from skyhub_widgets._population_holoviews import population_workbench

        workbench: panel.Column = population_workbench(self.as_holoviews(), sky)
        return workbench

    @t.validate("x", "y", "colour")
    def _check_name(self, proposal: dict[str, Any]) -> str:
        return self._known(proposal["value"], proposal["trait"].name) if proposal["value"] else ""

    @t.validate("histograms")
    def _check_histograms(self, proposal: dict[str, Any]) -> list[str]:
        return [self._known(name, "histograms") for name in dict.fromkeys(proposal["value"])][:_MOST_HISTOGRAMS]

    @t.validate("ranges")
    def _check_ranges(self, proposal: dict[str, Any]) -> dict[str, list[float | None]]:
        found = {}
        for name, bounds in proposal["value"].items():
            self._known(name, "ranges")
            low, high = bounds if isinstance(bounds, Sequence) and len(bounds) == 2 else (1.0, 0.0)
            if low is not None and high is not None and low > high:
                raise InvalidInput(f"the range of {name} is {bounds!r}: give [low, high], None for no bound.", "ranges")
            if low is not None or high is not None:
                found[name] = [low, high]
        return found

    @t.validate("region")
    def _check_region(self, proposal: dict[str, Any]) -> dict[str, Any] | None:
        region = proposal["value"]
        if region is None:
            return None
        for axis in ("x", "y"):
            self._known(region.get(axis), "region")
        outline = np.asarray(region.get("outline"), dtype=float)
        if outline.ndim != 2 or outline.shape[1] != 2 or len(outline) < 3 or not np.isfinite(outline).all():
            raise InvalidInput(f"the outline has the shape {outline.shape}: three corners (x, y) or more.", "region")
        return {"x": region["x"], "y": region["y"], "outline": outline.tolist()}

    @t.observe("ranges", "region", "labels")
    def _choose(self, change: Mapping[str, Any]) -> None:
        self.selected = self._labels[self.chosen].tolist() if self.is_narrowed else []

    def _known(self, name: Any, where: str) -> str:
        if name not in self._columns:
            raise InvalidInput(f"{name!r} is no column to plot: {', '.join(self._columns)} are permitted.", where)
        return str(name)

    def _first(self, before: str, preferred: Sequence[str], place: int) -> str:
        known = [name for name in (before, *preferred) if name in self._columns]
        return known[0] if known else next(iter([*self._columns][place:] or self._columns), "")

    def _received(self, widget: object, content: dict[str, Any], buffers: object) -> None:
        if content.get("type") == "clicked":
            for callback in self._callbacks:
                callback(str(content["label"]))


class Population(widgets.VBox):
    """A population to explore: `plot`, and the rows that are chosen in it as a `table`.

    Parameters
    ----------
    table, id_column, **traits
        As for `PopulationPlot`.
    """

    def __init__(self, table: object = (), id_column: str = "object_id", **traits: Any) -> None:
        self._arrays: Arrays = {}
        self._id_column = id_column
        self.plot = PopulationPlot()
        self.table = RecordTable(table_key="population", page_size=10, empty_text="Nothing lies there.")
        self.plot.on_click(lambda label: self._list([label]))
        self.plot.observe(lambda _: self._list(), ["ranges", "region"])
        super().__init__([self.plot, self.table], layout=widgets.Layout(overflow="visible"))
        self.show(table)
        for name, value in traits.items():
            setattr(self.plot, name, value)

    def show(self, table: object) -> None:
        """Show another table. Raises `InvalidInput` if it is none."""
        arrays = arrays_of(table)
        self.plot.show(arrays, self._id_column)
        self._arrays = arrays
        self.table.columns = [_table_column(name, self.plot._columns.get(name)) for name in self._arrays]
        self.table.id_field = self._id_column if self._id_column in self._arrays else next(iter(self._arrays), "")
        self._list()

    @property
    def selected(self) -> list[str]:
        """Labels of the rows that are chosen."""
        return list(self.plot.selected)

    def static(self) -> StaticHtml:
        """Plot and table for a report."""
        return StaticHtml(self.plot.static().html + self.table.static().html)

    def _list(self, labels: Sequence[str] | None = None) -> None:
        rows = self.plot.chosen if labels is None else np.flatnonzero(np.isin(self.plot._labels, list(labels)))
        shown = rows[:_SHOWN_ROWS]
        more = f", the first {len(shown)}" if len(shown) < len(rows) else ""
        self.table.title = f"{len(rows)} of {len(self.plot._labels)}{more}"
        self.table.records = records_of(self._arrays, shown)


def _table_column(name: str, column: PopulationColumn | None) -> dict[str, Any]:
    if column is None or column.names:
        return {"field": name, "title": name.replace("_", " "), "hidden": name in _HIDDEN}
    whole = bool(np.all(np.isnan(column.values) | (column.values == np.round(column.values))))
    kind = {"kind": "integer"} if whole else {"kind": "number", "digits": 5 if name in ("ra", "dec", "mjd") else 3}
    return {"field": name, "title": column.title, "unit": column.unit, **kind}
