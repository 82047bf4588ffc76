"""The third dimension of sky maps: distances along lines of sight, and credible levels in volume.

Along each line of sight the probability of a distance r is proportional to r² times a Gaussian [1]_, so that the density per
volume is a Gaussian. Where it exceeds a threshold is one interval of each line of sight, and the probability within it has a
closed form: no grid of distances is needed.

References
----------
.. [1] Singer et al. 2016, ApJL 829, L15. doi:10.3847/2041-8205/829/1/L15
.. [2] Singer et al. 2016, ApJS 226, 10. doi:10.3847/0067-0049/226/1/10 (moments, volumes)
"""

from __future__ import annotations

from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["Distances", "Volumes", "distance_moments", "log_square_of"]

Floats = NDArray[np.float64]

_FEWEST_NODES, _MOST_NODES = 160, 2000
_EFFORT = 4_000_000
"""Thresholds times cells: a map of few cells has a kink at the peak of each, and gets more thresholds."""
_FINER = 8
_FIRST_DEPTH = 12.0
_DEEPEST = 700.0
_ALL = 1 - 1e-6
_SQRT_TAU = float(np.sqrt(2 * np.pi))
_FAR_BELOW = -6.0
"""A Gaussian so many of its scales before the observer is as good as an exponential with a correction."""
_LAGUERRE = np.polynomial.laguerre.laggauss(48)
_LEGENDRE = np.polynomial.legendre.leggauss(48)
_NOTHING_BEYOND = 60.0
"""Lengths over which an exponential falls to nothing."""


class Distances(NamedTuple):
    """The distance along the line of sight of each cell [1]_, shape ``(n,)`` each."""

    mu: Floats
    """Location of the Gaussian (Mpc)."""
    sigma: Floats
    """Scale of the Gaussian (Mpc)."""
    norm: Floats
    """What makes the integral of r² times the Gaussian one (Mpc⁻²)."""

    def take(self, which: NDArray[np.intp] | NDArray[np.bool_]) -> Distances:
        """Those of some cells, by number or by truth."""
        return Distances(self.mu[which], self.sigma[which], self.norm[which])

    @property
    def known(self) -> NDArray[np.bool_]:
        """Whether a cell says anything about the distance."""
        return (
            np.isfinite(self.mu) & np.isfinite(self.sigma) & (self.sigma > 0) & (self.norm > 0) & np.isfinite(self.norm)
        )

    def within(self, distance: ArrayLike) -> Floats:
        """Probability that each line of sight's distance is no more than one (Mpc): the integral of its density [1]_.

        It is zero where nothing is known of the distance.
        """
        from scipy.special import ndtr

        with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
            near = -self.mu / self.sigma
            far = np.maximum((np.asarray(distance, dtype=float) - self.mu) / self.sigma, near)
            gauss = (np.exp(-0.5 * far**2) / _SQRT_TAU, np.exp(-0.5 * near**2) / _SQRT_TAU)
            square = (self.mu**2 + self.sigma**2) * (ndtr(far) - ndtr(near))
            edge = 2 * self.mu * self.sigma * (gauss[0] - gauss[1])
            edge += self.sigma**2 * (np.where(gauss[0] > 0, far * gauss[0], 0.0) - near * gauss[1])
            found = np.where(self.known, self.norm * (square - edge), 0.0)
            below = self.known & (near > -_FAR_BELOW)
        found[below] = _share_far_below(-near[below], far[below] - near[below])
        return np.clip(found, 0, 1)

    def moments(self) -> tuple[Floats, Floats]:
        """Mean (Mpc) and mean square (Mpc²) of the distance along each line of sight [2]_; NaN where none is known."""
        mean, square = np.full(len(self.mu), np.nan), np.full(len(self.mu), np.nan)
        known = self.known
        mu, sigma = self.mu[known], self.sigma[known]
        z = mu / sigma
        found = np.where(z > _FAR_BELOW, _by_parts(z), _by_quadrature(np.minimum(z, _FAR_BELOW)))
        mean[known], square[known] = found[0] * sigma, found[1] * sigma**2
        return mean, square


