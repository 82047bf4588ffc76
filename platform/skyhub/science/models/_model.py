"""What a model of light curves is: parameters with bounds, and the flux that they make."""

from __future__ import annotations

from collections.abc import Callable
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
