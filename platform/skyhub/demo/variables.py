"""Light curves of variable sources: difference flux (µJy) against the reference image.

A `Flux` here is negative when the source is fainter than in the reference.

References
----------
.. [1] Sesar et al. 2010, ApJ 708, 717. doi:10.1088/0004-637X/708/1/717 (RR Lyrae amplitudes by filter)
.. [2] Kelly, Bechtold & Siemiginowska 2009, ApJ 698, 895. doi:10.1088/0004-637X/698/2/895 (damped random walk)
.. [3] MacLeod et al. 2010, ApJ 721, 1014. doi:10.1088/0004-637X/721/2/1014 (its time scales and amplitudes)
.. [4] Lasota 2001, New Astron. Rev. 45, 449. doi:10.1016/S1387-6473(01)00112-9 (dwarf-nova outbursts)
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from skyhub.demo.transients import Flux, blackbody_colour

__all__ = ["active_nucleus", "dwarf_nova", "eclipsing_binary", "rr_lyrae"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def _difference(mags: Floats, fid: Ints, change: Floats) -> Floats:
    """Flux of reference magnitudes (index = fid) changed by ``change`` mag, minus the reference flux."""
    reference = 10 ** ((23.9 - mags[fid]) / 2.5)
    return np.asarray(reference * (10 ** (-0.4 * change) - 1))


def rr_lyrae(mags: Floats, period: float, epoch: float, amplitude: float) -> Flux:
    """RRab star: steep rise, slow fall (four harmonics); amplitude (mag) in g, 0.72 of it in r [1]_."""
    scale = np.array([0, 1.0, 0.72, 0.57]) * amplitude
    weights = np.array([1.0, 0.47, 0.28, 0.14]) / 2.1

    def flux(jd: Floats, fid: Ints) -> Floats:
        phase = 2 * np.pi * (jd - epoch) / period
        saw = sum(w * np.sin((k + 1) * phase + 0.35 * k) for k, w in enumerate(weights))
        return _difference(mags, fid, -scale[fid] * np.asarray(saw))

    return flux


def eclipsing_binary(mags: Floats, period: float, epoch: float, depths: tuple[float, float], width: float) -> Flux:
    """Detached binary: Gaussian minima of two depths (mag) and one width (in phase), half a period apart."""

    def flux(jd: Floats, fid: Ints) -> Floats:
        phase = ((jd - epoch) / period) % 1.0
        first = np.minimum(phase, 1 - phase)
        change = sum(
            depth * np.exp(-((at / width) ** 2) / 2) for depth, at in zip(depths, (first, phase - 0.5), strict=True)
        )
        return _difference(mags, fid, np.asarray(change))

    return flux


def active_nucleus(mags: Floats, tau: float, amplitude: float, start: float, rng: np.random.Generator) -> Flux:
    """Active nucleus: damped random walk [2]_ of time scale ``tau`` (d) and rms ``amplitude`` (mag in g) [3]_.

    The walk starts with the offset ``start`` (mag). Its step between epochs is exact:
    ``x' = x e^(−Δ/τ) + N(0, σ² (1 − e^(−2Δ/τ)))``. Call it once, with times in order.
    """
    scale = np.array([0, 1.0, 0.85, 0.75])

    def flux(jd: Floats, fid: Ints) -> Floats:
        decay = np.exp(-np.diff(jd) / tau)
        kicks = rng.normal(0, amplitude, len(decay)) * np.sqrt(1 - decay**2)
        walk = [start]
        for factor, kick in zip(decay, kicks, strict=True):
            walk.append(walk[-1] * factor + kick)
        return _difference(mags, fid, scale[fid] * np.array(walk))

    return flux


def dwarf_nova(mags: Floats, t0: float, amplitude: float, duration: float) -> Flux:
    """Outburst of a cataclysmic variable [4]_: rise in half a day, slow decline, fall after ``duration`` days."""
    hot = blackbody_colour(14000.0, np.array([1, 1, 2, 3]))

    def flux(jd: Floats, fid: Ints) -> Floats:
        age = jd - t0
        bright = amplitude - 0.12 * np.clip(age, 0, duration) - 0.7 * np.clip(age - duration, 0, None)
        peak = mags[2] - np.clip(bright, 0, None) + hot[fid]
        gain = np.where(bright > 0, 10 ** ((23.9 - peak) / 2.5), 0.0)
        return np.where(age > 0, gain * (1 - np.exp(-np.clip(age, 0, None) / 0.3)), 0.0)

    return flux
