"""Morphologies of bogus residuals, as images that are added to a difference.

Each function takes the place of the detection (pixels), the FWHM (pixels) and a generator, and returns an image
of shape (63, 63) in arbitrary units.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from skyhub.demo.profiles import SIDE, moffat

__all__ = ["artefact_image"]

Floats = NDArray[np.float64]
_Draw = Callable[[float, float, float, np.random.Generator], Floats]


def artefact_image(kind: str, x: float, y: float, fwhm: float, rng: np.random.Generator) -> Floats:
    """The image of one kind of residual: see `skyhub.demo.populations.ARTEFACTS`."""
    return _KINDS[kind](x, y, fwhm, rng)


def _dipole(x: float, y: float, fwhm: float, rng: np.random.Generator) -> Floats:
    """Misaligned star: a positive and a negative lobe, the positive one on the detection."""
    angle, apart = rng.uniform(0, 2 * np.pi), rng.uniform(0.9, 1.6) * fwhm
    lobes = moffat([x, x + apart * np.cos(angle)], [y, y + apart * np.sin(angle)], fwhm)
    return np.asarray(lobes[0] - rng.uniform(0.7, 1.0) * lobes[1])


def _cosmic_ray(x: float, y: float, fwhm: float, rng: np.random.Generator) -> Floats:
    """A track of single pixels, sharper than any star."""
    image = np.zeros((SIDE, SIDE))
    angle, length = rng.uniform(0, np.pi), rng.choice([1.0, 3.0, 6.0, 12.0])
    steps = np.linspace(-0.3 * length, 0.7 * length, int(4 * length) + 1)
    columns = np.clip(np.rint(x + steps * np.cos(angle)), 0, SIDE - 1).astype(int)
    rows = np.clip(np.rint(y + steps * np.sin(angle)), 0, SIDE - 1).astype(int)
    image[rows, columns] = rng.uniform(0.5, 1.0, len(steps))
    return image


def _bad_subtraction(x: float, y: float, fwhm: float, rng: np.random.Generator) -> Floats:
    """A star subtracted with the wrong profile: bright core, dark ring, lopsided."""
    wide = moffat([x, x + rng.normal(0, 0.4)], [y, y + rng.normal(0, 0.4)], 1.5 * fwhm)
    core = moffat([x], [y], fwhm)[0]
    return np.asarray(1.6 * core - wide[0] * rng.uniform(1.2, 1.8) - 0.3 * wide[1])


def _ghost(x: float, y: float, fwhm: float, rng: np.random.Generator) -> Floats:
    """Reflection of a bright star: a wide soft ring that passes through the detection, and a knot on it."""
    angle, radius = rng.uniform(0, 2 * np.pi), rng.uniform(12, 20)
    grid = np.arange(SIDE, dtype=float)
    away = np.hypot(grid - x - radius * np.cos(angle), (grid - y - radius * np.sin(angle))[:, None])
    ring = np.exp(-(((away - radius) / 3.0) ** 2) / 2) + 0.4 / (1 + np.exp((away - radius) / 1.5))
    return np.asarray(ring + 12 * moffat([x], [y], 2.2 * fwhm)[0])


def _bad_column(x: float, y: float, fwhm: float, rng: np.random.Generator) -> Floats:
    """A column that does not count right."""
    image = np.zeros((SIDE, SIDE))
    image[: int(y) + int(rng.integers(2, 30)), round(x)] = 1.0
    return image * rng.uniform(0.8, 1.2, (SIDE, 1))


_KINDS: dict[str, _Draw] = {
    "dipole": _dipole,
    "cosmic ray": _cosmic_ray,
    "bad subtraction": _bad_subtraction,
    "ghost": _ghost,
    "bad column": _bad_column,
}
