"""Footprints of cameras: ds9 regions read into a sky-offset frame, and put anywhere on the sky.

In the sky-offset frame of a position the longitude grows to the east and the latitude to the north, and the position
itself is (0, 0) [1]_. Sides of polygons are great circles: straight lines in the gnomonic projection [2]_.

References
----------
.. [1] Astropy Collaboration 2018, AJ 156, 123. doi:10.3847/1538-3881/aabc4f (sky-offset frames)
.. [2] Calabretta & Greisen 2002, A&A 395, 1077. doi:10.1051/0004-6361:20021327
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skyhub.errors import InvalidInput
from skyhub.science._regions import Shape, read_shapes
from skyhub.science.vectors import lonlat, unit_vectors

__all__ = [
    "Footprint",
    "filled_polygon",
    "inside_polygon",
    "offset_axes",
    "offsets_of",
    "parse_footprint",
    "rectangle",
    "to_sky",
]

Vectors = NDArray[np.float64]

_ROUND = 72
"""Corners of the polygon that stands for a circle or an ellipse."""
_CENTRED = 0.05
"""A region whose centre is this close to (0, 0), in units of its radius, is given as offsets from there."""
_LARGEST_RADIUS = 60.0


@dataclass(frozen=True)
class Footprint:
    """What a camera sees at once, relative to where it points.

    Parameters
    ----------
    polygons
        Corners in the sky-offset frame of the pointing: longitude (east) and latitude (north) in deg, each of shape
        ``(n_corners, 2)``.
    """

    polygons: tuple[NDArray[np.float64], ...]

    @cached_property
    def planes(self) -> tuple[NDArray[np.float64], ...]:
        """The polygons in the gnomonic projection about the pointing (radians, east and north)."""
        return tuple(_gnomonic(unit_vectors(p[:, 0], p[:, 1])) for p in self.polygons)

    @property
    def radius(self) -> float:
        """Distance of the farthest corner from the pointing (deg)."""
        return max(float(np.degrees(np.arctan(np.hypot(*p.T))).max()) for p in self.planes)

    @property
    def areas(self) -> NDArray[np.float64]:
        """Solid angle of each polygon (deg²)."""
        return np.array([_solid_angle(unit_vectors(p[:, 0], p[:, 1])) for p in self.polygons])

    def hull(self) -> Footprint:
        """The smallest convex footprint around this one: gaps between detectors count as seen."""
        points = np.unique(np.concatenate(self.planes), axis=0)
        east, north = np.array(_half_hull(points) + _half_hull(points[::-1])).T
        depth = 1 / np.sqrt(1 + east**2 + north**2)
        return Footprint((np.column_stack(lonlat(np.stack([depth, east * depth, north * depth], axis=-1), 180.0)),))

    def turned(self, angle: float) -> Footprint:
        """The footprint of the camera turned by a position angle (deg, from north to east)."""
        if angle % 360 == 0:
            return self
        c, s = np.cos(np.radians(angle)), np.sin(np.radians(angle))
        turn = np.array([[1, 0, 0], [0, c, s], [0, -s, c]])
        vectors = [unit_vectors(p[:, 0], p[:, 1]) @ turn.T for p in self.polygons]
        return Footprint(tuple(np.column_stack(lonlat(v, wrap=180.0)) for v in vectors))

    def contains(self, lon: ArrayLike, lat: ArrayLike) -> NDArray[np.bool_]:
        """Whether offsets from the pointing (deg) are seen."""
        at = _gnomonic(unit_vectors(lon, lat))
        inside = np.zeros(at.shape[:-1], dtype=bool)
        for plane in self.planes:
            inside |= inside_polygon(plane, at[..., 0], at[..., 1])
        return inside

    def corners(self, ra: float, dec: float) -> list[NDArray[np.float64]]:
        """The polygons on the sky (ICRS, deg) for a pointing there, each of shape ``(n_corners, 2)``."""
        return [np.column_stack(to_sky(p[:, 0], p[:, 1], ra, dec)) for p in self.polygons]


def parse_footprint(text: str) -> Footprint:
    """The footprint that a ds9 region file describes.

    Polygons, boxes, circles and ellipses in degrees (ICRS or FK5) are taken relative to their common centre; a region
    that lies about (0, 0), or has no coordinate system, is taken as offsets from the pointing.

    Raises
    ------
    InvalidInput
        If the text is no such region, or one too large.

    Examples
    --------
    >>> footprint = parse_footprint("icrs\\nbox(150, 2, 1, 2, 0)")
    >>> footprint.polygons[0].round(3).tolist()
    [[-0.5, -1.0], [0.5, -1.0], [0.5, 1.0], [-0.5, 1.0]]
    """
    shapes = read_shapes(text)
    vectors = [_corners(shape) for shape in shapes]
    axes = offset_axes(*_centre(vectors))
    turned = [v @ axes.T for v in vectors]
    if min(float(v[:, 0].min()) for v in turned) < np.cos(np.radians(_LARGEST_RADIUS)):
        raise InvalidInput(
            f"the region reaches more than {_LARGEST_RADIUS:g} deg from its centre: that is no camera.", "footprint"
        )
    return Footprint(tuple(np.column_stack(lonlat(v, wrap=180.0)) for v in turned))


def rectangle(width: float, height: float) -> Footprint:
    """The footprint of one detector (deg, east–west and north–south)."""
    return parse_footprint(f"box(0, 0, {width}, {height}, 0)")


def offset_axes(ra: ArrayLike, dec: ArrayLike) -> NDArray[np.float64]:
    """Axes of the sky-offset frames of positions (deg): centre, east, north as rows, shape ``(..., 3, 3)``."""
    a, d = np.radians(np.asarray(ra, dtype=float)), np.radians(np.asarray(dec, dtype=float))
    zero = np.zeros(np.broadcast(a, d).shape)
    centre = [np.cos(d) * np.cos(a), np.cos(d) * np.sin(a), np.sin(d) + zero]
    east = [-np.sin(a) + zero, np.cos(a) + zero, zero]
    north = [-np.sin(d) * np.cos(a), -np.sin(d) * np.sin(a), np.cos(d) + zero]
    return np.stack([np.stack(axis, axis=-1) for axis in (centre, east, north)], axis=-2)


def to_sky(lon: ArrayLike, lat: ArrayLike, ra: float, dec: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Positions (ICRS, deg) of offsets (deg) in the sky-offset frame of a position (deg)."""
    return lonlat(unit_vectors(lon, lat) @ offset_axes(ra, dec))


