"""Proportions of few things, with their intervals.

References
----------
.. [1] Wilson 1927, Journal of the American Statistical Association 22, 209. doi:10.1080/01621459.1927.10502953
"""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skyhub.errors import InvalidInput

__all__ = ["ONE_SIGMA", "wilson_interval"]

ONE_SIGMA = 0.682689492137086
"""Probability within one standard deviation of the normal distribution."""


def wilson_interval(
    n_successes: ArrayLike, n_trials: ArrayLike, confidence: float = ONE_SIGMA
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Wilson's score interval of a binomial proportion [1]_, within [0, 1]; all of it where nothing was tried.

    Parameters
    ----------
    n_successes, n_trials
        Counts, of shapes that broadcast.
    confidence
        Probability of the interval, between 0 and 1.

    Returns
    -------
    low, high
        Bounds, of the shape that the counts broadcast to.

    Raises
    ------
    InvalidInput
        If there are more successes than trials, a count is negative, or the probability is not between 0 and 1.

    Examples
    --------
    >>> low, high = wilson_interval(0, 10, 0.95)  # no success: z² / (n + z²)
    >>> round(float(low), 4), round(float(high), 4)
    (0.0, 0.2775)
    """
    if not 0 < confidence < 1:
        raise InvalidInput(f"confidence is {confidence}: a number between 0 and 1 is permitted.", "confidence")
    found, tried = np.broadcast_arrays(np.asarray(n_successes, float), np.asarray(n_trials, float))
    if not (np.isfinite(tried).all() and ((found >= 0) & (found <= tried)).all()):
        raise InvalidInput("n_successes must be from 0 to n_trials.", "n_successes")
    squared = NormalDist().inv_cdf((1 + confidence) / 2) ** 2
    centre = (found + squared / 2) / (tried + squared)
    spread = np.sqrt(squared * (found * (tried - found) / np.maximum(tried, 1) + squared / 4)) / (tried + squared)
    low = np.where(found == 0, 0.0, np.clip(centre - spread, 0, 1))
    return low, np.where(found == tried, 1.0, np.clip(centre + spread, 0, 1))
