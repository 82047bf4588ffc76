"""The classes of the demo night: how many there are of each and how one is drawn.

A draw may turn out too faint for the night; the caller draws again with a smaller ``reach``, which shrinks
distances (and for stars the range of magnitudes).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skyhub.demo.galaxies import draw_host
from skyhub.demo.sky import Field
from skyhub.demo.target import Target, Truth
from skyhub.demo.transients import (
    Flux,
    afterglow,
    flare,
    kilonova,
    nova,
    stripped_supernova,
    tidal_disruption,
    type_ia,
    type_ii,
)
from skyhub.demo.variables import active_nucleus, dwarf_nova, eclipsing_binary, rr_lyrae

__all__ = ["ARTEFACTS", "SHARES", "Sight", "class_counts", "draw_target", "star_mags", "suits"]

SHARES: dict[str, int] = {
    "SN Ia": 66,
    "SN II": 26,
    "SN Ibc": 10,
    "kilonova": 2,
    "GRB afterglow": 4,
    "TDE": 6,
    "nova": 6,
    "RR Lyrae": 32,
    "eclipsing binary": 26,
    "AGN": 36,
    "CV": 12,
    "M-dwarf flare": 6,
    "asteroid": 24,
    "bogus": 44,
}
"""Objects of each class among 300."""

ARTEFACTS = ("dipole", "cosmic ray", "bad subtraction", "ghost", "bad column")

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Sight:
    """Where and when a target is drawn: its field, position (deg) and the night's first visit (JD)."""

    index: int
    field: Field
    ra: float
    dec: float
    first_visit: float
    reach: float

    def target(self, kind: str, flux: Flux, **surroundings: Any) -> Target:
        """A target of a class at this place."""
        return Target(kind, self.index, self.ra, self.dec, flux, **surroundings)


def class_counts(n_objects: int) -> dict[str, int]:
    """Objects per class, in proportion to `SHARES`; at least one of each, or of the first classes if too few."""
    wanted = {kind: share * n_objects / 300 for kind, share in SHARES.items()}
    counts = {kind: max(1, int(value)) for kind, value in wanted.items()}
    while sum(counts.values()) > n_objects:
        counts[max(reversed(counts), key=lambda kind: counts[kind])] -= 1
    while sum(counts.values()) < n_objects:
        counts[max(counts, key=lambda kind: wanted[kind] - counts[kind])] += 1
    return counts


def suits(kind: str, field: Field) -> bool:
    """Whether a field is where the class is found: novae in the plane, galaxies off it, asteroids on the ecliptic."""
    if kind == "nova":
        return abs(field.galactic_latitude) < 12
    if kind == "asteroid":
        return abs(field.ecliptic_latitude) < 6
    if kind in ("RR Lyrae", "eclipsing binary", "CV", "M-dwarf flare", "bogus"):
        return True
    return abs(field.galactic_latitude) > 20


def star_mags(r_mag: float, colour: float) -> Floats:
    """AB magnitudes indexed by fid of a star with the given g−r."""
    return np.array([np.nan, r_mag + colour, r_mag, r_mag - 0.45 * colour])


def draw_target(kind: str, sight: Sight, rng: np.random.Generator) -> Target:
    """One target of a class (all but asteroids, which come as bodies with two places)."""
    return _DRAW[kind](sight, rng)


def _volume(rng: np.random.Generator, z_max: float, sight: Sight) -> float:
    """A redshift uniform in (Euclidean) volume."""
    return max(0.004, z_max * sight.reach * float(np.cbrt(rng.random())))


def _type_ia(sight: Sight, rng: np.random.Generator) -> Target:
    z = _volume(rng, 0.11, sight)
    peak = sight.first_visit - float(rng.uniform(-13, 38)) * (1 + z)
    flux = type_ia(z, peak, float(rng.normal(0, 0.9)), float(rng.normal(0, 0.09)))
    return sight.target("SN Ia", flux, truth=Truth(z=z, t0=peak), host=draw_host(rng, z), since=peak - 14)


def _type_ii(sight: Sight, rng: np.random.Generator) -> Target:
    z = _volume(rng, 0.045, sight)
    start = sight.first_visit - float(rng.uniform(1.5, 100)) * (1 + z)
    flux = type_ii(z, start, float(rng.normal(-17.0, 0.7)), float(rng.normal(95, 10)))
    return sight.target("SN II", flux, truth=Truth(z=z, t0=start), host=draw_host(rng, z), since=start + 2)


def _stripped(sight: Sight, rng: np.random.Generator) -> Target:
    z = _volume(rng, 0.06, sight)
    peak = sight.first_visit - float(rng.uniform(-10, 25)) * (1 + z)
    flux = stripped_supernova(z, peak, float(rng.normal(-17.8, 0.5)))
    return sight.target("SN Ibc", flux, truth=Truth(z=z, t0=peak), host=draw_host(rng, z), since=peak - 13)


def _kilonova(sight: Sight, rng: np.random.Generator) -> Target:
    z = 0.008 + _volume(rng, 0.011, sight)
    start = sight.first_visit - float(rng.uniform(0.4, 1.6))
    flux = kilonova(z, start, float(rng.normal(-16.2, 0.25)))
    host = draw_host(rng, z, early=True)
    return sight.target("kilonova", flux, truth=Truth(z=z, t0=start), host=host)


