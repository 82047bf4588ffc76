"""The map of a localization as a picture for reports, drawn by ligo.skymap."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from skyhub_widgets._figure import figure_html
from skyhub_widgets._static import StaticHtml

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.figure import Figure
    from numpy.typing import NDArray
    from skyhub.client import Localization

__all__ = ["static_sky_map"]

_NSIDE = 256
_INCHES = (8.0, 4.6)
_MARKS = ("*", "+", "x", "^", "s", "D")


def static_sky_map(
    localization: Localization,
    points: Mapping[str, tuple[Sequence[float], Sequence[float]]] | None = None,
    *,
    levels: Sequence[float] = (0.5, 0.9),
    format: str = "png",
) -> StaticHtml:
    """The density of probability on the whole sky with credible regions and points, as ligo.skymap draws it.

    ligo.skymap takes seconds to import where no kernel has it at hand.

    Parameters
    ----------
    localization
        What is drawn, at a resolution of 0.23 deg.
    points
        Right ascensions and declinations (ICRS, deg) by what they are.
    levels
        Probabilities that the drawn regions hold.
    format
        ``png`` or ``svg``.

    Raises
    ------
    InvalidInput
        If the format is another one.
    """
    named = " and ".join(f"{level:.0%}" for level in levels)
    told = f"Sky map of {localization['name']} with its {named} regions" + (
        f" and {', '.join(points)}" if points else ""
    )
    return figure_html(sky_map_figure(localization, points or {}, levels), format, told)


def sky_map_figure(
    localization: Localization, points: Mapping[str, tuple[Sequence[float], Sequence[float]]], levels: Sequence[float]
) -> Figure:
    """The figure of `static_sky_map`."""
    import ligo.skymap.plot  # noqa: F401  it brings its projections along
    from matplotlib.figure import Figure

    flat = localization.to_healpix(_NSIDE)
    figure = Figure(figsize=_INCHES)
    figure.subplots_adjust(left=0.06, right=0.94, bottom=0.02, top=0.98)
    axes: Any = figure.add_subplot(projection="astro hours mollweide")
    axes.grid()
    axes.imshow_hpx(flat, cmap="cylon")
    drawn = axes.contour_hpx(_credible_levels(flat), levels=sorted(levels), colors="black", linewidths=0.7)
    axes.clabel(drawn, fmt=lambda level: f"{level:.0%}", fontsize=6)
    for mark, (name, (ra, dec)) in zip(_MARKS, points.items(), strict=False):
        axes.plot(ra, dec, mark, transform=axes.get_transform("world"), label=name, markersize=7, color="tab:blue")
    if points:
        axes.legend(loc="lower right", fontsize=7)
    return figure


def _credible_levels(flat: NDArray[np.float64]) -> NDArray[np.float64]:
    """The least probability of a region that holds a pixel, pixels of most probability first."""
    import numpy as np

    order = np.argsort(-flat, kind="stable")
    levels = np.empty_like(flat)
    levels[order] = np.cumsum(flat[order])
    return levels
