"""Heat that is put into expanding ejecta, and when it comes out.

The one-zone solution of Arnett 1982 [1]_ for a radius that is small at first:
``L(t) = 2/τ exp(−t²/τ²) ∫ (t'/τ) exp(t'²/τ²) H(t') dt'``.

References
----------
.. [1] Arnett 1982, ApJ 253, 785. doi:10.1086/159681
.. [2] Chatzopoulos, Wheeler & Vinko 2012, ApJ 746, 121. doi:10.1088/0004-637X/746/2/121
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from skyhub.science.models._blackbody import DAY, LIGHT_CM, SUN
from skyhub.science.models._model import Array

__all__ = ["EARLY", "SMOOTH", "Nodes", "diffused", "diffusion_days"]

_BETA = 13.8


@dataclass(frozen=True)
class Nodes:
    """Where heat is looked at for its integral.

    Parameters
    ----------
    number
        How many places.
    crowding
        Power by which they crowd at early times.
    """

    number: int
    crowding: int

    @cached_property
    def rule(self) -> tuple[Array, Array]:
        """Logarithm of the part of the integral before each node, and the weights."""
        places, weights = np.polynomial.legendre.leggauss(self.number)
        part = (1 - places) / 2
        return self.crowding * np.log(part), weights / 2 * self.crowding * part ** (self.crowding - 1)


SMOOTH = Nodes(48, 8)
"""For heat that changes slowly: to 1e-12 of the integral for ⁵⁶Ni and magnetars."""
EARLY = Nodes(160, 24)
"""For heat that falls within its first seconds: to 0.15 % for the r-process."""


def diffusion_days(mass: Array, velocity: Array, opacity: Array) -> Array:
    """Time scale τ (d) of ejecta of a mass (M☉), a velocity (km/s) and an opacity (cm²/g): ``sqrt(2 κ M / (β c v))`` [2]_."""
    return np.asarray(np.sqrt(2 * opacity * mass * SUN / (_BETA * LIGHT_CM * velocity * 1e5)) / DAY)


def diffused(heating: Callable[[Array], Array], days: Array, scale: Array, nodes: Nodes = SMOOTH) -> Array:
    """What comes out at some times (d after the explosion) of what a function puts in (per time, at times in d).

    Parameters
    ----------
    heating
        Takes times (d) of shape ``(..., n_times, n_nodes)`` and gives the heating there.
    days
        Times, shape ``(n_times,)`` or broadcast with `scale`; nothing comes out before zero.
    scale
        Time scale of the diffusion (d), shape ``(..., 1)``.
    nodes
        Where the heat is looked at.

    Returns
    -------
    ndarray
        In the units of the heating, shape ``(..., n_times)``.
    """
    # With w = 1 − exp(t'²/τ² − t²/τ²) the integral is that of the heating over w, which has no steep part; the nodes crowd where
    # t' is small, since heating by the r-process is all but singular there.
    before, weights = nodes.rule
    square = (np.maximum(days, 0) / scale) ** 2
    reach = -np.expm1(-square)[..., None]
    with np.errstate(divide="ignore"):
        above = square[..., None] + np.log(reach) + before
    times = np.asarray(scale)[..., None] * np.sqrt(np.logaddexp(0, above))
    return np.asarray((reach * heating(times) * weights).sum(axis=-1))
