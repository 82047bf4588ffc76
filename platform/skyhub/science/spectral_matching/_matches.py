"""The templates that a spectrum resembles most."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from skyhub.errors import InvalidInput
from skyhub.science.spectral_matching._flattened import CENTRES, N_BINS, STEP, Flattened, Values, tapers
from skyhub.science.spectral_matching._template import Template

__all__ = ["GOOD_MATCH", "Match", "TypeShare", "best_matches", "drawn_over", "type_shares"]

GOOD_MATCH = 5.0
"""rlap from which a match says something."""
LEAST_OVERLAP = 0.4
"""In ln λ."""

_NEARLY_AS_GOOD = 0.8
"""Of the best rlap: what matches count for a type; else the type with most templates would win."""
_PASSED = (3.0, 8.0, N_BINS / 24, N_BINS / 16)
"""Waves per grid where the filter rises from 0 to 1, and where it falls to 0: slopes and noise are kept out."""
_PEAKS = 3
"""Of each template, so many shifts are looked into."""
_NEAR = 12
_NOTHING = 1e-300
_ERROR = 3.0
"""Widths of the peak over 1 + rlap: so much the redshifts of real supernovae scatter, whose lines differ in velocity."""


class Match(NamedTuple):
    """How a spectrum resembles a template."""

    template: Template
    redshift: float
    redshift_error: float
    rlap: float
    r: float
    overlap: float
    """In ln λ."""
    height: float
    """Of the peak: 1 if both are equal."""


@dataclass(frozen=True)
class TypeShare:
    """What the matches with templates of one type say together."""

    type: str
    share: float
    """Of the sum of rlap of all matches that count."""
    n_matches: int
    redshift: float
    """Median of the matches'."""
    redshift_error: float | None
    """Standard deviation between the matches'; None of a single one."""


def best_matches(
    lines: Flattened,
    templates: Sequence[Template],
    redshifts: tuple[float, float] = (-0.01, 0.5),
    least_overlap: float = LEAST_OVERLAP,
) -> list[Match]:
    """One match with each template that has one, by falling rlap.

    Parameters
    ----------
    lines
        The spectrum.
    templates
        With what it is compared.
    redshifts
        Between which the redshift is looked for.
    least_overlap
        In ln λ, at least; a template that covers less at a redshift is not compared there.

    Raises
    ------
    InvalidInput
        If the redshifts do not rise, or are not between -0.1 and 2.
    """
    low, high = redshifts
    if not -0.1 <= low < high <= 2:
        raise InvalidInput(
            f"redshifts from {low:g} to {high:g}: from and to, between -0.1 and 2, are needed.", "redshift"
        )
    if not templates:
        return []
    places, shifts = _candidates(lines, templates, (low, high), least_overlap)
    if not len(places):
        return []
    first, last = _overlaps(lines, templates, places, shifts)
    curves, found = _correlated(lines, templates, places, shifts, (first, last))
    best: dict[int, Match] = {}
    for row, place in enumerate(places):
        overlap = STEP * int(last[row] - first[row])
        match = _match(curves[row], int(found[row]), templates[place], int(shifts[row]), overlap)
        if match and low <= match.redshift <= high and (place not in best or match.rlap > best[place].rlap):
            best[place] = match
    return sorted(best.values(), key=lambda match: -match.rlap)


def type_shares(matches: Sequence[Match], least: float = GOOD_MATCH) -> list[TypeShare]:
    """What good matches, and nearly as good as the best, say of type and redshift; by falling share."""
    by_type: dict[str, list[Match]] = defaultdict(list)
    best = max((match.rlap for match in matches), default=0.0)
    for match in matches:
        if match.rlap >= max(least, _NEARLY_AS_GOOD * best):
            by_type[match.template.type].append(match)
    whole = sum(match.rlap for some in by_type.values() for match in some)
    shares = [_share(name, some, whole) for name, some in by_type.items()]
    return sorted(shares, key=lambda share: -share.share)


def drawn_over(lines: Flattened, match: Match) -> tuple[Values, Values]:
    """A match to be drawn over a spectrum: the lines of the template on the spectrum's own continuum.

    Returns
    -------
    wavelengths, fluxes
        Å, and the unit of the spectrum, each of shape ``(n,)``; only where both were observed.
    """
    shift = round(float(np.log((1 + match.redshift) / (1 + match.template.redshift))) / STEP)
    source = match.template.lines
    first, last = max(lines.first, source.first + shift), min(lines.last, source.last + shift)
    continuum = lines.continuum[first - lines.first : last - lines.first]
    return CENTRES[first:last], continuum * (1 + source.values[first - shift : last - shift])


def _share(name: str, matches: Sequence[Match], whole: float) -> TypeShare:
    redshifts = np.array([match.redshift for match in matches])
    spread = float(redshifts.std(ddof=1)) if len(matches) > 1 else None
    total = sum(match.rlap for match in matches)
    return TypeShare(name, total / whole, len(matches), float(np.median(redshifts)), spread)


