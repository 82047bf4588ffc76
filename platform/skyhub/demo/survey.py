"""The survey behind the demo night: which field was exposed when, in which filter and how deep.

Public pairs in g and r come every two or three nights, partnership visits in i now and then.
Depth follows seeing, airmass, moon and clouds. One telescope: exposures never overlap.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from skyhub.demo.sky import Field, airmass, field_grid, moon_illumination, night_bounds
from skyhub.errors import InvalidInput

__all__ = ["HISTORY_DAYS", "Exposures", "Survey", "effective_pixels", "plan_survey"]

HISTORY_DAYS = 30
"""Nights before the demo night that the survey observed."""

_PUBLIC, _PARTNERSHIP, _CALTECH = 1, 2, 3
_ZERO_POINT = np.array([0.0, 26.30, 26.22, 25.75])
_DARK_LIMIT = np.array([0.0, 20.85, 20.70, 20.25])
_MOON_LOSS = np.array([0.0, 1.1, 0.75, 0.45])
_EXTINCTION = np.array([0.0, 0.20, 0.12, 0.08])
_SLOT = 40.0 / 86400
_MAX_AIRMASS = 2.3
_PIXEL = 1.01
_GAIN = 6.2
_MARGIN = 90.0 / 1440

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Exposures:
    """Exposures of one field in order of time; arrays of shape (n,).

    ``jd`` UTC, ``fid`` 1 g, 2 r, 3 i, ``seeing`` FWHM (pixels of 1.01″), ``limit`` 5σ limiting magnitude,
    ``zero_point`` magnitude of 1 DN, ``sky_sigma`` noise per pixel of the difference image (DN),
    ``background`` sky level (DN), ``tonight`` whether the exposure belongs to the demo night.
    """

    jd: Floats
    fid: Ints
    programid: Ints
    seeing: Floats
    airmass: Floats
    limit: Floats
    zero_point: Floats
    sky_sigma: Floats
    background: Floats
    tonight: NDArray[np.bool_]


@dataclass(frozen=True)
class Survey:
    """The fields of the demo night with their exposures."""

    fields: tuple[Field, ...]
    exposures: tuple[Exposures, ...]
    midnight: float


def effective_pixels(seeing: Floats) -> Floats:
    """Noise-equivalent area (pixels) of a Moffat profile with β = 3: ``5 π α² / 4``.

    The area is ``1 / Σ P²`` (King 1983, PASP 95, 163, doi:10.1086/131139); α is FWHM / 1.0196.
    """
    return np.asarray(1.25 * np.pi * (seeing / 1.0196) ** 2)


def plan_survey(dayobs: date, rng: np.random.Generator, n_fields: int) -> Survey:
    """Choose the fields of the night and the exposures of the month before it."""
    midnight = (dayobs + timedelta(days=1)).toordinal() + 1721424.5
    fields = _choose_fields(midnight, rng, n_fields)
    programmes = _share_programmes(rng, len(fields))
    clear = rng.random(HISTORY_DAYS + 1) > 0.15
    clear[-1] = True
    clouds = np.clip(rng.exponential(0.12, HISTORY_DAYS + 1), 0, 1.2) * np.append(np.ones(HISTORY_DAYS), 0.3)
    night_seeing = rng.lognormal(np.log(2.0), 0.17, HISTORY_DAYS + 1)
    visits = [_visits(field, programmes[k], k, midnight, clear, rng) for k, field in enumerate(fields)]
    table = _without_overlap(np.concatenate(visits))
    split = [_expose(fields[k], table[table["target"] == k], clouds, night_seeing, rng) for k in range(len(fields))]
    return Survey(tuple(fields), tuple(split), midnight)


_VISIT = np.dtype([("jd", "f8"), ("fid", "i8"), ("programid", "i8"), ("night", "i8"), ("target", "i8")])


def _choose_fields(midnight: float, rng: np.random.Generator, n_fields: int) -> list[Field]:
    """Visible fields: a quarter near the galactic plane, a fifth near the ecliptic, the rest off the plane."""
    seen = [field for field in field_grid() if len(_windows(field, midnight))]
    order = [seen[i] for i in rng.permutation(len(seen))]
    plane = [f for f in order if abs(f.galactic_latitude) < 12]
    ecliptic = [f for f in order if abs(f.ecliptic_latitude) < 6 and abs(f.galactic_latitude) > 20]
    away = [f for f in order if abs(f.galactic_latitude) > 20 and abs(f.ecliptic_latitude) >= 6]
    n_plane, n_ecliptic = max(1, n_fields // 4), max(1, n_fields // 5)
    chosen = plane[:n_plane] + ecliptic[:n_ecliptic] + away[: max(1, n_fields - n_plane - n_ecliptic)]
    if not (plane and ecliptic and away):
        raise InvalidInput("No field can be seen on this night; give a date from 1950 to 2100.", "dayobs")
    return sorted(chosen, key=lambda f: f.field_id)


def _windows(field: Field, midnight: float) -> Floats:
    """Julian dates of the night at which a first visit leaves room for a second one, at low airmass."""
    first, last = night_bounds(midnight)
    times = np.arange(first, last - _MARGIN, 5 / 1440)
    good = (airmass(times, field.ra, field.dec) < _MAX_AIRMASS) & (
        airmass(times + _MARGIN, field.ra, field.dec) < _MAX_AIRMASS
    )
    return times[good]


def _share_programmes(rng: np.random.Generator, n_fields: int) -> Ints:
    """Programme of each field's visits on the night: 60 % public, 32 % partnership, 8 % Caltech."""
    edges = np.array([0.60, 0.92])
    ladder = np.searchsorted(edges, (np.arange(n_fields) + 0.5) / n_fields) + 1
    return np.asarray(rng.permutation(ladder), dtype=np.int64)


