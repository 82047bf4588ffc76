"""What the generator draws: a target on the sky with its light curve, surroundings and truth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from skyhub.demo.transients import Flux

__all__ = ["Galaxy", "SolarSystemBody", "Target", "Truth"]


@dataclass(frozen=True)
class Galaxy:
    """A Sérsic profile at an offset from the target.

    ``east``/``north`` (arcsec), ``mags`` AB indexed by fid, shape (4,); ``radius`` half-light semi-major axis
    (arcsec), ``index`` Sérsic n, ``ratio`` b/a, ``angle`` position angle (rad).
    """

    east: float
    north: float
    mags: NDArray[np.float64]
    radius: float
    index: float
    ratio: float
    angle: float


@dataclass(frozen=True)
class SolarSystemBody:
    """A minor planet: its number as text and predicted V magnitude."""

    name: str
    magnitude: float
    distance: float


@dataclass(frozen=True)
class Truth:
    """What only tests and docs may know; None where it has no meaning.

    ``t0`` (JD, UTC) is the maximum of supernovae of type I and of tidal disruptions, else the beginning;
    ``period`` in days.
    """

    z: float | None = None
    t0: float | None = None
    period: float | None = None


@dataclass(frozen=True)
class Target:
    """One object of the night; ``position`` (deg) and ``field`` (index in the survey) are where it lies.

    ``counterpart`` are the AB magnitudes (indexed by fid) of a star or nucleus at its place in the reference
    image; ``artefact`` names the morphology of a bogus residual; ``since`` is the Julian date of the first
    detection before the history, if any.
    """

    kind: str
    field: int
    ra: float
    dec: float
    flux: Flux
    truth: Truth = Truth()
    counterpart: NDArray[np.float64] | None = None
    host: Galaxy | None = None
    body: SolarSystemBody | None = None
    artefact: str | None = None
    since: float | None = None