def _afterglow(sight: Sight, rng: np.random.Generator) -> Target:
    start = sight.first_visit - float(rng.uniform(0.05, 0.9)) * sight.reach
    flux = afterglow(start, float(rng.uniform(19.2, 20.8)), float(rng.uniform(0.9, 1.4)), float(rng.uniform(0.8, 1.6)))
    return sight.target("GRB afterglow", flux, truth=Truth(z=float(rng.uniform(0.4, 2.2)), t0=start))


def _disruption(sight: Sight, rng: np.random.Generator) -> Target:
    z = _volume(rng, 0.10, sight)
    peak = sight.first_visit - float(rng.uniform(-15, 60))
    flux = tidal_disruption(z, peak, float(rng.normal(-19.3, 0.5)), float(rng.uniform(16000, 32000)))
    host = draw_host(rng, z, nuclear=True, early=True)
    return sight.target("TDE", flux, truth=Truth(z=z, t0=peak), host=host, since=peak - 22)


def _nova(sight: Sight, rng: np.random.Generator) -> Target:
    start = sight.first_visit - float(rng.uniform(0.5, 28))
    flux = nova(start, float(rng.uniform(13.6, 16.5)), float(rng.uniform(10, 60)), float(rng.uniform(0.2, 1.1)))
    return sight.target("nova", flux, truth=Truth(t0=start))


def _rr_lyrae(sight: Sight, rng: np.random.Generator) -> Target:
    period, epoch = float(rng.uniform(0.44, 0.72)), sight.first_visit - float(rng.uniform(0, 1))
    mags = star_mags(float(rng.uniform(14.3, 18.4)), float(rng.uniform(0.15, 0.4)))
    flux = rr_lyrae(mags, period, epoch, float(rng.uniform(0.7, 1.2)))
    return _known_star("RR Lyrae", sight, flux, mags, period, rng)


def _binary(sight: Sight, rng: np.random.Generator) -> Target:
    period = float(rng.uniform(0.3, 4.0))
    epoch = sight.first_visit - float(rng.normal(0, 0.02)) * period
    mags = star_mags(float(rng.uniform(14.0, 17.8)), float(rng.uniform(0.3, 1.2)))
    depth = float(rng.uniform(0.3, 1.3))
    depths = (depth, depth * float(rng.uniform(0.2, 0.9)))
    flux = eclipsing_binary(mags, period, epoch, depths, float(rng.uniform(0.02, 0.05)))
    return _known_star("eclipsing binary", sight, flux, mags, period, rng)


def _known_star(
    kind: str, sight: Sight, flux: Flux, mags: Floats, period: float | None, rng: np.random.Generator
) -> Target:
    since = sight.first_visit - float(rng.uniform(600, 3000))
    return sight.target(kind, flux, truth=Truth(period=period), counterpart=mags, since=since)


def _nucleus(sight: Sight, rng: np.random.Generator) -> Target:
    z = float(rng.uniform(0.05, 1.5))
    mags = star_mags(float(rng.uniform(16.2, 18.9)), float(rng.uniform(0.0, 0.5)))
    tau, amplitude = float(rng.lognormal(np.log(200), 0.5)), float(rng.uniform(0.15, 0.35))
    start = float(rng.normal(0, amplitude)) + 0.1 / sight.reach * float(rng.choice([-1, 1]))
    flux = active_nucleus(mags, tau, amplitude, start, rng)
    host = draw_host(rng, z, nuclear=True) if z < 0.25 else None
    since = sight.first_visit - float(rng.uniform(600, 3000))
    return sight.target("AGN", flux, truth=Truth(z=z), counterpart=mags, host=host, since=since)


def _cataclysmic(sight: Sight, rng: np.random.Generator) -> Target:
    mags = star_mags(float(rng.uniform(18.6, 21.3)), float(rng.uniform(0.0, 0.4)))
    start, duration = sight.first_visit - float(rng.uniform(0.3, 7)), float(rng.uniform(5, 14))
    flux = dwarf_nova(mags, start, float(rng.uniform(2.2, 4.8)), duration)
    since = sight.first_visit - float(rng.uniform(60, 2500)) if rng.random() < 0.6 else None
    return sight.target("CV", flux, truth=Truth(t0=start), counterpart=mags, since=since)


def _flare(sight: Sight, rng: np.random.Generator) -> Target:
    start = sight.first_visit - float(rng.uniform(1, 15)) / 1440
    mags = star_mags(float(rng.uniform(18.5, 21.0)), 1.45)
    flux = flare(start, float(mags[2] - rng.uniform(0.5, 2.5)), float(rng.uniform(8, 30)))
    return sight.target("M-dwarf flare", flux, truth=Truth(t0=start), counterpart=mags)


def _bogus(sight: Sight, rng: np.random.Generator) -> Target:
    artefact = str(rng.choice(ARTEFACTS))
    starry = artefact in ("dipole", "bad subtraction")
    mags = star_mags(float(rng.uniform(13.2, 16.5)), float(rng.uniform(0.4, 1.2))) if starry else None

    def nothing(jd: Floats, fid: Ints) -> Floats:
        return np.zeros(len(jd))

    return sight.target("bogus", nothing, artefact=artefact, counterpart=mags)


_DRAW: dict[str, Callable[[Sight, np.random.Generator], Target]] = {
    "SN Ia": _type_ia,
    "SN II": _type_ii,
    "SN Ibc": _stripped,
    "kilonova": _kilonova,
    "GRB afterglow": _afterglow,
    "TDE": _disruption,
    "nova": _nova,
    "RR Lyrae": _rr_lyrae,
    "eclipsing binary": _binary,
    "AGN": _nucleus,
    "CV": _cataclysmic,
    "M-dwarf flare": _flare,
    "bogus": _bogus,
}
