"""A periodogram as a matplotlib figure, for reports. matplotlib is imported when a figure is made, not before."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from skyhub_widgets._periodogram_texts import DIGITS, levels_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["MARKED", "X_LABELS", "periodogram_figure", "places"]

MARKED = 10
"""Peaks that are marked."""
X_LABELS = {"period": "period (d)", "frequency": "frequency (1/d)"}
_WINDOW_SHARE = 0.22


def places(x_axis: str, frequencies: Any) -> npt.NDArray[np.float64]:
    """Where frequencies (1/d) are along the axis."""
    values = np.asarray(frequencies, dtype=float)
    return 1 / values if x_axis == "period" else values


def periodogram_figure(
    found: Mapping[str, Any] | None, x_axis: str, period: float | None, size: tuple[float, float]
) -> Figure:
    """Power, false-alarm levels, marked peaks, lines of the window from above, and the chosen period.

    Parameters
    ----------
    found
        The document of the periodogram.
    x_axis
        ``period`` or ``frequency``.
    period
        The chosen period (d).
    size
        Width and height in inches.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=size, layout="constrained")
    plot = figure.add_subplot()
    plot.set_xlabel(X_LABELS[x_axis])
    plot.set_ylabel("power")
    if found is None:
        plot.text(0.5, 0.5, "no periodogram", ha="center", va="center", transform=plot.transAxes)
        return figure
    if x_axis == "period":
        plot.set_xscale("log")
    spectrum = found["spectrum"]
    plot.plot(places(x_axis, spectrum["frequency"]), spectrum["power"], lw=0.7, color="#0072b2")
    _mark(plot, found, x_axis)
    if period:
        [x] = places(x_axis, [1 / period])
        plot.axvline(x, color="#8a3f83", lw=1, label=f"{period:.{DIGITS}g} d")
        plot.legend(frameon=False, fontsize="small")
    return figure


def _mark(plot: Axes, found: Mapping[str, Any], x_axis: str) -> None:
    for line, x in zip(found["window"], places(x_axis, [w["frequency"] for w in found["window"]]), strict=True):
        plot.axvline(x, 1 - _WINDOW_SHARE * line["power"], 1, color="#8a6d3b", lw=1)
    for level in levels_of(found):
        plot.axhline(level["power"], ls=":", lw=0.8, color="#4d4d4d")
        plot.annotate(f"{level['probability']:g}", (1, level["power"]), xycoords=("axes fraction", "data"), size=7)
    peaks = found["peaks"][:MARKED]
    x = places(x_axis, [peak["frequency"] for peak in peaks])
    plot.plot(x, [peak["power"] for peak in peaks], "v", ms=4, color="#c34f00")
