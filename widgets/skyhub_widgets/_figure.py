"""A light curve as a matplotlib figure, for reports. matplotlib is imported when a figure is made, not before."""

from __future__ import annotations

import io
from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from skyhub.errors import InvalidInput
from skyhub.science.photometry import is_forced

from skyhub_widgets._axes import LightCurveAxes
from skyhub_widgets._overlays import Overlay, bright
from skyhub_widgets._photometry import Photometry
from skyhub_widgets._static import StaticHtml, data_url
from skyhub_widgets._styles import MARKERS, filter_style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["figure_html", "light_curve_figure"]

_DENSE = 4000
"""Points above which markers become dots without error bars, drawn as an image."""
_DASHES = ("-", "--", ":", "-.")
_FAINT = 0.3


def light_curve_figure(
    photometry: Photometry,
    axes: LightCurveAxes,
    overlays: Sequence[Overlay] = (),
    ebv: float = 0.0,
    size: tuple[float, float] = (7.0, 3.2),
) -> Figure:
    """Light curve with error bars, upper limits and models.

    Parameters
    ----------
    photometry
        Columns as `shown_photometry` gives them.
    axes
        What is plotted against what.
    overlays
        Models as `overlays_from` gives them, which are drawn without the extinction of ``ebv`` (mag).
    size
        Width and height in inches.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=size, layout="constrained")
    plot = figure.add_subplot()
    dense = len(photometry["mjd"]) > _DENSE
    for name in dict.fromkeys(photometry["filter"].tolist()):
        points = {column: values[photometry["filter"] == name] for column, values in photometry.items()}
        _draw_filter(plot, name, points, axes, dense)
    _draw_overlays(plot, overlays, axes, ebv)
    if len(photometry["mjd"]) == 0:
        plot.text(0.5, 0.5, "no photometry", ha="center", va="center", transform=plot.transAxes)
    elif axes.is_bright_down:
        plot.invert_yaxis()
    _label(plot, axes)
    return figure


def _label(plot: Axes, axes: LightCurveAxes) -> None:
    plot.set_xlabel(axes.x_label)
    plot.set_ylabel(axes.y_label)
    if axes.x == "days_ago":
        plot.invert_xaxis()
    if axes.x == "utc":
        plot.tick_params(axis="x", labelrotation=20)
    else:
        plot.ticklabel_format(axis="x", useOffset=False)
    plot.grid(alpha=0.25)
    if plot.get_legend_handles_labels()[1]:
        plot.legend(frameon=False, fontsize="small", ncols=3)


def _draw_filter(plot: Axes, name: str, points: Photometry, axes: LightCurveAxes, dense: bool) -> None:
    style: Any = filter_style(name)
    value, error, limit = axes.values(points)
    forced = np.array([is_forced(origin) for origin in points["origin"]], dtype=bool)
    bad = points["validated"] == 0
    label = style["label"]
    for x in axes.shown_cycles(axes.times(points["mjd"])):
        for these, changes in (
            (~forced & ~bad, {}),
            (forced & ~bad, {"markerfacecolor": "none"}),
            (bad, {"alpha": _FAINT}),
        ):
            chosen: npt.NDArray[np.bool_] = these & np.isfinite(value)
            if not chosen.any():
                continue
            look: dict[str, Any] = {"color": style["colour"], "label": label, **changes}
            if dense:
                plot.plot(x[chosen], value[chosen], ",", rasterized=True, **look)
            else:
                bars = np.nan_to_num(error[chosen])
                plot.errorbar(
                    x[chosen], value[chosen], yerr=bars, fmt=MARKERS[style["marker"]], ms=4, elinewidth=1, **look
                )
            label = None
        seen = np.isfinite(limit)
        plot.plot(x[seen], limit[seen], "v", color=style["colour"], markerfacecolor="none", ms=5, rasterized=dense)


def _draw_overlays(plot: Axes, overlays: Sequence[Overlay], axes: LightCurveAxes, ebv: float) -> None:
    labels = list(dict.fromkeys(one["label"] for one in overlays))
    for one in overlays:
        mag, flux = bright(one, ebv)
        unknown = np.full(len(mag), np.nan)
        line = {"mag": mag, "magerr": unknown, "limiting_mag": unknown, "flux": flux, "fluxerr": unknown}
        value = axes.values(line)[0]
        places = axes.times(one["mjd"])
        dash = _DASHES[labels.index(one["label"]) % len(_DASHES)]
        label: str | None = f"{one['label']}, {filter_style(one['filter'])['label']}"
        for x in axes.shown_cycles(places):
            broken = value.copy()
            if axes.x == "phase":
                broken[1:][np.diff(x) < 0] = np.nan
            plot.plot(x, broken, dash, color=filter_style(one["filter"])["colour"], lw=1.3, label=label)
            label = None


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
    source = data_url("image/png", buffer.getvalue())
    return StaticHtml(f'<img class="skyhub-static" alt="{escape(alt)}" src="{source}"/>')