def _by_parts(z: Floats) -> Floats:
    """Mean and mean square in units of the scale, for a Gaussian at `z`: the integrals of r², r³ and r⁴ times it."""
    from scipy.special import ndtr

    integrals = [ndtr(z), z * ndtr(z) + np.exp(-0.5 * z**2) / _SQRT_TAU]
    for k in (2, 3, 4):
        integrals.append(z * integrals[k - 1] + (k - 1) * integrals[k - 2])
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.stack([integrals[3] / integrals[2], integrals[4] / integrals[2]])


def _by_quadrature(z: Floats) -> Floats:
    nodes, weights = _LAGUERRE
    x = nodes / -z[:, None]
    second, third, fourth = ((weights * x**k * np.exp(-0.5 * x**2)).sum(axis=1) for k in (2, 3, 4))
    return np.stack([third / second, fourth / second])


def _share_far_below(z: Floats, reach: Floats) -> Floats:
    """The share of r² times a Gaussian that is within a reach, both in units of the scale, for a Gaussian at `z` far below."""
    nodes, weights = _LEGENDRE
    top = np.minimum(-z * reach, _NOTHING_BEYOND)[:, None] / 2
    x = top * (nodes + 1)
    return np.asarray((weights * top * np.exp(-x) * _bent_square(x, z)).sum(axis=1) / _tail(z))


def _tail(z: Floats) -> Floats:
    """Integral of r² times what is left of a Gaussian at `z` far below, with r in units of the scale over −z."""
    nodes, weights = _LAGUERRE
    return np.asarray((weights * _bent_square(nodes, z)).sum(axis=-1))


def _bent_square(x: Floats, z: Floats) -> Floats:
    return np.asarray(x**2 * np.exp(-0.5 * (x / z[..., None]) ** 2))


def log_square_of(mu: Floats, sigma: Floats) -> Floats:
    """Logarithm of the integral of r² times a normalised Gaussian over r > 0 (Mpc²) [2]_: its negative is that of a norm."""
    from scipy.special import ndtr

    z = mu / sigma
    near = np.maximum(z, _FAR_BELOW)
    integral = (near**2 + 1) * ndtr(near) + near * np.exp(-0.5 * near**2) / _SQRT_TAU
    far = np.minimum(z, _FAR_BELOW)
    below = np.log(_tail(far)) - 3 * np.log(-far) - 0.5 * far**2 - np.log(_SQRT_TAU)
    return np.asarray(np.where(z > _FAR_BELOW, np.log(integral), below) + 2 * np.log(sigma))


def distance_moments(probability: Floats, distances: Distances) -> tuple[float, float]:
    """Mean and standard deviation (Mpc) of the distance over the whole sky [2]_."""
    mean, square = distances.moments()
    known = np.isfinite(mean) & np.isfinite(square)
    weights = probability[known] / probability[known].sum()
    average = float(weights @ mean[known])
    return average, float(np.sqrt(max(0.0, float(weights @ square[known]) - average**2)))


