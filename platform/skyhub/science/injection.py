"""Sources put where an event may have been, into what was really observed: the fraction that would have been detected.

References
----------
.. [1] Singer et al. 2016, ApJL 829, L15. doi:10.3847/2041-8205/829/1/L15 (distances along lines of sight)
.. [2] Wilson 1927, Journal of the American Statistical Association 22, 209. doi:10.1080/01621459.1927.10502953
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skyhub.errors import InvalidInput
from skyhub.science.cells import directions
from skyhub.science.coordinates import HPX_ORDER
from skyhub.science.distances import distance_modulus, redshift_at
from skyhub.science.field_tiles import FieldRanges
from skyhub.science.models import Host, Model
from skyhub.science.proportions import wilson_interval
from skyhub.science.skymaps import SkyMap

__all__ = [
    "Exposures",
    "Injected",
    "LightCurve",
    "Sources",
    "constant_source",
    "draw_sources",
    "inject",
    "model_source",
]

Floats = NDArray[np.float64]

LightCurve: TypeAlias = Callable[[Floats, Floats, Host], Floats]
"""Flux (µJy) at times (MJD) and wavelengths (Å) of shape ``(n,)``, in a host."""

_ZERO_POINT = 23.9
_HALVINGS = 50


class Sources(NamedTuple):
    """Where sources are, shape ``(n,)`` each."""

    hpx: NDArray[np.int64]
    """Order-29 NESTED indices."""
    distance: Floats
    """Luminosity distance (Mpc)."""

    @property
    def positions(self) -> tuple[Floats, Floats]:
        """Right ascension and declination (ICRS, deg)."""
        x, y, z = directions(self.hpx, HPX_ORDER).T
        return np.degrees(np.arctan2(y, x)) % 360, np.degrees(np.arctan2(z, np.hypot(x, y)))


@dataclass(frozen=True, eq=False)
class Exposures:
    """What was observed.

    Parameters
    ----------
    tiles, place
        What the pointings cover, and the pointing of each exposure in them, counted on from one to the next.
    mjd, limit, wavelength, extinction
        Begin (MJD, UTC), limiting magnitude (AB), middle of the band (Å) and extinction there per E(B−V) (mag), shape ``(n,)``.
    """

    tiles: Sequence[FieldRanges]
    place: NDArray[np.int64]
    mjd: Floats
    limit: Floats
    wavelength: Floats
    extinction: Floats


class Injected(NamedTuple):
    """What became of sources, shape ``(n,)`` each."""

    covered: NDArray[np.int64]
    """How many exposures saw the place of each."""
    detected: NDArray[np.bool_]

    def fraction(self, which: ArrayLike = True) -> tuple[float, float, float]:
        """The fraction of (some) sources that was detected, and its 68 % interval [2]_; NaN of none."""
        chosen = np.broadcast_to(np.asarray(which, dtype=bool), self.detected.shape)
        found, tried = int((self.detected & chosen).sum()), int(chosen.sum())
        low, high = wilson_interval(found, tried)
        return (found / tried if tried else float("nan")), float(low), float(high)


def constant_source(absolute_magnitude: float) -> LightCurve:
    """A source of one absolute magnitude (AB) in all bands at all times."""

    def flux(mjd: Floats, wavelength: Floats, host: Host) -> Floats:
        mag = absolute_magnitude + distance_modulus(host.distance)
        return np.full(len(mjd), 10 ** (0.4 * (_ZERO_POINT - float(mag))))

    return flux


def model_source(
    model: Model, values: Mapping[str, float], t0: float, reference_distance: float | None = None
) -> LightCurve:
    """A source whose light curve is a model's.

    Parameters
    ----------
    model, values
        The model, and its parameters besides ``t0``, in its units.
    t0
        When the event was (MJD, UTC).
    reference_distance
        Of a model that tells fluxes rather than luminosities: the distance (Mpc) at which they are told.

    Raises
    ------
    InvalidInput
        If a parameter is missing, or the model has others for each filter.
    """
    if model.by_filter:
        raise InvalidInput(f"{model.name} has parameters for each filter: it cannot be injected.", "model")
    wanted = [parameter for parameter in model.parameters if parameter.name != "t0"]
    if {parameter.name for parameter in wanted} != values.keys():
        listed = ", ".join(f"{parameter.name} ({parameter.unit or 'no unit'})" for parameter in wanted)
        raise InvalidInput(
            f"{model.name} needs the parameters {listed}: {', '.join(values) or 'none'} were given.", "parameters"
        )
    if model.needs_distance == (reference_distance is not None):
        needed = "no reference_distance" if model.needs_distance else "a reference_distance (Mpc)"
        raise InvalidInput(f"{model.name} takes {needed}.", "reference_distance")
    row = np.array([{**values, "t0": t0}[parameter.name] for parameter in model.parameters], dtype=float)

    def flux(mjd: Floats, wavelength: Floats, host: Host) -> Floats:
        told = model.flux(row, mjd, wavelength, host)
        nearer = 1.0 if reference_distance is None else (reference_distance / host.distance) ** 2
        return np.where(mjd > t0, np.nan_to_num(told) * nearer, 0.0)

    return flux


def draw_sources(sky_map: SkyMap, n: int, rng: np.random.Generator, distance: float | None = None) -> Sources:
    """Sources as the map has them, in three dimensions [1]_.

    Parameters
    ----------
    sky_map
        The map.
    n
        How many.
    rng
        What draws them.
    distance
        Of all (Mpc), in place of the map's.

    Raises
    ------
    InvalidInput
        If the map has no distances and none is given.
    """
    sums = np.cumsum(sky_map.probability)
    cell = np.searchsorted(sums, rng.uniform(0, sums[-1], n), side="right")
    cell = np.minimum(cell, len(sky_map) - 1)
    hpx = sky_map.low[cell] + rng.integers(0, (sky_map.high - sky_map.low)[cell])
    if distance is not None:
        return Sources(hpx, np.full(n, float(distance)))
    if sky_map.distances is None:
        raise InvalidInput("the map has no distances: give one (Mpc).", "distance")
    lines = sky_map.distances.take(cell)
    share = rng.uniform(0, 1, n)
    near, far = np.zeros(n), np.where(lines.known, np.maximum(lines.mu, 0) + 10 * lines.sigma, np.nan)
    for _ in range(_HALVINGS):
        middle = (near + far) / 2
        below = lines.within(middle) < share
        near, far = np.where(below, middle, near), np.where(below, far, middle)
    return Sources(hpx, far)


def inject(
    sources: Sources,
    exposures: Exposures,
    light_curve: LightCurve,
    detections: int = 1,
    apart: float = 0.0,
    ebv: ArrayLike = 0.0,
) -> Injected:
    """Look for sources in what was observed: detected is what is brighter than the limit of so many exposures.

    Parameters
    ----------
    sources, exposures, light_curve
        The sources, what was observed, and how bright they are.
    detections
        How many exposures must show a source.
    apart
        How long the first and the last of these are apart at least (d).
    ebv
        Reddening E(B−V) of the sources in our Galaxy (mag), shape ``(n,)``.
    """
    seen = _seen(sources.hpx, exposures)
    reddening = np.broadcast_to(np.asarray(ebv, dtype=float), sources.hpx.shape)
    detected = np.zeros(len(sources.hpx), dtype=bool)
    for number in np.flatnonzero((np.diff(seen.starts) >= detections) & (sources.distance > 0)):
        which = seen.exposures[seen.starts[number] : seen.starts[number + 1]]
        far = float(sources.distance[number])
        mjd = exposures.mjd[which]
        flux = light_curve(mjd, exposures.wavelength[which], Host(float(redshift_at(far)), far))
        flux = flux * 10 ** (-0.4 * exposures.extinction[which] * reddening[number])
        found = mjd[flux > 10 ** (0.4 * (_ZERO_POINT - exposures.limit[which]))]
        detected[number] = len(found) >= detections and np.ptp(found) >= apart
    return Injected(np.diff(seen.starts), detected)


class _Seen(NamedTuple):
    starts: NDArray[np.int64]
    """Where the exposures of each source begin."""
    exposures: NDArray[np.int64]


def _seen(hpx: NDArray[np.int64], exposures: Exposures) -> _Seen:
    """Which exposures saw which of some places."""
    order = np.argsort(exposures.place, kind="stable")
    of_place = exposures.place[order]
    pairs: list[tuple[NDArray[np.int64], NDArray[np.int64]]] = [(np.empty(0, np.int64), np.empty(0, np.int64))]
    before = 0
    for part in exposures.tiles:
        for number in np.unique(of_place[(of_place >= before) & (of_place < before + len(part))]).tolist():
            low, high = part.of(number - before).T
            at = np.searchsorted(low, hpx, side="right") - 1
            inside = np.flatnonzero((at >= 0) & (hpx < high[np.maximum(at, 0)]))
            mine = order[slice(*np.searchsorted(of_place, [number, number + 1]))]
            pairs.append((np.repeat(inside, len(mine)), np.tile(mine, len(inside))))
        before += len(part)
    source, exposure = (np.concatenate([pair[k] for pair in pairs]) for k in range(2))
    by_source = np.lexsort((exposure, source))
    starts = np.searchsorted(source[by_source], np.arange(len(hpx) + 1))
    return _Seen(starts.astype(np.int64), exposure[by_source])