def offsets_of(
    ra: ArrayLike, dec: ArrayLike, centre_ra: ArrayLike, centre_dec: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Offsets (deg, east and north) of positions in the sky-offset frames of others; arrays broadcast."""
    v = unit_vectors(ra, dec)
    return lonlat(np.einsum("...ij,...j->...i", offset_axes(centre_ra, centre_dec), v), wrap=180.0)


def inside_polygon(corners: NDArray[np.float64], x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Whether points of a plane lie inside a polygon of shape ``(n_corners, 2)``, by counting crossed sides."""
    inside = np.zeros(np.shape(x), dtype=bool)
    for (x1, y1), (x2, y2) in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        if y1 != y2:
            inside ^= ((y1 > y) != (y2 > y)) & (x < x1 + (y - y1) * (x2 - x1) / (y2 - y1))
    return inside


def filled_polygon(corners: NDArray[np.float64], x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.bool_]:
    """`inside_polygon` of a grid with ascending x and y, shape ``(n_y, n_x)``: row by row, between the sides that it crosses."""
    crossed = np.zeros((len(y), len(x) + 1), dtype=bool)
    for (x1, y1), (x2, y2) in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        rows = np.arange(*np.searchsorted(y, sorted((y1, y2))))
        if len(rows):
            crossed[rows, np.searchsorted(x, x1 + (y[rows] - y1) * (x2 - x1) / (y2 - y1))] ^= True
    return np.asarray(np.logical_xor.accumulate(crossed[:, :0:-1], axis=1)[:, ::-1])


def _half_hull(points: NDArray[np.float64]) -> list[NDArray[np.float64]]:
    """One side of the convex hull of sorted points, without its last corner (Andrew's monotone chain)."""
    side: list[NDArray[np.float64]] = []
    for point in points:
        while len(side) > 1 and np.linalg.det([side[-1] - side[-2], point - side[-2]]) <= 0:
            side.pop()
        side.append(point)
    return side[:-1]


def _corners(shape: Shape) -> Vectors:
    """Unit vectors of a shape's corners in the frame of the file."""
    if shape.kind == "polygon":
        lon, lat = np.array(shape.numbers).reshape(-1, 2).T
        return unit_vectors(lon, lat)
    lon0, lat0, width, height, angle = shape.numbers
    if shape.kind == "box":
        x, y = np.array([[-1, 1, 1, -1], [-1, -1, 1, 1]]) * [[width / 2], [height / 2]]
    else:
        turn = 2 * np.pi * np.arange(_ROUND) / _ROUND
        same_area = np.sqrt(2 * np.pi / (_ROUND * np.sin(2 * np.pi / _ROUND)))
        x, y = same_area * width / 2 * np.cos(turn), same_area * height / 2 * np.sin(turn)
    c, s = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    turned: Vectors = unit_vectors(x * c + y * s, y * c - x * s) @ offset_axes(lon0, lat0)
    return turned


def _centre(vectors: Sequence[Vectors]) -> tuple[float, float]:
    """Middle of what the corners span, or (0, 0) if that is about the same."""
    corners = np.concatenate(vectors)
    lon, lat = (float(v[0]) for v in lonlat(corners.mean(axis=0, keepdims=True)))
    for _ in range(2):
        x, y = lonlat(corners @ offset_axes(lon, lat).T, wrap=180.0)
        middle = (x.min() + x.max()) / 2, (y.min() + y.max()) / 2
        lon, lat = (float(v) for v in to_sky(*middle, lon, lat))
    [centre] = unit_vectors([lon], [lat])
    radius = np.arccos(np.clip((corners @ centre).min(), -1, 1))
    return (0.0, 0.0) if np.arccos(np.clip(centre[0], -1, 1)) <= _CENTRED * radius else (lon, lat)


def _gnomonic(v: Vectors) -> NDArray[np.float64]:
    with np.errstate(divide="ignore", invalid="ignore"):
        ahead = np.where(v[..., :1] > 0, v[..., :1], np.nan)
        return np.asarray(v[..., 1:] / ahead)


def _solid_angle(v: Vectors) -> float:
    """Solid angle (deg²) of a polygon with great circles as sides, as a fan of triangles from its first corner.

    Van Oosterom & Strackee 1983, IEEE Trans. Biomed. Eng. 30, 125. doi:10.1109/TBME.1983.325207
    """
    a, b, c = v[0], v[1:-1], v[2:]
    volume = np.einsum("j,ij->i", a, np.cross(b, c))
    spread = 1 + b @ a + c @ a + np.einsum("ij,ij->i", b, c)
    return abs(float(np.degrees(np.degrees(2 * np.arctan2(volume, spread).sum()))))
