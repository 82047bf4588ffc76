"""What a fit needs, looked at before it is begun: fluxes enough for the free parameters, and a distance or redshift."""

from __future__ import annotations

from collections.abc import Mapping

from skyhub.science.models import model_named
from skyhub.science.sncosmo_files import SALT_MODELS

__all__ = ["LEAST_SALT_FLUXES", "SALT_NEEDS_REDSHIFT", "redshift_not_fitted", "too_few_for_salt", "why_not"]

LEAST_SALT_FLUXES = 5
"""One more than SALT has parameters."""
SALT_NEEDS_REDSHIFT = "SALT needs a redshift: note one of the object, or let it be fitted in a range."


def why_not(model: str, fluxes: Mapping[str, int], redshift: float | str | None) -> str:
    """Why a model cannot be fitted to a light curve; empty if it can be.

    Parameters
    ----------
    model
        Such as ``salt3`` or ``nickel``.
    fluxes
        How many there are in each filter.
    redshift
        A value, ``free`` if it is to be fitted, None if it is not known.

    Raises
    ------
    InvalidInput
        If there is no such model.

    Examples
    --------
    >>> why_not("salt3", {"ztfg": 1, "ztfr": 2}, 0.05)
    '3 fluxes are too few for SALT: 5 are needed.'
    >>> why_not("bazin", {"ztfg": 3, "ztfr": 9}, None)
    ''
    """
    if model in SALT_MODELS:
        return too_few_for_salt(sum(fluxes.values())) or (SALT_NEEDS_REDSHIFT if redshift is None else "")
    chosen = model_named(model)
    if redshift == "free":
        return redshift_not_fitted(model)
    return chosen.why_not(fluxes, redshift is not None)


def too_few_for_salt(n_fluxes: int) -> str:
    """Why SALT cannot be fitted to so many fluxes; empty if it can be."""
    if n_fluxes >= LEAST_SALT_FLUXES:
        return ""
    return f"{n_fluxes} fluxes are too few for SALT: {LEAST_SALT_FLUXES} are needed."


def redshift_not_fitted(model: str) -> str:
    """What is said when the redshift is to be fitted by a model that is not SALT."""
    return f"{model} does not fit the redshift: give a value, or note one of the object."
