"""The sky of a plan: the density of the localization with its contours, and the outlines of fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure
from numpy.typing import NDArray

__all__ = ["SkyAxes"]

Floats = NDArray[np.float64]

_WIDTHS = {"50%": 1.2, "90%": 0.7}
"""Of contours (points)."""


class SkyAxes:
    """Axes of the sky, east to the left: Mollweide's of the whole, or a plane about a place.

    Parameters
    ----------
    figure
        Where to draw.
    place
        Which part of the figure: left, bottom, width, height.
    sky
        ``half``, half of the width (deg) or None for the whole sky; ``ra, dec`` of the middle (ICRS, deg); ``density`` by rows from
        the south and columns from the east; ``contours`` by name, lines of shape ``(n, 2)`` (ICRS, deg).
    """

    def __init__(self, figure: Figure, place: tuple[float, float, float, float], sky: Mapping[str, Any]) -> None:
        self._half, self._ra, self._dec = sky["half"], float(sky["ra"]), float(sky["dec"])
        self.axes: Axes = figure.add_axes(place, projection=None if self._half else "mollweide")
        self._set_frame()
        density = np.asarray(sky["density"], dtype=float)
        x, y = (np.linspace(-self._limits[n], self._limits[n], size + 1) for n, size in enumerate(density.shape[::-1]))
        self.axes.pcolormesh(x, y, density[:, ::-1], cmap="Reds", alpha=0.8, rasterized=True, shading="flat", zorder=0)
        for name, lines in sky["contours"].items():
            for line in lines:
                for x, y in self._copies(np.asarray(line, dtype=float)):
                    self.axes.plot(x, y, color="#7b241c", zorder=1, linewidth=_WIDTHS.get(name, 0.7))

    def fields(self, outlines: Sequence[Any], colours: Floats) -> PolyCollection:
        """Draw the outlines of fields in their colours, shape ``(n, 4)``; what crosses the edge of the sky is drawn at both."""
        parts = [
            (np.column_stack(copy), colour)
            for outline, colour in zip(outlines, colours, strict=True)
            for copy in self._copies(np.asarray([*outline, outline[0]], dtype=float))
        ]
        drawn = PolyCollection([part for part, _ in parts], edgecolors="#17202a", linewidths=0.4, zorder=2)
        drawn.set_facecolor([colour for _, colour in parts])
        self.axes.add_collection(drawn, autolim=False)
        return drawn

    def copies_of(self, outline: Any) -> int:
        """How many parts of the drawing an outline has."""
        return len(self._copies(np.asarray([*outline, outline[0]], dtype=float)))

    @property
    def _limits(self) -> tuple[float, float]:
        return (self._half, self._half) if self._half else (np.pi, np.pi / 2)

    def _set_frame(self) -> None:
        axes = self.axes
        axes.grid(alpha=0.3)
        if self._half:
            axes.set_xlim(-self._half, self._half)
            axes.set_ylim(-self._half, self._half)
            axes.set_aspect("equal")
            axes.set_xticks([tick for tick in axes.get_xticks() if abs(tick) <= self._half])
            axes.set_xticklabels([f"{0 - tick:g}" for tick in axes.get_xticks()])
            axes.set_xlabel(f"east of RA {self._ra:.2f}° (deg on the sky)", fontsize=7)
            axes.set_ylabel(f"north of Dec {self._dec:+.2f}° (deg)", fontsize=7)
        else:
            ticks = np.radians(np.arange(-150, 180, 60))
            axes.set_xticks(ticks)
            axes.set_xticklabels([f"{(self._ra - np.degrees(tick)) % 360 / 15:.0f}h" for tick in ticks])
        axes.tick_params(labelsize=7)

    def _copies(self, places: Floats) -> list[tuple[Floats, Floats]]:
        """Where a line is drawn: once, or at both edges of the whole sky."""
        east, north = (self._plane if self._half else self._whole)(places[:, 0], places[:, 1])
        if self._half:
            return [(-east, north)] if np.isfinite(east).all() else []
        copies = [(np.clip(-east + turn, -np.pi, np.pi), north) for turn in (0.0, 2 * np.pi, -2 * np.pi)]
        return [(x, y) for x, y in copies if np.ptp(x) > 1e-9]

    def _whole(self, ra: Floats, dec: Floats) -> tuple[Floats, Floats]:
        """Longitudes from the middle without jumps, and latitudes (rad)."""
        east = np.unwrap(np.radians((ra - self._ra + 180) % 360 - 180))
        return east, np.radians(dec)

    def _plane(self, ra: Floats, dec: Floats) -> tuple[Floats, Floats]:
        """Zenithal equidistant places about the middle (deg), of which the half beyond is none."""
        lon, lat, pole = np.radians(ra - self._ra), np.radians(dec), np.radians(self._dec)
        cosine = np.sin(pole) * np.sin(lat) + np.cos(pole) * np.cos(lat) * np.cos(lon)
        away = np.arccos(np.clip(cosine, -1, 1))
        scale = np.degrees(away / np.maximum(np.sin(away), 1e-12))
        scale = np.where(away < np.pi / 2, np.where(away < 1e-9, np.degrees(1.0), scale), np.nan)
        east = scale * np.cos(lat) * np.sin(lon)
        north = scale * (np.cos(pole) * np.sin(lat) - np.sin(pole) * np.cos(lat) * np.cos(lon))
        return east, north
