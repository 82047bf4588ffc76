"""Layers of a sky plot: points, outlines and tracks, as positions on the sky with what they are called."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from skyhub.errors import InvalidInput
from skyhub.science.coordinates import galactic_of, icrs_of

__all__ = ["COLOURS", "Layer", "galactic_plane", "layer_of_lines", "layer_of_points"]

COLOURS = ("accent", "good", "warning", "bad", "muted", "text")
"""Colours of layers by their meaning in the page's theme; besides these ``#rrggbb``."""

Floats = npt.NDArray[np.float64]
Kind = Literal["points", "outlines", "lines", "tracks", "guide"]


@dataclass(frozen=True)
class Layer:
    """One layer, in the order in which it is drawn.

    Parameters
    ----------
    kind
        ``points``; ``outlines`` (closed lines), ``lines`` (as they are), ``tracks`` (with a mark at the end), or ``guide``
        (faint lines).
    name
        What it is called in the legend.
    ra, dec
        Positions (ICRS, deg), those of one line after another.
    labels
        What points, or lines, are called; it is told when one points at them.
    starts
        Where each line begins.
    colour
        One of `COLOURS`, or ``#rrggbb``.
    colours
        Of each point or line, where they differ.
    """

    kind: Kind
    name: str
    ra: Floats
    dec: Floats
    labels: list[str] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    colour: str = "accent"
    colours: list[str] = field(default_factory=list)

    def packed(self, frame: str) -> dict[str, Any]:
        """As it travels to the browser, in a frame (``icrs`` or ``galactic``)."""
        lon, lat = self.positions(frame)
        return {
            "kind": self.kind, "name": self.name, "colour": self.colour, "colours": self.colours, "labels": self.labels,
            "starts": self.starts, "lon": lon.astype("<f4").tobytes(), "lat": lat.astype("<f4").tobytes(),
        }  # fmt: skip

    def positions(self, frame: str) -> tuple[Floats, Floats]:
        """Longitudes and latitudes (deg) in a frame."""
        return galactic_of(self.ra, self.dec) if frame == "galactic" else (self.ra, self.dec)

    def lines(self, frame: str) -> list[tuple[Floats, Floats]]:
        """The lines, each on its own."""
        lon, lat = self.positions(frame)
        cuts = self.starts[1:]
        return list(zip(np.split(lon, cuts), np.split(lat, cuts), strict=True)) if len(lon) else []


def layer_of_points(
    name: str, ra: Any, dec: Any, labels: Sequence[str] = (), colour: str = "accent", colours: Sequence[str] = ()
) -> Layer:
    """A layer of points (ICRS, deg), in one colour or in one each.

    Raises
    ------
    InvalidInput
        If a position is none, or the lengths differ.
    """
    lon, lat = _checked(ra, dec)
    _require_each(len(lon), labels, "labels")
    return Layer(
        "points", name, lon, lat, [str(label) for label in labels], [], _colour(colour), _each(len(lon), colours)
    )


def layer_of_lines(
    kind: Kind,
    name: str,
    lines: Sequence[Any],
    labels: Sequence[str] = (),
    colour: str = "warning",
    colours: Sequence[str] = (),
) -> Layer:
    """A layer of lines, each a sequence of positions (ICRS, deg), shape ``(n, 2)``.

    Raises
    ------
    InvalidInput
        If one has fewer than two positions, or a position is none.
    """
    arrays = [np.asarray(line, dtype=float) for line in lines]
    for number, line in enumerate(arrays):
        if line.ndim != 2 or line.shape[1:] != (2,) or len(line) < 2:
            raise InvalidInput(
                f"line {number} has the shape {line.shape}: at least two positions (ra, dec) are needed.", kind
            )
    _require_each(len(arrays), labels, "labels")
    both = np.concatenate(arrays) if arrays else np.empty((0, 2))
    lon, lat = _checked(both[:, 0], both[:, 1])
    starts = np.cumsum([0, *(len(line) for line in arrays)])[:-1].tolist()
    called = [str(label) for label in labels]
    return Layer(kind, name, lon, lat, called, starts, _colour(colour), _each(len(arrays), colours))


def galactic_plane() -> Layer:
    """The galactic equator, and the latitudes ten degrees from it."""
    lon = np.linspace(0, 360, 181)
    lines = [np.transpose(icrs_of(lon, np.full(len(lon), lat))) for lat in (0.0, -10.0, 10.0)]
    return layer_of_lines("guide", "Galactic plane", lines, colour="muted")


def _checked(ra: Any, dec: Any) -> tuple[Floats, Floats]:
    lon, lat = (np.atleast_1d(np.asarray(getattr(v, "value", v), dtype=float)) for v in (ra, dec))
    if lon.shape != lat.shape or lon.ndim != 1:
        raise InvalidInput(f"ra has the shape {lon.shape} and dec {lat.shape}: two columns of one length.", "ra")
    wrong = np.flatnonzero(~(np.isfinite(lon) & (np.abs(lat) <= 90)))
    if len(wrong):
        at = int(wrong[0])
        raise InvalidInput(f"position {at} is ({lon[at]}, {lat[at]}): finite ra, and −90 ≤ dec ≤ 90 deg.", "dec")
    return lon % 360.0, lat


def _require_each(count: int, given: Sequence[str], where: str) -> None:
    if len(given) not in (0, count):
        raise InvalidInput(f"{count} places and {len(given)} {where} were given: one each, or none.", where)


def _each(count: int, colours: Sequence[str]) -> list[str]:
    _require_each(count, colours, "colours")
    return [_colour(text) for text in colours]


def _colour(text: str) -> str:
    if text in COLOURS or (len(text) == 7 and text[0] == "#" and all(c in "0123456789abcdefABCDEF" for c in text[1:])):
        return text
    raise InvalidInput(f"the colour {text!r} was given: {', '.join(COLOURS)} or #rrggbb are permitted.", "colour")