def _visits(
    field: Field, programme: int, target: int, midnight: float, clear: NDArray[np.bool_], rng: np.random.Generator
) -> NDArray[np.void]:
    """Visits of one field; a pair per observed night, in two filters."""
    gaps = rng.integers(2, 4, HISTORY_DAYS)
    nights = HISTORY_DAYS - np.concatenate([[0], np.cumsum(gaps)])
    rows: list[tuple[float, int, int, int, int]] = []
    for night in nights[(nights >= 0)]:
        start = midnight + night - HISTORY_DAYS
        windows = _windows(field, start)
        if not clear[night] or not len(windows):
            continue
        first = float(rng.choice(windows)) + rng.uniform(0, 4 / 1440)
        tonight = night == HISTORY_DAYS
        for jd, fid in zip((first, first + rng.uniform(25, 75) / 1440), _filters(programme, tonight, rng), strict=True):
            rows.append((jd, fid, _programme_of(fid, programme, tonight, rng), int(night), target))
    return np.array(rows, dtype=_VISIT)


def _filters(programme: int, tonight: bool, rng: np.random.Generator) -> tuple[int, int]:
    if programme != _PUBLIC and rng.random() < 0.25:
        return (2, 3)
    if not tonight and rng.random() < 0.08:
        return (1, 3)
    return (1, 2) if rng.random() < 0.5 else (2, 1)


def _programme_of(fid: int, programme: int, tonight: bool, rng: np.random.Generator) -> int:
    """Pairs in g and r are public in most nights of the past; i belongs to the partnership."""
    if tonight:
        return int(programme)
    if fid == 3:
        return max(int(programme), _PARTNERSHIP)
    return int(programme) if rng.random() < 0.5 else _PUBLIC


def _without_overlap(table: NDArray[np.void]) -> NDArray[np.void]:
    """Delay exposures so that each begins at least one slot after the one before."""
    table = table[np.argsort(table["jd"], kind="stable")]
    step = np.arange(len(table)) * _SLOT
    table["jd"] = np.round(np.maximum.accumulate(table["jd"] - step) + step, 7)
    return table


def _expose(
    field: Field, table: NDArray[np.void], clouds: Floats, night_seeing: Floats, rng: np.random.Generator
) -> Exposures:
    """Conditions of the visits of one field."""
    jd, fid, night = table["jd"].copy(), table["fid"].copy(), table["night"].copy()
    n = len(jd)
    through = airmass(jd, field.ra, field.dec)
    seeing = night_seeing[night] * through**0.6 * np.array([0.0, 1.06, 1.0, 0.95])[fid] * rng.lognormal(0, 0.06, n)
    limit = _DARK_LIMIT[fid] - 2.5 * np.log10(seeing / 2.0) - _EXTINCTION[fid] * (through - 1) - clouds[night]
    limit -= _MOON_LOSS[fid] * moon_illumination(jd) ** 1.5 - rng.normal(0, 0.07, n)
    fwhm = np.clip(seeing / _PIXEL, 1.4, 5.0)
    zero_point = _ZERO_POINT[fid] - clouds[night] + rng.normal(0, 0.02, n)
    sigma = 10 ** (0.4 * (zero_point - limit)) / 5 / np.sqrt(effective_pixels(fwhm))
    return Exposures(
        jd, fid, table["programid"].copy(), fwhm, through, limit, zero_point, sigma,
        background=np.clip(sigma**2 * _GAIN * 0.6, 60, None), tonight=night == HISTORY_DAYS,
    )  # fmt: skip
