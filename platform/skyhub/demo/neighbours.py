"""The catalogue around a target: nearest source of the reference image, nearest three of Pan-STARRS 1, Gaia."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from skyhub.demo.profiles import PIXEL
from skyhub.demo.scene import Scene
from skyhub.demo.target import Target

__all__ = ["Neighbours", "find_neighbours"]

_NONE = -999.0
_REFERENCE_LIMIT, _PS1_LIMIT, _GAIA_LIMIT = 22.6, 22.0, 20.3
_PS1_RADIUS = 30.0

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Neighbours:
    """Sources by distance from the target; arrays of shape (n,), magnitudes (n, 4) indexed by fid."""

    ra: Floats
    dec: Floats
    distance: Floats
    mags: Floats
    stellarity: Floats

    def reference(self, fid: int) -> dict[str, float]:
        """The nearest source of the reference image in a filter, as packet fields."""
        near = np.flatnonzero(self.mags[:, fid] < _REFERENCE_LIMIT)
        k = near[0] if len(near) else 0
        mag = float(self.mags[k, fid])
        extended = float(1 - self.stellarity[k])
        return {
            "distnr": float(self.distance[k] / PIXEL),
            "magnr": round(mag, 3),
            "sigmagnr": round(float(np.clip(0.012 + 10 ** (0.4 * (mag - 25.5)), 0.01, 0.35)), 3),
            "chinr": round(0.6 + 2.5 * extended * float(mag < 20), 3),
            "sharpnr": round(0.35 * extended * float(mag < 21) - 0.01, 3),
            "ranr": round(float(self.ra[k]), 7),
            "decnr": round(float(self.dec[k]), 7),
        }

    def ps1(self) -> dict[str, float | int]:
        """The three nearest Pan-STARRS 1 sources within 30″, −999 where there is none."""
        near = np.flatnonzero((self.mags[:, 2] < _PS1_LIMIT) & (self.distance < _PS1_RADIUS))
        row: dict[str, float | int] = {"nmtchps": len(near)}
        for rank in range(3):
            row |= self._ps1(rank + 1, int(near[rank]) if rank < len(near) else None)
        return row

    def gaia(self) -> dict[str, float]:
        """Nearest Gaia star, and nearest one brighter than 14 mag, within the stamp."""
        row = {}
        for suffix, limit in (("", _GAIA_LIMIT), ("bright", 14.0)):
            near = np.flatnonzero((self.mags[:, 2] < limit) & (self.stellarity > 0.5))
            row[f"neargaia{suffix}"] = float(self.distance[near[0]]) if len(near) else _NONE
            row[f"maggaia{suffix}"] = float(self.mags[near[0], 2]) if len(near) else _NONE
        return row

    def _ps1(self, rank: int, k: int | None) -> dict[str, float | int]:
        names = [f"{name}{rank}" for name in ("sgmag", "srmag", "simag", "szmag", "sgscore", "distpsnr")]
        if k is None:
            return {**dict.fromkeys(names, _NONE), f"objectidps{rank}": -999}
        g, r, i = (round(float(mag), 4) for mag in self.mags[k, 1:])
        values = (g, r, i, round(i - 0.6 * (r - i), 4), float(self.stellarity[k]), float(self.distance[k]))
        zone, along = int((self.dec[k] + 90) * 120), int(self.ra[k] * 10**6)
        return {**dict(zip(names, values, strict=True)), f"objectidps{rank}": zone * 10**13 + along * 10**4 + rank}


def find_neighbours(target: Target, scene: Scene, rng: np.random.Generator) -> Neighbours:
    """List the sources of a scene with star–galaxy scores; one lies beyond the stamp so that none is ever alone."""
    galaxies = scene.galaxies
    far = float(rng.uniform(45, 80))
    east = np.concatenate([scene.east, [galaxy.east for galaxy in galaxies], [far]])
    north = np.concatenate([scene.north, [galaxy.north for galaxy in galaxies], [0.0]])
    mags = np.vstack([scene.mags, *(galaxy.mags for galaxy in galaxies), [np.nan, 18.6, 18.0, 17.8]])
    scores = [_stars(target, len(scene.east), rng), rng.beta(1.2, 14, len(galaxies)), np.array([0.97])]
    distance = np.hypot(east, north)
    order = np.argsort(distance, kind="stable")
    dec = target.dec + north / 3600
    ra = (target.ra + east / 3600 / np.cos(np.radians(target.dec))) % 360
    stellarity = np.round(np.concatenate(scores), 6)
    return Neighbours(ra[order], dec[order], distance[order], mags[order], stellarity[order])


def _stars(target: Target, count: int, rng: np.random.Generator) -> Floats:
    scores = 1 - rng.beta(1.0, 25, count)
    if target.kind == "AGN":
        scores[0] = rng.uniform(0.3, 1.0)
    return np.asarray(scores)
