"""A population as a matplotlib figure, for reports. matplotlib is imported when a figure is made, not before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from skyhub_widgets._figure import figure_html
from skyhub_widgets._population_columns import PopulationColumn
from skyhub_widgets._static import StaticHtml

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["population_html"]

_BINS = 40
_FAINT, _STRONG = "#9aa5b1", "#0b5cad"


def population_html(
    columns: Mapping[str, PopulationColumn],
    x: str,
    y: str,
    histograms: Sequence[str],
    chosen: npt.NDArray[np.intp],
    title: str,
) -> StaticHtml:
    """Scatter plot and histograms as inline SVG; rows that are not chosen are grey.

    Parameters
    ----------
    columns
        The columns by name.
    x, y, histograms
        Which of them are drawn.
    chosen
        Places of the rows that are chosen.
    title
        What is shown.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.5, 3.4), layout="constrained")
    layout: list[Any] = [["scatter", *(f"h{place}" for place in range(len(histograms)))]]
    parts = figure.subplot_mosaic(layout, width_ratios=[2, *[1] * len(histograms)])
    if x and y:
        for rows, colour in ((slice(None), _FAINT), (chosen, _STRONG)):
            dots = columns[x].values[rows], columns[y].values[rows]
            parts["scatter"].plot(*dots, ".", color=colour, markersize=3, markeredgewidth=0, rasterized=True)
        _name(parts["scatter"], columns[x], "x")
        _name(parts["scatter"], columns[y], "y")
    for place, name in enumerate(histograms):
        _histogram(parts[f"h{place}"], columns[name], chosen)
    return figure_html(figure, "svg", title)


def _histogram(plot: Axes, column: PopulationColumn, chosen: npt.NDArray[np.intp]) -> None:
    known = column.values[np.isfinite(column.values)]
    edges = np.histogram_bin_edges(known, _BINS)
    for values, colour in ((known, _FAINT), (column.values[chosen], _STRONG)):
        plot.hist(values[np.isfinite(values)], edges, color=colour)  # type: ignore[arg-type]
    _name(plot, column, "x")


def _name(plot: Any, column: PopulationColumn, axis: str) -> None:
    text = column.title + (f" ({column.unit})" if column.unit else "")
    (plot.set_xlabel if axis == "x" else plot.set_ylabel)(text)
    if column.names:
        (plot.set_xticks if axis == "x" else plot.set_yticks)(range(len(column.names)), column.names)
    if column.is_flipped:
        (plot.invert_xaxis if axis == "x" else plot.invert_yaxis)()
