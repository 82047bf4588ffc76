"""Drawing from a posterior probability until enough independent draws are there.

References
----------
.. [1] Foreman-Mackey et al. 2013, PASP 125, 306 (emcee). doi:10.1086/670067
.. [2] ter Braak & Vrugt 2008, Stat. Comput. 18, 435 (differential evolution). doi:10.1007/s11222-008-9104-9
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Posterior", "sample_posterior"]

_CHUNK = 60
_THINNED = 4000
_ONE_SIGMA = (15.865, 84.135)


@dataclass(frozen=True)
class Posterior:
    """Draws from a posterior probability."""

    samples: NDArray[np.float64]
    """Shape ``(n, n_parameters)``; neighbours are nearly independent."""
    effective: float
    """How many independent draws the whole chains amount to, for the parameter that has the fewest."""
    evaluations: int
    """How often the probability was computed."""

    def interval(self, number: int) -> tuple[float, float]:
        """The 16th and the 84th percentile of a parameter: one standard deviation to each side if it is normal."""
        low, high = np.percentile(self.samples[:, number], _ONE_SIGMA)
        return float(low), float(high)


def sample_posterior(
    log_probability: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    start: NDArray[np.float64],
    effective: float = 2000,
    most_evaluations: int = 400_000,
    seed: int = 0,
) -> Posterior:
    """Draw with emcee [1]_, its walkers moved by differential evolution [2]_, until enough independent draws are there.

    Parameters
    ----------
    log_probability
        Natural logarithm of the probability of points of shape ``(n, n_parameters)``; −inf where it is zero.
    start
        Where the walkers begin, shape ``(n_walkers, n_parameters)``: near the maximum.
    effective
        How many independent draws are wanted.
    most_evaluations
        It ends after so many in any case; `Posterior.effective` says what was reached.
    seed
        Of the random numbers.
    """
    import emcee

    n_walkers, n_parameters = start.shape
    moves = [(emcee.moves.DEMove(), 0.7), (emcee.moves.DESnookerMove(), 0.1), (emcee.moves.StretchMove(), 0.2)]
    sampler = emcee.EnsembleSampler(n_walkers, n_parameters, log_probability, vectorize=True, moves=moves)
    state = emcee.State(start, random_state=np.random.RandomState(seed).get_state())
    reached = 0.0
    while reached < effective and sampler.iteration * n_walkers < most_evaluations:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            state = sampler.run_mcmc(state, _CHUNK)
            kept = sampler.get_chain()[sampler.iteration // 4 :]
            scale = float(np.max(emcee.autocorr.integrated_time(kept, tol=0)))
        if np.isfinite(scale) and len(kept) > 10 * scale:
            reached = kept.shape[0] * n_walkers / max(scale, 1.0)
    flat = kept.reshape(-1, n_parameters)
    chosen = np.linspace(0, len(flat) - 1, min(_THINNED, len(flat))).astype(int)
    return Posterior(flat[chosen], reached, sampler.iteration * n_walkers)
