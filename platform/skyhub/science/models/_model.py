"""What a model of light curves is: parameters with bounds, and the flux that they make."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = ["Array", "Host", "Model", "Parameter"]

Array: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True)
class Host:
    """Where an object is."""

    redshift: float = 0.0
    distance: float = 1e-5
    """Luminosity distance (Mpc)."""


@dataclass(frozen=True)
class Parameter:
    """A parameter of a model."""

    name: str
    unit: str
    low: float
    """Lower bound."""
    high: float
    """Upper bound."""
    description: str
    relative_to: Literal["", "first", "peak", "flux"] = ""
    """What the bounds are added to (the MJD of the first detection or of the brightest point), or for ``flux`` multiplied by
    (the largest flux)."""
    logarithmic: bool = False
    """Whether it is fitted, and a priori evenly distributed, in its logarithm."""


@dataclass(frozen=True)
class Model:
    """A model of light curves."""

    name: str
    title: str
    parameters: tuple[Parameter, ...]
    flux: Callable[[Array, Array, Array, Host], Array]
    """Flux (µJy) of parameters of shape ``(..., n_parameters)`` at times (MJD) and wavelengths (Å, as observed) of shape
    ``(n,)``, in a host: shape ``(..., n)``."""
    references: tuple[str, ...]
    """DOIs (or, where there is none, identifiers of arXiv) of the formulas."""
    by_filter: bool = False
    """Whether each filter has parameters of its own."""
    needs_distance: bool = True

    @property
    def names(self) -> list[str]:
        """Names of the parameters, in their order."""
        return [parameter.name for parameter in self.parameters]

    def why_not(self, fluxes: Mapping[str, int], has_distance: bool, n_fixed: int = 0) -> str:
        """Why it cannot be fitted; empty if it can be.

        Parameters
        ----------
        fluxes
            How many there are in each filter.
        has_distance
            Whether a distance is known.
        n_fixed
            How many parameters are not fitted.
        """
        most, where = max(fluxes.values(), default=0), " in any filter"
        if not self.by_filter:
            most, where = sum(fluxes.values()), ""
        n_free = len(self.parameters) - n_fixed
        if most <= n_free:
            return f"{most} fluxes{where} are too few for the {n_free} free parameters of {self.name}."
        if self.needs_distance and not has_distance:
            return f"{self.name} needs a distance: note a redshift of the object, or give one."
        return ""
