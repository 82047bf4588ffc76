"""Profiles on a pixel grid: Moffat stars, Sérsic galaxies, convolution.

References
----------
.. [1] Moffat 1969, A&A 3, 455 (the profile of a star)
.. [2] Graham & Driver 2005, PASA 22, 118. doi:10.1071/AS05001 (Sérsic profiles: total flux, b_n)
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skyhub.demo.target import Galaxy

__all__ = ["CENTRE", "PIXEL", "SIDE", "isophotal_radius", "moffat", "sersic", "smooth"]

SIDE = 63
"""Pixels along one side of a stamp."""
CENTRE = 31
"""Index of the middle pixel."""
PIXEL = 1.01
"""Side of a pixel (arcsec)."""

_MARGIN = 8
_OVERSAMPLE = 3
_PADDED = 96

Floats = NDArray[np.float64]


def moffat(x: ArrayLike, y: ArrayLike, fwhm: float, side: int = SIDE) -> Floats:
    """Moffat profiles [1]_ with β = 3 and unit flux at pixel positions; shape (n, side, side).

    Parameters
    ----------
    x, y
        Centres (pixels, 0 is the middle of the first one), shape (n,).
    fwhm
        Full width at half maximum (pixels).
    """
    alpha2 = (fwhm / 1.0196) ** 2
    grid = np.arange(side, dtype=float)
    dx2 = (grid - np.asarray(x, dtype=float)[:, None]) ** 2
    dy2 = (grid - np.asarray(y, dtype=float)[:, None]) ** 2
    base = 1 + (dy2[:, :, None] + dx2[:, None, :]) / alpha2
    return np.asarray(2 / (np.pi * alpha2) / (base * base * base))


def sersic(galaxy: Galaxy, x: float, y: float) -> Floats:
    """Sérsic profile [2]_ of unit total flux centred on a pixel, with a margin for convolution.

    North is towards lower rows and east towards lower columns, as in the survey's stamps.
    """
    sub = (np.arange((SIDE + 2 * _MARGIN) * _OVERSAMPLE) + 0.5) / _OVERSAMPLE - 0.5 - _MARGIN
    east, north = -(sub - x)[None, :] * PIXEL, -(sub - y)[:, None] * PIXEL
    sine, cosine = math.sin(galaxy.angle), math.cos(galaxy.angle)
    major, minor = east * sine + north * cosine, (east * cosine - north * sine) / galaxy.ratio
    n, scaled = galaxy.index, np.sqrt(major**2 + minor**2 + 0.01) / galaxy.radius
    b, total = _scale(galaxy)
    light = np.exp(-b * (scaled if n == 1 else np.sqrt(np.sqrt(scaled)) if n == 4 else scaled ** (1 / n)))
    size = SIDE + 2 * _MARGIN
    binned = light.reshape(size, _OVERSAMPLE, size, _OVERSAMPLE).mean(axis=(1, 3))
    return np.asarray(binned * PIXEL**2 / total)


def isophotal_radius(galaxy: Galaxy, mag: float, level: float = 25.0) -> float:
    """Semi-major axis (arcsec) of the isophote of a level (mag/arcsec²) of a Sérsic profile [2]_; 0 if it is nowhere so bright.

    Parameters
    ----------
    galaxy
        The galaxy.
    mag
        Its total magnitude.
    level
        Surface brightness.
    """
    b, total = _scale(galaxy)
    scaled = (level - mag - 2.5 * math.log10(total)) / (2.5 / math.log(10) * b)
    return galaxy.radius * math.pow(max(0.0, scaled), galaxy.index)


def _scale(galaxy: Galaxy) -> tuple[float, float]:
    """``b_n``, and the total flux in units of the central surface brightness (arcsec²)."""
    n = galaxy.index
    b = 2 * n - 1 / 3 + 4 / (405 * n)
    return b, 2 * math.pi * galaxy.radius**2 * galaxy.ratio * n * b ** (-2 * n) * math.gamma(2 * n)


def smooth(image: Floats, fwhm: float) -> Floats:
    """A `sersic` image seen through a Moffat profile; the margin is cut off, shape (63, 63)."""
    size = len(image)
    kernel = moffat([size // 2], [size // 2], fwhm, size)[0]
    transform = np.fft.rfft2(image, (_PADDED, _PADDED)) * np.fft.rfft2(kernel, (_PADDED, _PADDED))
    full = np.fft.irfft2(transform, (_PADDED, _PADDED))
    start = size // 2 + _MARGIN
    return np.asarray(np.roll(full, (-start, -start), axis=(0, 1))[:SIDE, :SIDE])
