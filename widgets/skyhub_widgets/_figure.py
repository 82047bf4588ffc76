"""A light curve as a matplotlib figure, for reports. matplotlib is imported when a figure is made, not before."""

from __future__ import annotations

import io
from base64 import b64encode
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
from skyhub.errors import InvalidInput

from skyhub_widgets._photometry import Photometry
from skyhub_widgets._static import StaticHtml
from skyhub_widgets._styles import MARKERS, filter_style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["figure_html", "light_curve_figure"]


def light_curve_figure(photometry: Photometry, y_axis: str = "mag", width: float = 7.0, height: float = 3.2) -> Figure:
    """Light curve with error bars and upper limits.

    Parameters
    ----------
    photometry
        Columns as :func:`photometry_from` gives them.
    y_axis
        ``mag`` (AB, bright is up) or ``flux`` (µJy).
    width, height
        Size in inches.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    axes = figure.add_subplot()
    for name in dict.fromkeys(photometry["filter"].tolist()):
        points = {column: values[photometry["filter"] == name] for column, values in photometry.items()}
        _draw_filter(axes, name, points, y_axis)
    if len(photometry["mjd"]) == 0:
        axes.text(0.5, 0.5, "no photometry", ha="center", va="center", transform=axes.transAxes)
    elif y_axis == "mag":
        axes.invert_yaxis()
    _label(axes, y_axis)
    return figure


def _label(axes: Axes, y_axis: str) -> None:
    axes.set_xlabel("MJD (UTC)")
    axes.set_ylabel("AB magnitude" if y_axis == "mag" else "flux (µJy)")
    axes.ticklabel_format(axis="x", useOffset=False)
    axes.grid(alpha=0.25)
    if axes.get_legend_handles_labels()[1]:
        axes.legend(frameon=False, fontsize="small", ncols=3)


def _draw_filter(axes: Axes, name: str, points: Photometry, y_axis: str) -> None:
    style: Any = filter_style(name)
    column, error = ("mag", "magerr") if y_axis == "mag" else ("flux", "fluxerr")
    seen = np.isfinite(points[column])
    axes.errorbar(
        points["mjd"][seen], points[column][seen], yerr=np.nan_to_num(points[error][seen]),
        fmt=MARKERS[style["marker"]], color=style["colour"], markersize=4, elinewidth=1, label=style["label"],
    )  # fmt: skip
    limits = ~seen & np.isfinite(points["limiting_mag"])
    if y_axis == "mag" and limits.any():
        axes.plot(
            points["mjd"][limits], points["limiting_mag"][limits],
            "v", color=style["colour"], markerfacecolor="none", markersize=5,
        )  # fmt: skip


def figure_html(figure: Figure, form: str, alt: str) -> StaticHtml:
    """A figure as inline SVG, or as a PNG image in a data URL.

    Raises
    ------
    InvalidInput
        If ``form`` is neither ``svg`` nor ``png``.
    """
    if form not in ("svg", "png"):
        raise InvalidInput(f"The format {form!r} was given; permitted are 'svg' and 'png'.", where="format")
    buffer = io.BytesIO()
    if form == "svg":
        figure.savefig(buffer, format="svg", metadata={"Date": None})
        text = buffer.getvalue().decode()
        drawing = text[text.index("<svg") :].replace("<svg", f'<svg role="img" aria-label="{escape(alt)}"', 1)
        return StaticHtml(f'<div class="skyhub-static">{drawing}</div>')
    figure.savefig(buffer, format="png", dpi=150)
    source = b64encode(buffer.getvalue()).decode()
    return StaticHtml(f'<img class="skyhub-static" alt="{escape(alt)}" src="data:image/png;base64,{source}"/>')
