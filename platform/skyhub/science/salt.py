"""Type Ia supernovae: SALT3 and SALT2, fitted with sncosmo, and their posterior from tables.

The flux in a band is ``x0 [F0(p, c) + x1 F1(p, c)]``, with ``p`` the phase: for a redshift, ``F0`` and ``F1`` are integrals over
the band of the templates and the colour law [1]_ [2]_. They are tabulated at phases 0.25 d apart and as Chebyshev series in
``c``, so that tens of parameter vectors take as long as one does with sncosmo; if the redshift is fitted, at several redshifts,
between which is interpolated.

References
----------
.. [1] Guy et al. 2007, A&A 466, 11 (SALT2). doi:10.1051/0004-6361:20066930
.. [2] Kenworthy et al. 2021, ApJ 923, 265 (SALT3). doi:10.3847/1538-4357/ac30d8
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skyhub.errors import InvalidInput, NotFound
from skyhub.science.extinction import extinction_curve
from skyhub.science.fit_needs import SALT_NEEDS_REDSHIFT, too_few_for_salt
from skyhub.science.fitting import Curve, Fit, Fitted
from skyhub.science.photometry import AB_ZERO_POINT
from skyhub.science.posterior import Posterior, sample_posterior
from skyhub.science.sncosmo_files import salt_source, sncosmo_band

__all__ = ["COLOUR_RANGE", "STRETCH_RANGE", "SaltTables", "fit_salt", "sncosmo_table"]

Array = NDArray[np.float64]

COLOUR_RANGE = (-1.0, 2.0)
"""Bounds of the colour c."""
STRETCH_RANGE = (-5.0, 5.0)
"""Bounds of the stretch x1."""

_PHASE_STEP = 0.25
_SPACING = 5.0
_COLOUR_TERMS = 12
_REDSHIFTS = 25
_WALKERS = 128
_REACH = 6
_LEAST_REACH = {"z": 0.005, "c": 0.2}
_UNITS = {"z": "", "t0": "MJD", "x0": "", "x1": "", "c": ""}
_MEANINGS = {"z": "Redshift", "t0": "Time of the peak in B", "x0": "Amplitude", "x1": "Stretch", "c": "Colour"}


class SaltTables:
    """Fluxes of a SALT model in bands, for many parameter vectors at a time.

    Parameters
    ----------
    source
        The templates, as a source of sncosmo.
    filters
        Names of the bandpasses.
    redshifts
        Lowest and highest redshift; equal for a single one.
    colours
        Lowest and highest colour.
    ebv
        E(B−V) of the Milky Way (mag).
    """

    def __init__(
        self,
        source: Any,
        filters: Sequence[str],
        redshifts: tuple[float, float],
        colours: tuple[float, float] = (-0.4, 0.6),
        ebv: float = 0.0,
    ) -> None:
        first, last = source.minphase(), source.maxphase()
        self.redshifts, self.colours = redshifts, colours
        self._phases = np.linspace(first, last, round((last - first) / _PHASE_STEP) + 1)
        self._colour = _Series(*colours, _COLOUR_TERMS)
        self._grid = np.linspace(*redshifts, _REDSHIFTS if redshifts[0] < redshifts[1] else 1)
        self._tables = {name: self._table(source, name, ebv) for name in sorted(set(filters))}

    def flux(self, filter: str, mjd: Array, parameters: Array) -> Array:
        """Fluxes (µJy) in a filter at times (MJD, shape ``(n,)``), of rows ``z, t0, x0, x1, c``: shape ``(n_rows, n)``."""
        z, t0, x0, x1, c = parameters.T[:, :, None]
        colour = self._colour.terms(c[:, 0])
        curves = self._curves(self._tables[filter], np.hstack([colour, colour * x1]), z)
        place = ((mjd - t0) / (1 + z) - self._phases[0]) / _PHASE_STEP
        inside = (place >= 0) & (place <= len(self._phases) - 1)
        before = np.clip(place.astype(int), 0, len(self._phases) - 2)
        part = place - before
        rows = np.arange(len(parameters))[:, None]
        found = curves[rows, before] * (1 - part) + curves[rows, before + 1] * part
        return np.asarray(np.where(inside, x0 * found, 0.0))

    def _curves(self, table: Array, terms: Array, z: Array) -> Array:
        """Fluxes at all phases, of terms of the series at redshifts, shape ``(n_rows, n_phases)``."""
        if len(self._grid) == 1:
            return np.asarray(terms @ table[0])
        place = (z[:, 0] - self._grid[0]) / (self._grid[1] - self._grid[0])
        below = np.clip(place.astype(int), 0, len(self._grid) - 2)
        share = (place - below)[:, None]
        curves = np.empty((len(terms), len(self._phases)))
        for at in np.unique(below):
            rows = below == at
            ends = terms[rows] @ table[at], terms[rows] @ table[at + 1]
            curves[rows] = ends[0] + share[rows] * (ends[1] - ends[0])
        return curves

    def _table(self, source: Any, filter: str, ebv: float) -> Array:
        """Coefficients of F0 and F1 at each redshift, shape ``(n_redshifts, n_coefficients, n_phases)``."""
        band = sncosmo_band(filter)
        n = int(np.ceil((band.maxwave() - band.minwave()) / _SPACING))
        step = (band.maxwave() - band.minwave()) / n
        wavelength = band.minwave() + (np.arange(n) + 0.5) * step
        photons = band(wavelength) * wavelength * 10 ** (-0.4 * ebv * extinction_curve(wavelength))
        scale = step * 10 ** (0.4 * AB_ZERO_POINT) / _zero_flux(band)
        found = []
        for z in self._grid:
            rest = wavelength / (1 + z)
            colour = 10 ** (-0.4 * source.colorlaw(rest)[:, None] * self._colour.nodes)
            weights = (photons[:, None] * colour * scale / (1 + z)) @ self._colour.to_series.T
            templates = (source._model[name](self._phases, rest) for name in ("M0", "M1"))
            found.append(np.hstack([template @ weights for template in templates]).T)
        return np.array(found)


class _Series:
    """Chebyshev series between two values."""

    def __init__(self, low: float, high: float, n_terms: int) -> None:
        self._middle, self._reach = (low + high) / 2, (high - low) / 2
        self._order = n_terms - 1
        places = np.cos(np.pi * (np.arange(n_terms) + 0.5) / n_terms)
        self.nodes = self._middle + self._reach * places
        self.to_series = np.linalg.inv(np.polynomial.chebyshev.chebvander(places, self._order))
        """From values at the nodes to coefficients."""

    def terms(self, values: Array) -> Array:
        """What the coefficients are multiplied by, shape ``(n, n_terms)``."""
        return np.asarray(np.polynomial.chebyshev.chebvander((values - self._middle) / self._reach, self._order))


def _zero_flux(band: Any) -> float:
    """Energy-weighted photons of magnitude zero (AB) in a band, in the units of the table."""
    import sncosmo
    from sncosmo.constants import HC_ERG_AA

    return float(sncosmo.get_magsystem("ab").zpbandflux(band) * HC_ERG_AA)


@dataclass(frozen=True)
class _Free:
    """The parameters that are fitted, with their bounds."""

    names: tuple[str, ...]
    bounds: dict[str, tuple[float, float]]


def fit_salt(
    curve: Curve,
    model: str = "salt3",
    redshift: float | None = None,
    *,
    redshift_range: tuple[float, float] | None = None,
    ebv: float = 0.0,
    floor: float = 0.0,
    model_covariance: bool = True,
    effective: float = 2000,
    seed: int = 0,
) -> Fit:
    """Fit SALT to a light curve: sncosmo's best fit, then draws from the posterior.

    Limits are not used: SALT is fitted to fluxes, which may be negative. Filters that SALT does not cover at the redshift are
    left out, and named in the notes.

    Parameters
    ----------
    curve, model
        What is fitted; ``salt3``, ``salt2`` or ``salt3-nir``.
    redshift
        The redshift, if it is known.
    redshift_range
        Between which it is fitted, if it is not.
    ebv
        E(B−V) of the Milky Way (mag).
    floor
        What is added in quadrature to the errors, as a part of the flux.
    model_covariance
        Whether the covariance of the model itself counts. In the posterior it is that of the best fit.
    effective
        How many independent draws are wanted; none with 0.
    seed
        Of the random numbers.

    Raises
    ------
    InvalidInput
        If there are too few fluxes, or no redshift and no range for it.
    NotFound
        If the model's files are not here.
    """
    import sncosmo

    if redshift is None and redshift_range is None:
        raise InvalidInput(SALT_NEEDS_REDSHIFT, "redshift")
    source = salt_source(model)
    middle = redshift if redshift is not None else sum(redshift_range or (0, 0)) / 2
    points, notes = _covered(curve.chosen(~curve.is_limit), source, middle)
    if reason := too_few_for_salt(len(points)):
        raise InvalidInput(reason, "object_id")
    free = _free(points, redshift, redshift_range)
    table = sncosmo_table(points, floor)
    sn = sncosmo.Model(source, effects=[sncosmo.F99Dust()], effect_names=["mw"], effect_frames=["obs"])
    sn.set(z=middle, mwebv=ebv)
    try:
        result, best = sncosmo.fit_lc(
            table, sn, list(free.names), bounds=free.bounds, modelcov=model_covariance, warn=False
        )
    except Exception as error:  # sncosmo raises whatever its data check, guess and minimiser do
        raise InvalidInput(f"SALT cannot be fitted: {error}", "object_id") from error
    errors = {name: float(result.errors[name]) for name in free.names}
    ranges = [_around(best, errors, free, name) for name in ("z", "c")]
    tables = SaltTables(source, points.filters, ranges[0], ranges[1], ebv)
    posterior = None
    if effective:
        whiten = _whitening(best, table, model_covariance)
        posterior = _drawn(_Likelihood(tables, points, free, best["z"], whiten), result, free, effective, seed)
    return Fit(
        model,
        _parameters(best, errors, posterior, free),
        float(result.chisq),
        int(result.ndof),
        len(points),
        _overlay(tables, best),
        tuple(sorted(set(points.filters))),
        posterior,
        free.names,
        notes,
        {"source": f"{source.name} {source.version}", "model_covariance": model_covariance},
    )


def sncosmo_table(points: Curve, floor: float = 0.0) -> Any:
    """The fluxes of a light curve as sncosmo wants them: an astropy table with its bands registered, ``zp`` 23.9, AB.

    Parameters
    ----------
    points
        The light curve; its limits are left out.
    floor
        What is added in quadrature to the errors, as a part of the flux.

    Raises
    ------
    NotFound
        If there is no transmission curve of a filter; all of these are named.
    """
    from astropy.table import Table

    measured = points.chosen(~points.is_limit)
    bands, missing = {}, []
    for name in sorted(set(measured.filters)):
        try:
            bands[name] = sncosmo_band(name).name
        except NotFound:
            missing.append(name)
    if missing:
        raise NotFound(
            f"there is no transmission curve of {', '.join(missing)} here: set SKYHUB_SNCOSMO_DIR to a copy of sncosmo's "
            "data, or leave these filters out.",
            missing[0],
        )
    columns = {"time": measured.mjd, "band": [bands[name] for name in measured.filters], "flux": measured.flux}
    error = np.hypot(measured.fluxerr, floor * np.abs(measured.flux))
    same = {"zp": np.full(len(measured), AB_ZERO_POINT), "zpsys": ["ab"] * len(measured)}
    return Table({**columns, "fluxerr": error, **same})


def _covered(points: Curve, source: Any, redshift: float) -> tuple[Curve, tuple[str, ...]]:
    """The points in filters that the model covers and that have a curve, and what is to be said of the others."""
    notes, kept = [], set()
    for name in sorted(set(points.filters)):
        try:
            band = sncosmo_band(name)
        except NotFound:
            notes.append(f"{name} has no transmission curve here and was left out")
            continue
        if band.minwave() / (1 + redshift) < source.minwave() or band.maxwave() / (1 + redshift) > source.maxwave():
            notes.append(f"{name} is not covered by the model at this redshift and was left out")
            continue
        kept.add(name)
    return points.chosen([name in kept for name in points.filters]), tuple(notes)


def _free(points: Curve, redshift: float | None, redshift_range: tuple[float, float] | None) -> _Free:
    bounds = {"x1": STRETCH_RANGE, "c": COLOUR_RANGE, "t0": (points.mjd.min() - 30, points.mjd.max() + 30)}
    if redshift is not None:
        return _Free(("t0", "x0", "x1", "c"), bounds)
    assert redshift_range is not None
    return _Free(("z", "t0", "x0", "x1", "c"), {**bounds, "z": redshift_range})


def _around(best: Any, errors: dict[str, float], free: _Free, name: str) -> tuple[float, float]:
    """Which values of the redshift or the colour the tables must have: one, or those around a fitted one."""
    value = float(best[name])
    if name not in free.names:
        return value, value
    low, high = free.bounds[name]
    reach = max(_REACH * errors[name], _LEAST_REACH[name])
    return max(low, value - reach), min(high, value + reach)


def _whitening(best: Any, table: Any, model_covariance: bool) -> Array:
    """What residuals are multiplied by so that their squares add up to χ²: shape ``(n,)``, or ``(n, n)``."""
    if not model_covariance:
        return np.asarray(1 / np.asarray(table["fluxerr"]))
    _, covariance = best.bandfluxcov(table["band"], table["time"], zp=table["zp"], zpsys=table["zpsys"])
    return np.linalg.inv(np.linalg.cholesky(covariance + np.diag(np.asarray(table["fluxerr"]) ** 2)))


class _Likelihood:
    """Logarithm of the likelihood within the bounds, of rows of free parameters."""

    def __init__(self, tables: SaltTables, points: Curve, free: _Free, z: float, whiten: Array) -> None:
        self._tables, self._points, self._free, self._z, self._whiten = tables, points, free, z, whiten
        names = np.array(points.filters, dtype=object)
        self._places = {name: np.flatnonzero(names == name) for name in set(points.filters)}
        bounds = {**free.bounds, "x0": (0.0, np.inf), "z": tables.redshifts, "c": tables.colours}
        self._low, self._high = np.array([bounds[name] for name in free.names]).T

    def __call__(self, rows: Array) -> Array:
        inside = ((rows >= self._low) & (rows <= self._high)).all(axis=1)
        near = np.clip(rows, self._low, self._high)
        full = near if len(self._free.names) == 5 else np.insert(near, 0, self._z, axis=1)
        flux = np.empty((len(rows), len(self._points)))
        for name, places in self._places.items():
            flux[:, places] = self._tables.flux(name, self._points.mjd[places], full)
        residual = self._points.flux - flux
        scaled = residual * self._whiten if self._whiten.ndim == 1 else residual @ self._whiten.T
        return np.where(inside, -0.5 * np.einsum("ij,ij->i", scaled, scaled), -np.inf)


def _drawn(likelihood: _Likelihood, result: Any, free: _Free, effective: float, seed: int) -> Posterior:
    """Draws, begun from the normal distribution about the best fit."""
    best = np.array([result.parameters[result.param_names.index(name)] for name in free.names])
    covariance = np.asarray(result.covariance)
    random = np.random.default_rng(seed)
    start = random.multivariate_normal(best, covariance, size=16 * _WALKERS, check_valid="ignore", method="eigh")
    usable = start[np.isfinite(likelihood(start))]
    if len(usable) < _WALKERS:
        raise InvalidInput(
            "the best fit lies at the bounds of SALT: it is no type Ia supernova as SALT knows them.", "model"
        )
    return sample_posterior(likelihood, usable[:_WALKERS], effective, seed=seed)


def _parameters(best: Any, errors: dict[str, float], posterior: Posterior | None, free: _Free) -> tuple[Fitted, ...]:
    found = []
    for name in ("z", "t0", "x0", "x1", "c"):
        error, low, high = errors.get(name), None, None
        if posterior is not None and name in free.names:
            low, high = posterior.interval(free.names.index(name))
            error = (high - low) / 2
        found.append(Fitted(name, None, _UNITS[name], float(best[name]), error, low, high, _MEANINGS[name]))
    return tuple(found)


def _overlay(tables: SaltTables, best: Any) -> Any:
    row = np.array([[best[name] for name in ("z", "t0", "x0", "x1", "c")]])

    def flux(filter: str, mjd: Array) -> Array:
        return np.asarray(tables.flux(filter, np.asarray(mjd, dtype=float), row)[0])

    return flux
