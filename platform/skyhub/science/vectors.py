"""Positions on the sky as unit vectors, and back."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["lonlat", "unit_vectors"]


def unit_vectors(lon: ArrayLike, lat: ArrayLike) -> NDArray[np.float64]:
    """Unit vectors to positions (deg), of the shape of `lon` with three components last.

    Examples
    --------
    >>> unit_vectors([0.0, 90.0], [0.0, 0.0]).round(9).tolist()
    [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]
    """
    a, d = np.radians(np.asarray(lon, dtype=float)), np.radians(np.asarray(lat, dtype=float))
    return np.stack([np.cos(d) * np.cos(a), np.cos(d) * np.sin(a), np.sin(d)], axis=-1)


def lonlat(vectors: NDArray[np.float64], wrap: float = 360.0) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Longitudes, less than `wrap`, and latitudes (deg) of vectors of any length, three components last.

    Examples
    --------
    >>> [float(v) for v in lonlat(np.array([0.0, -2.0, 0.0]))]
    [270.0, 0.0]
    """
    lon = np.degrees(np.arctan2(vectors[..., 1], vectors[..., 0]))
    lat = np.degrees(np.arctan2(vectors[..., 2], np.hypot(vectors[..., 0], vectors[..., 1])))
    return np.asarray((lon - wrap + 360) % 360 + wrap - 360), np.asarray(lat)
