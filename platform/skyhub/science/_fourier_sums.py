"""Sums over points that a Fourier series needs, at many frequencies, and the χ² that it explains."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["explained", "fourier_sums"]

_PRECISION = 1e-12
_RIDGE = 1e-10
"""Added to the diagonal, as a part of it: where terms of the model coincide, as at a day's cadence, the answer stays finite."""


def fourier_sums(
    times: NDArray[np.float64], strengths: NDArray[np.complex128], first: float, step: float, count: int
) -> NDArray[np.complex128]:
    """Σ s exp(2πi f t) at frequencies (1/d) in equal steps, shapes ``(n_sets, n)`` to ``(n_sets, count)``; times are in d."""
    from finufft import nufft1d1

    shifted = strengths * np.exp(2j * np.pi * (first + count // 2 * step) * times)
    found: NDArray[np.complex128] = nufft1d1(
        2 * np.pi * step * times, shifted, count, eps=_PRECISION, isign=1, nthreads=1
    )
    return found


def explained(
    times: NDArray[np.float64],
    value: NDArray[np.float64],
    weight: NDArray[np.float64],
    first: float,
    step: float,
    count: int,
    harmonics: int,
) -> NDArray[np.float64]:
    """The χ² that a mean and harmonics explain of values without mean, shape ``(count,)``.

    The normal matrix of the terms exp(2πi k f t), k from −K to K, holds the sums of weights at the multiples of f.
    """
    strengths = np.stack([weight, weight * value]).astype(complex)
    size = 2 * harmonics + 1
    sums = np.empty((2, size, count), dtype=complex)
    sums[:, 0] = strengths.sum(axis=1)[:, None]
    for multiple in range(1, size):
        sets = 2 if multiple <= harmonics else 1
        sums[:sets, multiple] = fourier_sums(multiple * times, strengths[:sets], first, step, count)
    order = np.arange(size)
    shift = order[None, :] - order[:, None]
    normal = np.moveaxis(np.where((shift < 0)[..., None], sums[0][abs(shift)].conj(), sums[0][abs(shift)]), -1, 0)
    normal = normal + _RIDGE * weight.sum() * np.eye(size)
    terms = order - harmonics
    right = np.where((terms < 0)[:, None], sums[1][abs(terms)], sums[1][abs(terms)].conj()).T
    return np.asarray(np.einsum("fk,fk->f", right.conj(), np.linalg.solve(normal, right[..., None])[..., 0]).real)
