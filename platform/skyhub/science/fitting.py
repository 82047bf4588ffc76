"""Fitting models to light curves: the best parameters, their errors, and the posterior.

The likelihood is that of normal errors; of an upper limit ``L`` with the error ``σ`` it is ``Φ((L − F)/σ)``, the probability
that a flux ``F`` was measured below it. Parameters are evenly distributed a priori between their bounds, or their logarithms
are. The best fit is that of MINUIT [1]_ from several starting points, which lie apart.

References
----------
.. [1] James & Roos 1975, Comput. Phys. Commun. 10, 343. doi:10.1016/0010-4655(75)90039-9
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import log_ndtr

from skyhub.errors import InvalidInput
from skyhub.science.bandpasses import bandpass
from skyhub.science.extinction import band_extinction
from skyhub.science.models import Host, Model, Parameter
from skyhub.science.photometry import flux_from_mag
from skyhub.science.posterior import Posterior, sample_posterior

__all__ = ["LIMIT_SIGMA", "Curve", "Fit", "Fitted", "curve_of", "fit_model"]

Array = NDArray[np.float64]

LIMIT_SIGMA = 5.0
"""Significance of limits that say none."""
_TRIED, _STARTS, _APART = 2048, 8, 0.25
_AT_ONCE = 32
"""How many random points are looked at together: some models need a megabyte for each."""
_WALKERS = 8
_STEEP = 1e-3
_MOST_EVALUATIONS = 150_000


@dataclass(frozen=True)
class Curve:
    """A light curve: fluxes with errors, and upper limits; all of shape ``(n,)``."""

    mjd: Array
    flux: Array
    """Flux (µJy); of a limit its value."""
    fluxerr: Array
    """Error (µJy); of a limit its value by its significance."""
    filters: tuple[str, ...]
    is_limit: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.mjd)

    @property
    def n_measured(self) -> int:
        """How many fluxes there are."""
        return int((~self.is_limit).sum())

    def chosen(self, mask: ArrayLike) -> Curve:
        """Some of the points."""
        return self._at(np.flatnonzero(np.asarray(mask, dtype=bool)))

    def in_order(self) -> Curve:
        """The points by their times."""
        return self._at(np.argsort(self.mjd, kind="stable"))

    def _at(self, places: NDArray[np.intp]) -> Curve:
        filters = tuple(self.filters[n] for n in places)
        return Curve(self.mjd[places], self.flux[places], self.fluxerr[places], filters, self.is_limit[places])


@dataclass(frozen=True)
class Fitted:
    """A parameter after the fit."""

    name: str
    filter: str | None
    """Of which filter it is; None of all."""
    unit: str
    value: float
    error: float | None
    """One standard deviation, of the posterior if it was drawn from; None of a fixed parameter."""
    low: float | None = None
    """16th percentile of the posterior."""
    high: float | None = None
    """84th percentile."""
    description: str = ""

    @property
    def label(self) -> str:
        """Its name, with the filter."""
        return self.name if self.filter is None else f"{self.name}_{self.filter}"


@dataclass(frozen=True)
class Fit:
    """A model after the fit."""

    model: str
    parameters: tuple[Fitted, ...]
    chi2: float
    dof: int
    n_points: int
    """Fluxes and limits that were fitted."""
    overlay: Callable[[str, Array], Array]
    """Flux (µJy) in a filter at times (MJD)."""
    filters: tuple[str, ...]
    posterior: Posterior | None = None
    """Draws of the parameters that were free, in their order."""
    drawn: tuple[str, ...] = ()
    """Labels of these."""
    notes: tuple[str, ...] = ()
    details: Mapping[str, object] = field(default_factory=dict)


def curve_of(
    mjd: ArrayLike, filters: Sequence[str], flux: ArrayLike, fluxerr: ArrayLike, limiting_mag: ArrayLike | None = None
) -> Curve:
    """A light curve from columns; what has neither a flux with an error nor a limit is left out.

    Parameters
    ----------
    mjd, filters, flux, fluxerr
        Times, names of bandpasses, fluxes and errors (µJy), NaN where there is none.
    limiting_mag
        Upper limits (AB, 5σ) where there is no flux.
    """
    time, value, error = (np.asarray(a, dtype=float) for a in (mjd, flux, fluxerr))
    limit = np.full(len(time), np.nan) if limiting_mag is None else np.asarray(limiting_mag, dtype=float)
    measured = np.isfinite(value) & (error > 0)
    upper = ~np.isfinite(value) & np.isfinite(limit)
    ceiling = np.asarray(flux_from_mag(limit), dtype=float)
    curve = Curve(
        time,
        np.where(measured, value, ceiling),
        np.where(measured, error, ceiling / LIMIT_SIGMA),
        tuple(filters),
        upper,
    )
    ordered = curve.chosen((measured | upper) & np.isfinite(time)).in_order()
    for name in sorted(set(ordered.filters)):
        bandpass(name)
    return ordered


def fit_model(
    model: Model,
    curve: Curve,
    host: Host | None = None,
    *,
    fixed: Mapping[str, float] | None = None,
    ebv: float = 0.0,
    floor: float = 0.0,
    effective: float = 1000,
    seed: int = 0,
) -> Fit:
    """Fit a model to a light curve.

    Parameters
    ----------
    model, curve
        What is fitted to what.
    host
        Redshift and distance; needed by models that say what is radiated.
    fixed
        Values of parameters that are not fitted, by name.
    ebv
        E(B−V) of the Milky Way (mag).
    floor
        What is added in quadrature to the errors, as a part of the flux.
    effective
        How many independent draws from the posterior are wanted; none with 0.
    seed
        Of the random numbers.

    Raises
    ------
    InvalidInput
        If there are too few points, no distance where one is needed, or a parameter that is fixed is none of the model's.
    """
    given = dict(fixed or {})
    if unknown := sorted(given.keys() - set(model.names)):
        raise InvalidInput(
            f"{unknown[0]} is no parameter of {model.name}: {', '.join(model.names)} are permitted.", "fixed"
        )
    fluxes = Counter(np.array(curve.filters, dtype=object)[~curve.is_limit].tolist())
    if reason := model.why_not(fluxes, host is not None, len(given)):
        raise InvalidInput(reason, "object_id")
    groups = sorted(set(curve.filters)) if model.by_filter else [None]
    chosen = [curve if name is None else curve.chosen([f == name for f in curve.filters]) for name in groups]
    enough = [part.n_measured > len(model.parameters) - len(given) for part in chosen]
    settings = (given, host or Host(), ebv, floor, effective, seed)
    parts = [
        _Part(model, part, name, *settings).fitted()
        for name, part, usable in zip(groups, chosen, enough, strict=True)
        if usable
    ]
    left = [name for name, usable in zip(groups, enough, strict=True) if not usable and name]
    return parts[0] if groups == [None] else _together(model, parts, left)


class _Part:
    """One set of parameters and the points that it is fitted to, with the free parameters scaled to those of MINUIT."""

    def __init__(
        self,
        model: Model,
        curve: Curve,
        filter: str | None,
        fixed: Mapping[str, float],
        host: Host,
        ebv: float,
        floor: float,
        effective: float,
        seed: int,
    ) -> None:
        self._model, self._curve, self._filter, self._fixed, self._host = model, curve, filter, fixed, host
        self._ebv, self._effective, self._seed = ebv, effective, seed
        self._free = [n for n, name in enumerate(model.names) if name not in fixed]
        self._wavelength = np.array([bandpass(name).effective_wavelength for name in curve.filters])
        self._dust = 10 ** (-0.4 * ebv * band_extinction(curve.filters)) if ebv else np.ones(len(curve))
        self._error = np.hypot(curve.fluxerr, np.where(curve.is_limit, 0, floor * np.abs(curve.flux)))
        self._bounds = np.array([_bounds(model.parameters[n], curve) for n in self._free])
        self._log = np.array([model.parameters[n].logarithmic for n in self._free])

    def fitted(self) -> Fit:
        """The best fit and the posterior."""
        best, covariance = self._best()
        posterior = self._drawn(best, covariance) if self._effective else None
        values = self._values(best[None])[0]
        chi2 = float((((self._curve.flux - self._flux(values)) / self._error)[~self._curve.is_limit] ** 2).sum())
        names = [self._model.parameters[n].name for n in self._free]
        return Fit(
            self._model.name,
            self._parameters(values, best, covariance, posterior),
            chi2,
            self._curve.n_measured - len(self._free),
            len(self._curve),
            self._overlay(values),
            tuple(sorted(set(self._curve.filters))),
            posterior,
            tuple(name if self._filter is None else f"{name}_{self._filter}" for name in names),
            self._at_bounds(best),
        )

    def _at_bounds(self, best: Array) -> tuple[str, ...]:
        """What is to be said of parameters that would rather lie beyond their bounds."""
        near = np.abs(best[:, None] - self._bounds).min(axis=1) < _STEEP * np.diff(self._bounds, axis=1)[:, 0]
        names = [self._model.parameters[n].name for n, at in zip(self._free, near, strict=True) if at]
        where = f" in {self._filter}" if self._filter else ""
        return tuple(f"{name} lies at a bound{where}" for name in names)

    def log_probability(self, points: Array) -> Array:
        """Logarithm of the likelihood within the bounds, of scaled parameters of shape ``(n, n_free)``."""
        inside = ((points >= self._bounds[:, 0]) & (points <= self._bounds[:, 1])).all(axis=1)
        with np.errstate(all="ignore"):
            flux = self._flux(self._values(np.clip(points, self._bounds[:, 0], self._bounds[:, 1])))
            residual = (self._curve.flux - flux) / self._error
            terms = np.where(self._curve.is_limit, log_ndtr(residual), -0.5 * residual**2)
            total = terms.sum(axis=1)
        return np.where(inside & np.isfinite(total), total, -np.inf)

    def _flux(self, values: Array) -> Array:
        return self._model.flux(values, self._curve.mjd, self._wavelength, self._host) * self._dust

    def _values(self, points: Array) -> Array:
        """All parameters of scaled free ones."""
        values = np.empty((len(points), len(self._model.parameters)))
        for n, name in enumerate(self._model.names):
            if name in self._fixed:
                values[:, n] = self._fixed[name]
        values[:, self._free] = np.where(self._log, 10 ** np.where(self._log, points, 0), points)
        return values

    def _starts(self) -> Array:
        """Where to begin: the likeliest of many random points that lie apart, so that not all lead to one minimum."""
        unit = np.random.default_rng(self._seed).uniform(size=(_TRIED, len(self._free)))
        low, high = self._bounds.T
        tried = low + (high - low) * unit
        parts = np.split(tried, _TRIED // _AT_ONCE)
        chosen: list[int] = []
        for one in np.argsort(-np.concatenate([self.log_probability(part) for part in parts])):
            if (np.abs(unit[one] - unit[chosen]).max(axis=1) > _APART).all():
                chosen.append(int(one))
            if len(chosen) == _STARTS:
                break
        return np.asarray(tried[chosen])

    def _best(self) -> tuple[Array, Array]:
        from iminuit import Minuit

        width = np.diff(self._bounds, axis=1)[:, 0]

        def loss(point: Array) -> float:
            found = float(-2 * self.log_probability(np.asarray(point)[None])[0])
            return found if np.isfinite(found) else 1e30

        def minimised(start: Array) -> Minuit:
            minuit = Minuit(loss, start)
            minuit.errordef = Minuit.LEAST_SQUARES
            minuit.limits = self._bounds.tolist()
            minuit.errors = width / 50
            return minuit.simplex().migrad()

        best = min((minimised(start) for start in self._starts()), key=lambda minuit: float(minuit.fval))
        best.hesse()
        known = np.array(best.covariance) if best.covariance is not None else np.diag((width / 100) ** 2)
        return np.array(best.values), known

    def _drawn(self, best: Array, covariance: Array) -> Posterior:
        random = np.random.default_rng(self._seed)
        width = np.diff(self._bounds, axis=1)[:, 0]
        scale = np.clip(np.sqrt(np.abs(np.diag(covariance))), _STEEP * width, width / 10)
        n_walkers = _WALKERS * max(len(best), 4)
        near = best + 0.5 * scale * random.normal(size=(n_walkers, len(best)))
        start = np.clip(near, self._bounds[:, 0] + 1e-6 * width, self._bounds[:, 1] - 1e-6 * width)
        found = sample_posterior(self.log_probability, start, self._effective, _MOST_EVALUATIONS, self._seed)
        samples = self._values(found.samples)[:, self._free]
        return Posterior(samples, found.effective, found.evaluations)

    def _parameters(
        self, values: Array, best: Array, covariance: Array, posterior: Posterior | None
    ) -> tuple[Fitted, ...]:
        found = []
        for n, parameter in enumerate(self._model.parameters):
            error, low, high = None, None, None
            if n in self._free:
                place = self._free.index(n)
                error = float(np.sqrt(abs(covariance[place, place])))
                error *= values[n] * np.log(10) if parameter.logarithmic else 1.0
                if posterior is not None:
                    low, high = posterior.interval(place)
                    error = (high - low) / 2
            about = (parameter.name, self._filter, parameter.unit)
            found.append(Fitted(*about, float(values[n]), error, low, high, parameter.description))
        return tuple(found)

    def _overlay(self, values: Array) -> Callable[[str, Array], Array]:
        def flux(filter: str, mjd: Array) -> Array:
            dust = 10 ** (-0.4 * self._ebv * band_extinction([filter])) if self._ebv else 1.0
            wavelength = np.full(len(mjd), bandpass(filter).effective_wavelength)
            return np.asarray(self._model.flux(values, np.asarray(mjd, dtype=float), wavelength, self._host) * dust)

        return flux


def _bounds(parameter: Parameter, curve: Curve) -> tuple[float, float]:
    """The bounds of a parameter for a light curve, in its logarithm if it is fitted so."""
    measured = curve.chosen(~curve.is_limit)
    shift, factor = 0.0, 1.0
    if parameter.relative_to == "first":
        detected = measured.mjd[measured.flux > 3 * measured.fluxerr]
        shift = float(detected.min() if len(detected) else measured.mjd.min())
    elif parameter.relative_to == "peak":
        shift = float(
            measured.mjd[np.argmax(measured.flux / np.maximum(measured.fluxerr, 0.1 * np.abs(measured.flux).max()))]
        )
    elif parameter.relative_to == "flux":
        factor = float(np.abs(measured.flux).max())
    low, high = parameter.low * factor + shift, parameter.high * factor + shift
    return (float(np.log10(low)), float(np.log10(high))) if parameter.logarithmic else (low, high)


def _together(model: Model, parts: Sequence[Fit], left: Sequence[str]) -> Fit:
    """The fits of several filters as one."""
    overlays = {part.filters[0]: part.overlay for part in parts}
    drawn = [part.posterior for part in parts if part.posterior is not None]
    posterior = None
    if drawn:
        n = min(len(one.samples) for one in drawn)
        samples = np.hstack([one.samples[:n] for one in drawn])
        posterior = Posterior(samples, min(one.effective for one in drawn), sum(one.evaluations for one in drawn))
    return Fit(
        model.name,
        tuple(parameter for part in parts for parameter in part.parameters),
        sum(part.chi2 for part in parts),
        sum(part.dof for part in parts),
        sum(part.n_points for part in parts),
        lambda filter, mjd: overlays[filter](filter, mjd),
        tuple(sorted(overlays)),
        posterior,
        tuple(label for part in parts for label in part.drawn),
        (
            *(note for part in parts for note in part.notes),
            *(f"{name} has too few points and was left out" for name in left),
        ),
    )
