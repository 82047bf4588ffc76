"""Light curves and periodograms as HoloViews elements, for exploration beside other plots. holoviews is imported here alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from typing import Any

import holoviews as hv
import numpy as np
from skyhub.errors import InvalidInput

from skyhub_widgets._axes import LightCurveAxes
from skyhub_widgets._overlays import Overlay, bright
from skyhub_widgets._periodogram_figure import MARKED, X_LABELS, places
from skyhub_widgets._periodogram_texts import levels_of, relation_of
from skyhub_widgets._photometry import Floats, Photometry
from skyhub_widgets._styles import filter_style

__all__ = ["light_curve_elements", "periodogram_elements"]

_MARKERS = {
    "circle": "circle", "square": "square", "diamond": "diamond", "triangle": "triangle", "pentagon": "hex",
    "hexagon": "hex", "star": "star", "plus": "plus", "cross": "x", "left": "inverted_triangle", "right": "triangle_pin",
}  # fmt: skip
"""The markers, and the nearest of bokeh's."""


def light_curve_elements(
    photometry: Photometry,
    axes: LightCurveAxes,
    overlays: Sequence[Overlay] = (),
    ebv: float = 0.0,
    datashade: bool = False,
) -> Any:
    """Points, error bars, limits and models of each filter as an overlay.

    Parameters
    ----------
    photometry
        Columns as `shown_photometry` gives them.
    axes
        What is plotted against what.
    overlays
        Models as `overlays_from` gives them, drawn without the extinction of ``ebv`` (mag).
    datashade
        Draw the points as an image of their density, for many more than 1e5 of them; needs the package datashader.

    Returns
    -------
    holoviews.Overlay

    Raises
    ------
    InvalidInput
        If datashading is asked for and datashader is not installed.
    """
    if datashade and find_spec("datashader") is None:
        raise InvalidInput(
            "datashade=True needs the package datashader, which is not installed: pip install datashader, or leave it out.",
            where="datashade",
        )
    _load_bokeh()
    x = hv.Dimension("x", label=axes.x_label)
    y = hv.Dimension("y", label=axes.y_label)
    parts: list[Any] = []
    for name in dict.fromkeys(photometry["filter"].tolist()):
        points = {column: values[photometry["filter"] == name] for column, values in photometry.items()}
        parts += _filter_elements(name, points, axes, (x, y))
    parts += [_model(one, axes, ebv, (x, y)) for one in overlays]
    if datashade:
        from holoviews.operation.datashader import datashade as shaded

        parts = [shaded(part) if isinstance(part, hv.Scatter) else part for part in parts]
    whole = hv.Overlay(parts or [hv.Scatter([], x, y)])
    return whole.opts(
        hv.opts.Overlay(
            invert_yaxis=axes.is_bright_down,
            invert_xaxis=axes.x == "days_ago",
            legend_position="right",
            responsive=True,
        )
    )


def periodogram_elements(found: Mapping[str, Any] | None, x_axis: str, period: float | None) -> Any:
    """The power as a curve, the peaks as points that say what they may be, false-alarm levels and the chosen period.

    Parameters
    ----------
    found
        The document of the periodogram; None gives an empty curve.
    x_axis
        ``period`` or ``frequency``.
    period
        The chosen period (d).

    Returns
    -------
    holoviews.Overlay
    """
    _load_bokeh()
    x, y = hv.Dimension("x", label=X_LABELS[x_axis]), hv.Dimension("y", label="power")
    if found is None:
        return hv.Overlay([hv.Curve([], x, y)])
    spectrum, peaks = found["spectrum"], found["peaks"][:MARKED]
    marks = {
        "x": places(x_axis, [peak["frequency"] for peak in peaks]),
        "y": np.array([peak["power"] for peak in peaks], dtype=float),
        "may be": np.array([relation_of(peak) for peak in peaks], dtype=object),
    }
    parts: list[Any] = [
        hv.Curve((places(x_axis, spectrum["frequency"]), spectrum["power"]), x, y, label="power"),
        hv.Scatter(marks, x, [y, "may be"], label="peaks").opts(
            hv.opts.Scatter(marker="inverted_triangle", size=7, tools=["hover"])
        ),
    ]
    parts += [hv.HLine(level["power"]).opts(hv.opts.HLine(line_dash="dotted")) for level in levels_of(found)]
    parts += [hv.VLine(float(places(x_axis, [1 / period])[0]))] if period else []
    return hv.Overlay(parts).opts(hv.opts.Overlay(responsive=True), hv.opts.Curve(logx=x_axis == "period"))


def _load_bokeh() -> None:
    if "bokeh" not in hv.Store.loaded_backends():
        hv.extension("bokeh", inline=True)


def _cycled(axes: LightCurveAxes, mjd: Floats, *values: Floats) -> tuple[Floats, ...]:
    cycles = axes.shown_cycles(axes.times(mjd))
    return (np.concatenate(cycles), *(np.tile(value, len(cycles)) for value in values))


def _filter_elements(name: str, points: Photometry, axes: LightCurveAxes, dims: tuple[Any, Any]) -> list[Any]:
    style = filter_style(name)
    x, value, error, limit = _cycled(axes, points["mjd"], *axes.values(points))
    seen, upper = np.isfinite(value), np.isfinite(limit)
    scatter = hv.Scatter((x[seen], value[seen]), *dims, label=style["label"])
    look = {"color": style["colour"], "size": 6}
    parts = [scatter.opts(hv.opts.Scatter(marker=_MARKERS[style["marker"]], tools=["hover", "box_select"], **look))]
    if seen.any():
        bars = hv.ErrorBars((x[seen], value[seen], np.nan_to_num(error[seen])), dims[0], [dims[1], "error"])
        parts.append(bars.opts(hv.opts.ErrorBars(color=style["colour"])))
    if upper.any():
        limits = hv.Scatter((x[upper], limit[upper]), *dims, label=f"{style['label']} limits")
        parts.append(limits.opts(hv.opts.Scatter(marker="inverted_triangle", fill_alpha=0, **look)))
    return parts


def _model(overlay: Overlay, axes: LightCurveAxes, ebv: float, dims: tuple[Any, Any]) -> Any:
    mag, flux = bright(overlay, ebv)
    unknown = np.full(len(mag), np.nan)
    line = {"mag": mag, "magerr": unknown, "limiting_mag": unknown, "flux": flux, "fluxerr": unknown}
    x, value = _cycled(axes, overlay["mjd"], axes.values(line)[0])
    order = np.argsort(x, kind="stable")
    style = filter_style(overlay["filter"])
    curve = hv.Curve((x[order], value[order]), *dims, label=f"{overlay['label']}, {style['label']}")
    return curve.opts(hv.opts.Curve(color=style["colour"]))