class Volumes:
    """Credible levels in volume: what is denser, per Mpc³, than a threshold.

    Parameters
    ----------
    density
        Probability density of each cell (sr⁻¹), shape ``(n,)``.
    solid_angle
        Of each cell (sr).
    distances
        Of each cell.
    """

    def __init__(self, density: Floats, solid_angle: Floats, distances: Distances) -> None:
        known = distances.known & (density > 0)
        self._peak = np.full(len(density), -np.inf)
        with np.errstate(divide="ignore"):
            self._peak[known] = (
                np.log(density[known]) + np.log(distances.norm[known]) - np.log(distances.sigma[known] * _SQRT_TAU)
            )
        self._distances = distances
        self._known = known
        self._density, self._solid_angle = density, solid_angle

    def log_density(self, cell: NDArray[np.intp], distance: ArrayLike) -> Floats:
        """Logarithm of the probability per Mpc³ at distances (Mpc) in cells; −inf where there is none."""
        mu, sigma, _ = self._distances.take(cell)
        with np.errstate(invalid="ignore"):
            away = (np.asarray(distance, dtype=float) - mu) / sigma
            return np.where(self._known[cell], self._peak[cell] - 0.5 * away**2, -np.inf)

    def levels(self, log_density: Floats) -> Floats:
        """Credible level in volume of what has these densities (logarithm, Mpc⁻³); NaN for NaN."""
        if np.isnan(log_density).all():
            return np.full(log_density.shape, np.nan)
        nodes, probability, _ = self._table
        return np.where(np.isnan(log_density), np.nan, np.interp(-log_density, nodes, probability, right=1.0))

    def volume_within(self, level: float) -> float:
        """The smallest volume (Mpc³) that holds a level of the probability."""
        _, probability, volume = self._table
        return float(np.interp(level, probability, volume, right=np.inf))

    @cached_property
    def _table(self) -> tuple[Floats, Floats, Floats]:
        """Minus the logarithms of thresholds, ascending, with the probability and the volume (Mpc³) that is denser."""
        from scipy.interpolate import PchipInterpolator

        lines = self._lines
        top = float(lines.highest.max()) if len(lines.mu) else 0.0
        depth = _FIRST_DEPTH
        everything = lines.denser(top - _DEEPEST)[0]
        while depth < _DEEPEST and lines.denser(top - depth)[0] < _ALL * everything:
            depth *= 1.5
        count = int(np.clip(_EFFORT // max(1, len(lines.mu)), _FEWEST_NODES, _MOST_NODES))
        coarse = -top + np.linspace(0, 1, count) ** 1.5 * depth
        sums = np.array([lines.denser(-node) for node in coarse])
        fine = -top + np.linspace(0, 1, _FINER * count) ** 1.5 * depth
        probability = np.clip(np.maximum.accumulate(PchipInterpolator(coarse, sums[:, 0])(fine)), 0, 1)
        return fine, probability, np.asarray(PchipInterpolator(coarse, sums[:, 1])(fine))

    @property
    def _lines(self) -> _Lines:
        """The lines of sight that have a distance, those with the highest peaks first."""
        from scipy.special import ndtr

        some = np.flatnonzero(self._known)
        some = some[np.argsort(-self._peak[some], kind="stable")]
        mu, sigma, norm = self._distances.take(some)
        z = mu / sigma
        ahead = (mu**2 + sigma**2) * ndtr(z) + sigma * mu * np.exp(-0.5 * z**2) / _SQRT_TAU
        solid_angle = self._solid_angle[some]
        return _Lines(self._peak[some], mu, sigma, ahead, self._density[some] * solid_angle * norm, solid_angle)


class _Lines(NamedTuple):
    """Lines of sight by descending peak, shape ``(n,)`` each."""

    peak: Floats
    """Logarithm of the largest density of the Gaussian (Mpc⁻³), be it before the observer or behind."""
    mu: Floats
    sigma: Floats
    ahead: Floats
    """Integral of r² times the normal distribution from the observer on (Mpc²)."""
    weight: Floats
    """What makes a probability of such an integral (Mpc⁻²)."""
    solid_angle: Floats

    @property
    def highest(self) -> Floats:
        """The largest of each line of sight with a distance: at the location of the Gaussian, or at the observer."""
        behind = np.minimum(self.mu / self.sigma, 0.0)
        return np.asarray(self.peak - 0.5 * behind**2)

    def denser(self, threshold: float) -> tuple[float, float]:
        """Probability and volume (Mpc³) of what is denser than a threshold (logarithm, Mpc⁻³)."""
        from scipy.special import ndtr

        peak, mu, sigma, ahead, weight, solid_angle = (
            column[: np.searchsorted(-self.peak, -threshold)] for column in self
        )
        above = peak - threshold
        t = np.sqrt(2 * above)
        reach, gauss, tail = sigma * t, sigma * np.exp(-above) / _SQRT_TAU, ndtr(-t)
        square, near, far = mu**2 + sigma**2, mu - reach, mu + reach
        within = np.where(
            near > 0, square * (1 - 2 * tail) - 2 * reach * gauss, ahead - square * tail - (mu + far) * gauss
        )
        seen = far > 0
        near = np.maximum(near, 0.0)
        return _sum_of(np.where(seen, within, 0.0), weight), _sum_of(
            np.where(seen, far * far * far - near * near * near, 0.0), solid_angle
        ) / 3


def _sum_of(values: Floats, weights: Floats) -> float:
    """The sum of products, on one core: threads of BLAS take longer to meet than a sum of some thousands takes."""
    return float(np.einsum("i,i", values, weights))
