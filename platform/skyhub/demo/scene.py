"""What surrounds a target: field stars, galaxies, its own counterpart; the static sky of its stamps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from skyhub.demo.galaxies import galaxy_mags
from skyhub.demo.profiles import CENTRE, PIXEL, moffat, sersic, smooth
from skyhub.demo.target import Galaxy, Target

__all__ = ["STAMP_ARCSEC", "Scene", "build_scene", "pixel_of", "star_count"]

_FAINTEST, _BRIGHTEST, _SLOPE = 22.3, 13.5, 0.26
STAMP_ARCSEC = 38.0
"""Stars are drawn to this far east, west, north and south of a target."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Scene:
    """Static sky: offsets of stars (arcsec, east and north, shape (n,)), magnitudes (n, 4) indexed by fid.

    The first star is the target's counterpart if it has one. ``shift`` is the target's place within the middle
    pixel (pixels).
    """

    east: Floats
    north: Floats
    mags: Floats
    galaxies: tuple[Galaxy, ...]
    shift: tuple[float, float]

    def static(self, fid: int, zero_point: float, fwhm: float) -> Floats:
        """The sky without the transient (DN above the background), shape (63, 63)."""
        x, y = pixel_of(self.east, self.north, self.shift)
        counts = 10 ** (0.4 * (zero_point - self.mags[:, fid]))
        image = np.tensordot(counts, moffat(x, y, fwhm), axes=1)
        if self.galaxies:
            image += smooth(self._galaxies(fid, zero_point), fwhm)
        return np.asarray(image)

    def _galaxies(self, fid: int, zero_point: float) -> Floats:
        light = []
        for galaxy in self.galaxies:
            x, y = pixel_of(np.array(galaxy.east), np.array(galaxy.north), self.shift)
            light.append(10 ** (0.4 * (zero_point - galaxy.mags[fid])) * sersic(galaxy, float(x), float(y)))
        return np.asarray(np.sum(light, axis=0))


def pixel_of(east: Floats, north: Floats, shift: tuple[float, float]) -> tuple[Floats, Floats]:
    """Column and row of an offset from the target (arcsec): columns grow to the west, rows to the south."""
    return CENTRE + shift[0] - east / PIXEL, CENTRE + shift[1] - north / PIXEL


def star_count(latitude: float) -> float:
    """How many stars a scene has on average at a galactic latitude (deg)."""
    return float(3 + 42 * np.exp(-abs(latitude) / 12))


def build_scene(target: Target, latitude: float, shift: tuple[float, float], rng: np.random.Generator) -> Scene:
    """Draw the surroundings of a target at a galactic latitude (deg)."""
    crowd = int(rng.poisson(star_count(latitude)))
    east, north = rng.uniform(-STAMP_ARCSEC, STAMP_ARCSEC, (2, crowd))
    mags = _star_table(crowd, rng)
    if target.counterpart is not None:
        east, north = np.append(rng.normal(0, 0.1), east), np.append(rng.normal(0, 0.1), north)
        mags = np.vstack([target.counterpart, mags])
    elif target.artefact == "ghost":
        east, north = np.append(rng.uniform(-26, 26), east), np.append(rng.uniform(-26, 26), north)
        mags = np.vstack([np.full(4, rng.uniform(10.5, 12.5)), mags])
    own = (target.host,) if target.host is not None else ()
    return Scene(east, north, mags, (*own, *_background(rng)), shift)


def _star_table(count: int, rng: np.random.Generator) -> Floats:
    """Magnitudes of field stars: counts grow as ``10^(0.26 r)``."""
    low, high = 10 ** (_SLOPE * _BRIGHTEST), 10 ** (_SLOPE * _FAINTEST)
    r = np.log10(rng.uniform(low, high, count)) / _SLOPE
    colour = rng.uniform(0.3, 1.4, count)
    return np.stack([np.full(count, np.nan), r + colour, r, r - 0.45 * colour], axis=1)


def _background(rng: np.random.Generator) -> list[Galaxy]:
    """A few faint galaxies somewhere in the stamp."""
    return [
        Galaxy(
            east=float(rng.uniform(-STAMP_ARCSEC, STAMP_ARCSEC)),
            north=float(rng.uniform(-STAMP_ARCSEC, STAMP_ARCSEC)),
            mags=galaxy_mags(float(rng.uniform(19.0, 21.8)), float(rng.uniform(0.4, 1.1))),
            radius=float(rng.uniform(0.8, 2.2)),
            index=1.0,
            ratio=float(rng.uniform(0.35, 1.0)),
            angle=float(rng.uniform(0, np.pi)),
        )
        for _ in range(rng.poisson(1.2))
    ]
