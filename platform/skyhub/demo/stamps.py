"""Science, template and difference stamps of one alert, as 63×63 images of 1.01″ pixels.

The profile-fit flux of the difference is the measured flux by construction: the noise is drawn at random and
its component along the profile is replaced by the measurement, which for white noise is exact sampling of the
noise given the measurement.
"""

from __future__ import annotations

import gzip
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from skyhub.demo.artefacts import artefact_image
from skyhub.demo.observe import GAIN
from skyhub.demo.profiles import CENTRE, SIDE, moffat
from skyhub.demo.scene import Scene
from skyhub.demo.survey import Exposures

__all__ = ["Stamps", "draw_stamps", "fits_gz"]

_TEMPLATE_FWHM = 1.9

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Stamps:
    """The three images of an alert (DN), shape (63, 63) or less at the edge of the detector."""

    science: Floats
    template: Floats
    difference: Floats


def draw_stamps(
    scene: Scene, exposures: Exposures, at: int, flux: float, artefact: str | None, rng: np.random.Generator
) -> Stamps:
    """Draw the stamps of the exposure ``at`` with a signed flux (DN) at the target.

    The difference of a source fainter than in the reference is reference minus science, as the survey stores it.
    """
    fid, zero_point, fwhm = int(exposures.fid[at]), float(exposures.zero_point[at]), float(exposures.seeing[at])
    sigma, background = float(exposures.sky_sigma[at]), float(exposures.background[at])
    static = scene.static(fid, zero_point, fwhm)
    x, y = CENTRE + scene.shift[0], CENTRE + scene.shift[1]
    profile = moffat([x], [y], fwhm)[0]
    noise = rng.normal(0, 1, (SIDE, SIDE)) * np.sqrt(sigma**2 + np.clip(static, 0, None) / GAIN)
    residual = noise + _misregistration(static, rng)
    shape = profile if artefact is None else artefact_image(artefact, x, y, fwhm, rng)
    residual -= profile * _fit(residual, profile)
    change = residual + shape * (flux / _fit(shape, profile))
    template = scene.static(fid, zero_point, _TEMPLATE_FWHM) + rng.normal(0, 0.22 * sigma, (SIDE, SIDE))
    return Stamps(background + static + change, background + template, change if flux >= 0 else -change)


def _fit(image: Floats, profile: Floats) -> float:
    """Least-squares flux of a profile in an image."""
    return float(np.vdot(profile, image) / np.vdot(profile, profile))


def _misregistration(static: Floats, rng: np.random.Generator) -> Floats:
    """Residual of bright sources: a small shift and a small error of scale between science and reference."""
    rows, columns = np.gradient(static)
    dy, dx, scale = rng.normal(0, (0.035, 0.035, 0.004))
    return np.asarray(dy * rows + dx * columns + scale * static)


def fits_gz(image: Floats) -> bytes:
    """A gzipped FITS file of one image, 32-bit floats; the same bytes for the same image."""
    rows, columns = image.shape
    cards = [
        f"{'SIMPLE':8}= {'T':>20}",
        f"{'BITPIX':8}= {-32:>20}",
        f"{'NAXIS':8}= {2:>20}",
        f"{'NAXIS1':8}= {columns:>20}",
        f"{'NAXIS2':8}= {rows:>20}",
        f"{'BUNIT':8}= 'DN      '",
        "END",
    ]
    header = "".join(f"{card:80}" for card in cards).ljust(2880)
    data = image.astype(">f4").tobytes()
    return gzip.compress(header.encode() + data + bytes(-len(data) % 2880), compresslevel=4, mtime=0)
