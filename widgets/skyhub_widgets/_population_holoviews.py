"""A population as HoloViews elements with linked selections, and beside a table of Panel: for exploration in JupyterLab.

holoviews, datashader and panel are imported here alone; nothing on a dashboard's page imports this module.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlencode

import holoviews as hv
import numpy.typing as npt
from skyhub.errors import SkyhubError
from skyhub.resources import DASHBOARD

from skyhub_widgets._population_columns import PopulationColumn
from skyhub_widgets._scan_list import put_on_list

if TYPE_CHECKING:
    from skyhub.client import Sky

__all__ = ["LinkedPopulation", "population_elements", "population_workbench"]

_MANY = 10_000
"""Points above which they are drawn as an image of their density."""
_BINS = 40
_LABEL = "label"


class LinkedPopulation(NamedTuple):
    """Elements whose selections follow each other."""

    layout: Any
    """Scatter plot and histograms, a ``holoviews.Layout``."""
    link: Any
    """The ``holoviews.link_selections``; its ``selection_expr`` says what is chosen."""
    data: Any
    """All rows, a ``holoviews.Dataset``."""

    def selected(self) -> Any:
        """The rows that are chosen, as a pandas data frame; all if nothing is."""
        chosen = self.data if self.link.selection_expr is None else self.data.select(self.link.selection_expr)
        return chosen.dframe()


def population_elements(
    columns: Sequence[PopulationColumn], labels: npt.NDArray[Any], x: str, y: str, histograms: Sequence[str]
) -> LinkedPopulation:
    """Scatter plot and histograms in which a box or a lasso chooses the same rows everywhere.

    Parameters
    ----------
    columns
        The columns.
    labels
        What rows are called.
    x, y, histograms
        Which of the columns are drawn; above 10,000 rows the scatter plot is datashaded.
    """
    if "bokeh" not in hv.Store.loaded_backends():
        hv.extension("bokeh", inline=True)
    dimensions = [hv.Dimension(c.name, label=c.title, unit=c.unit or None) for c in columns]
    values = {column.name: column.values for column in columns}
    data = hv.Dataset({_LABEL: labels, **values}, kdims=[_LABEL], vdims=dimensions)
    link = hv.link_selections.instance()
    flipped = {column.name: column.is_flipped for column in columns}
    points = hv.Points(data, kdims=[x, y]).opts(
        tools=["hover", "box_select", "lasso_select"], responsive=True, min_height=380, size=4,
        invert_xaxis=flipped[x], invert_yaxis=flipped[y],
    )  # fmt: skip
    parts = [_shaded(points, flipped[x], flipped[y]) if len(labels) > _MANY else points]
    for name in histograms:
        bars = hv.operation.histogram(hv.Points(data, kdims=[name, y]), dimension=name, num_bins=_BINS, normed=False)
        parts.append(bars.opts(tools=["xbox_select"], responsive=True, min_height=200, invert_xaxis=flipped[name]))
    return LinkedPopulation(link(hv.Layout(parts).cols(2)), link, data)


def population_workbench(linked: LinkedPopulation, sky: Sky | None = None) -> Any:
    """The elements, and below them a Tabulator of the rows that are chosen: a ``panel.Column``.

    With a connection to the platform, a line below puts what is chosen on a list of the viewer's.
    """
    import panel as pn

    pn.extension("tabulator", inline=True)
    rows = pn.widgets.Tabulator(
        linked.selected(),
        pagination="remote",
        page_size=10,
        disabled=True,
        show_index=False,
        sizing_mode="stretch_width",
    )

    def show(_: object) -> None:
        rows.value = linked.selected()

    linked.link.param.watch(show, "selection_expr")
    parts = [pn.pane.HoloViews(linked.layout, sizing_mode="stretch_width"), rows]
    return pn.Column(*parts, *([] if sky is None else [_listing(linked, sky)]))


def _listing(linked: LinkedPopulation, sky: Sky) -> Any:
    """A name, a button that puts the rows that are chosen on the list of this name, and links to what can be done there."""
    import panel as pn

    name = pn.widgets.TextInput(placeholder="young and blue", width=220)
    button = pn.widgets.Button(name="Put what is chosen on my list", button_type="primary")
    said = pn.pane.HTML("")

    def store(_: object) -> None:
        listed, chosen = (name.value or "").strip(), linked.selected()[_LABEL].tolist()
        if linked.link.selection_expr is None or not listed or not chosen:
            said.object = "Choose rows in the plots, and say what the list is called."
            return
        try:
            said.object = _links(put_on_list(sky, chosen, listed), len(chosen))
        except SkyhubError as error:
            said.object = escape(error.message)

    button.on_click(store)
    return pn.Row(name, button, said)


def _links(params: dict[str, str], count: int) -> str:
    page = os.environ.get("JUPYTERHUB_SERVICE_PREFIX", "/").rstrip("/") + DASHBOARD
    scan, notebook = (
        escape(f"{page}?{urlencode({**view, **params})}")
        for view in ({"view": "scan"}, {"view": "notebook", "of": "scan"})
    )
    shown = (
        f'<a href="{scan}" target="_blank">Scan them</a> · <a href="{notebook}" target="_blank">Open as notebook</a>'
    )
    return f"{count} objects are on the list. {shown}"


def _shaded(points: Any, flip_x: bool, flip_y: bool) -> Any:
    from holoviews.operation.datashader import datashade, dynspread

    return dynspread(datashade(points)).opts(
        tools=["box_select", "lasso_select"], responsive=True, min_height=380, invert_xaxis=flip_x, invert_yaxis=flip_y
    )