def _filter(n: int) -> Values:
    """What passes, by wave number, of a grid of n bins of the same step; shape ``(n // 2 + 1,)``."""
    waves = np.arange(n // 2 + 1) * (N_BINS / n)
    begin, full, fall, end = _PASSED
    rise = np.clip((waves - begin) / (full - begin), 0, 1)
    down = np.clip((end - waves) / (end - fall), 0, 1)
    passed: Values = 0.25 * (1 - np.cos(np.pi * rise)) * (1 - np.cos(np.pi * down))
    return passed


def _candidates(
    lines: Flattened, templates: Sequence[Template], redshifts: tuple[float, float], least_overlap: float
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Templates and shifts (bins) where the correlation of the whole spectra is highest."""
    length, passed = 2 * N_BINS, _filter(2 * N_BINS)
    spectrum = np.fft.rfft(lines.values, length) * passed
    others = np.conj(np.fft.rfft([one.lines.values for one in templates], length)) * passed
    curves = np.fft.irfft(spectrum * others, length)
    places, shifts = [], []
    for place, (curve, template) in enumerate(zip(curves, templates, strict=True)):
        ends = [int(np.floor(np.log((1 + z) / (1 + template.redshift)) / STEP)) for z in redshifts]
        lags = np.arange(ends[0] - 1, ends[1] + 3)
        heights = curve[lags]
        high = (heights[1:-1] > heights[:-2]) & (heights[1:-1] >= heights[2:]) & (heights[1:-1] > 0)
        tops = lags[1:-1][high]
        left = np.maximum(lines.first, template.lines.first + tops)
        right = np.minimum(lines.last, template.lines.last + tops)
        tops = tops[(right - left) * STEP >= least_overlap]
        chosen = tops[np.argsort(-curve[tops])][:_PEAKS]
        places += [place] * len(chosen)
        shifts += chosen.tolist()
    return np.array(places, dtype=np.intp), np.array(shifts, dtype=np.intp)


def _overlaps(
    lines: Flattened, templates: Sequence[Template], places: NDArray[np.intp], shifts: NDArray[np.intp]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """First bin, and the one after the last, where both were observed."""
    begin, end = (np.array([getattr(templates[place].lines, name) for place in places]) for name in ("first", "last"))
    return np.maximum(begin + shifts, lines.first), np.minimum(end + shifts, lines.last)


def _correlated(
    lines: Flattened,
    templates: Sequence[Template],
    places: NDArray[np.intp],
    shifts: NDArray[np.intp],
    overlaps: tuple[NDArray[np.intp], NDArray[np.intp]],
) -> tuple[Values, NDArray[np.intp]]:
    """Normalised correlations of what both cover, shape ``(n, 1536)``, and where each is highest near no further shift."""
    windows, passed = tapers(*overlaps), _filter(N_BINS)
    shifted = np.stack([np.roll(templates[p].lines.values, s) for p, s in zip(places, shifts, strict=True)])
    mine, theirs = (np.fft.rfft(_windowed(values, windows)) * passed for values in (lines.values[None, :], shifted))
    norms = (np.linalg.norm(np.fft.irfft(spectrum, N_BINS), axis=1) for spectrum in (mine, theirs))
    curves = np.fft.irfft(mine * np.conj(theirs), N_BINS) / np.maximum(next(norms) * next(norms), _NOTHING)[:, None]
    near = np.arange(-_NEAR, _NEAR + 1)
    return curves, near[np.argmax(curves[:, near], axis=1)]


def _windowed(values: Values, windows: Values) -> Values:
    """Values less their means in the windows, tapered."""
    means = (values * windows).sum(axis=1) / windows.sum(axis=1)
    tapered: Values = (values - means[:, None]) * windows
    return tapered


def _match(curve: Values, found: int, template: Template, shift: int, overlap: float) -> Match | None:
    """The match at a peak of a correlation; None if it is no peak."""
    centred = np.roll(curve, -found)
    height, left, right = centred[0], centred[-1], centred[1]
    bend = left - 2 * height + right
    if abs(found) == _NEAR or height <= 0 or bend >= 0:
        return None
    odd = centred - np.roll(centred[::-1], 1)
    r = float(height / np.sqrt((odd**2).mean()))
    below = np.flatnonzero(centred[: N_BINS // 2] < height / 2)
    width = 2 * STEP * (below[0] if len(below) else N_BINS // 2)
    stretch = np.exp((shift + found + 0.5 * (left - right) / bend) * STEP)
    redshift = float((1 + template.redshift) * stretch - 1)
    error = float(_ERROR * width / (1 + r * overlap) * (1 + redshift))
    return Match(template, redshift, error, r * overlap, r, overlap, float(height))
