"""Fits of models to the light curves of objects: made here or by the scheduler, kept, compared."""

from __future__ import annotations

import base64
import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from skyhub.client._fit_result import ObjectFit
from skyhub.client._options import require_known
from skyhub.client._records import Records
from skyhub.client._tables import SkyTable
from skyhub.client._times import iso_time
from skyhub.client._transport import Transport, path_part
from skyhub.errors import InvalidInput, NotFound, SkyhubError
from skyhub.science.photometry import is_cited

if TYPE_CHECKING:
    from skyhub.science.fitting import Curve, Fit

__all__ = ["Fits"]

_OPTIONS: dict[str, Any] = {
    "filters": (), "mjd_min": None, "mjd_max": None, "redshift": "noted", "redshift_range": (0.001, 0.2), "effective": 1000,
    "cited": False,
}  # fmt: skip
"""What `Fits.compute` takes besides an object and a model, if it is not said."""


@dataclass(frozen=True)
class _Task:
    """What is fitted: the points of an object, and all that is assumed."""

    curve: Curve
    settings: dict[str, Any]
    redshift: float | None
    redshift_id: int | None
    photometry_ids: list[int]
    cited: frozenset[float]
    """Times of the points that others measured (MJD)."""

    @property
    def inputs(self) -> str:
        """Equal for equal fits."""
        given = [self.settings, self.redshift, sorted(self.photometry_ids)]
        return hashlib.sha256(json.dumps(given, sort_keys=True).encode()).hexdigest()


class Fits(Records):
    """Fits that are kept (`sky.fits` lists them), and new ones.

    Parameters
    ----------
    transport
        How the data service is reached.

    Examples
    --------
    >>> fit = sky.fits.compute("ZTF26abc", "salt3")             # doctest: +SKIP
    >>> fit.plot(); fit.corner()                                # doctest: +SKIP
    >>> sky.fits.store(fit)                                     # doctest: +SKIP
    """

    def __init__(self, transport: Transport) -> None:
        super().__init__(transport, "analyses")

    def request(self, object_id: str, model: str = "salt3", **options: Any) -> str:
        """Ask the scheduler for a fit by its notebook; returns the identifier of the run (`sky.reports.run`).

        Parameters
        ----------
        object_id, model
            Which object, which model.
        **options
            The fields of `skyhub.analyses.FitRequest`: ``filters, mjd_min, mjd_max, redshift`` (a value, ``noted`` or
            ``free``), ``redshift_min, redshift_max, cited, annotate``.
        """
        path = f"/api/objects/{path_part(object_id)}/fits"
        return str(self._transport.post(path, {"model": model, **options})["report_id"])

    def compute(
        self,
        object_id: str,
        model: str = "salt3",
        *,
        filters: Sequence[str] = (),
        mjd_min: float | None = None,
        mjd_max: float | None = None,
        redshift: float | str = "noted",
        redshift_range: tuple[float, float] = (0.001, 0.2),
        effective: float = 1000,
        cited: bool = False,
        as_of: datetime | str | None = None,
    ) -> ObjectFit:
        """Fit a model to the light curve of an object here; nothing is kept.

        Parameters
        ----------
        object_id, model
            Which object; ``salt3``, ``salt2``, ``salt3-nir`` or a name in `skyhub.science.models.MODELS`.
        filters, mjd_min, mjd_max
            Only these points; all by default.
        redshift
            A value, ``noted`` (the one in force) or ``free`` (fitted; SALT alone).
        redshift_range
            Between which it is fitted.
        effective
            How many independent draws from the posterior are wanted; none with 0.
        cited
            Whether points that others measured and published (in circulars) are fitted too; `plot` marks them.
        as_of
            Only points and redshifts known at this time.

        Raises
        ------
        InvalidInput
            If there is no such model, or what there is does not do for it.
        NotFound
            If there are no such points among what one may see, or the files of the model are not here.
        """
        chosen = {"filters": filters, "mjd_min": mjd_min, "mjd_max": mjd_max, "effective": effective, "cited": cited}
        settings = _settings({**chosen, "redshift": redshift, "redshift_range": redshift_range})
        return _fitted(object_id, model, self._task(object_id, model, settings, as_of))

    def store(self, fit: ObjectFit, groups: Sequence[str] | None = None, *, annotate: bool = False) -> dict[str, Any]:
        """Keep a fit; returns its record.

        It is seen by groups that see all of its points and its redshift, with all of their streams; of yours, all by default.

        Parameters
        ----------
        fit
            What `compute` returned.
        groups
            Some of these groups.
        annotate
            Also annotate the object with the parameters.
        """
        plot = fit.corner_png()
        body = {
            "analysis": {**fit.record, "report_id": os.environ.get("SKYHUB_REPORT_ID")},
            "corner": None if plot is None else base64.b64encode(plot).decode(),
            "groups": groups and list(groups),
            "annotate": annotate,
        }
        path = f"/api/objects/{path_part(fit.object_id)}/fits/results"
        record: dict[str, Any] = self._transport.post(path, body)
        return record

    def run(
        self, object_ids: Iterable[str], model: str = "salt3", *, annotate: bool = False, **options: Any
    ) -> Iterator[dict[str, Any]]:
        """Fit many objects one after another, keep each fit, and tell of each when it is done.

        A fit of the same points with the same settings that is kept already is not made again, so that a run that was
        stopped goes on where it was.

        Parameters
        ----------
        object_ids, model
            The objects and the model.
        annotate
            Also annotate the objects.
        **options
            As for `compute`.

        Yields
        ------
        dict
            ``object_id``, ``analysis_id`` (None if it failed), ``made`` (whether now), ``message``.
        """
        for object_id in object_ids:
            try:
                record, made = self._kept_or_made(object_id, model, annotate, options)
            except SkyhubError as error:
                yield {"object_id": object_id, "analysis_id": None, "made": False, "message": error.message}
                continue
            yield {"object_id": object_id, "analysis_id": record["analysis_id"], "made": made, "message": ""}

    def results(
        self, object_ids: Iterable[str], model: str = "salt3", *, as_of: datetime | str | None = None
    ) -> SkyTable:
        """The newest fit of each object, one row each: every parameter and its error, ``chi2, dof, n_points``.

        Objects without a fit are left out.
        """
        rows = []
        for object_id in object_ids:
            found = self.rows(object_id=object_id, model=model, limit=1, as_of=as_of)
            rows += [_row(one) for one in found]
        names = dict.fromkeys(name for row in rows for name in row)
        return SkyTable.from_rows([{name: row.get(name) for name in names} for row in rows])

    def overlays(self, analysis_id: int | str, *, as_of: datetime | str | None = None) -> list[dict[str, Any]]:
        """The model over the light curve, as `LightCurve` draws it: ``label, filter, mjd, flux`` (µJy)."""
        path = f"{self._path(analysis_id)}/overlays"
        found: list[dict[str, Any]] = self._transport.get(path, as_of=iso_time(as_of))["overlays"]
        return found

    def corner(self, analysis_id: int | str, *, as_of: datetime | str | None = None) -> bytes:
        """The corner plot, a PNG."""
        return self._transport.get_bytes(f"{self._path(analysis_id)}/corner", as_of=iso_time(as_of))

    def notebook(self, analysis_id: int | str, *, as_of: datetime | str | None = None) -> bytes:
        """The notebook that made it."""
        return self._transport.get_bytes(f"{self._path(analysis_id)}/notebook", as_of=iso_time(as_of))

    def _kept_or_made(
        self, object_id: str, model: str, annotate: bool, options: dict[str, Any]
    ) -> tuple[dict[str, Any], bool]:
        task = self._task(object_id, model, _settings(options))
        kept = self.rows(object_id=object_id, model=model, inputs=task.inputs, limit=1)
        return (kept[0], False) if kept else (self.store(_fitted(object_id, model, task), annotate=annotate), True)

    def _task(self, object_id: str, model: str, settings: dict[str, Any], as_of: datetime | str | None = None) -> _Task:
        from skyhub.science.fitting import curve_of

        points = self._points(object_id, settings, as_of)
        source = self._transport.get(f"/api/objects/{path_part(object_id)}", as_of=iso_time(as_of))
        noted = source["redshift"] if settings["redshift"] == "noted" else None
        value = settings["redshift"]
        redshift = noted and noted["redshift"] if isinstance(value, str) else float(value)
        columns = {
            name: points[name].cast(pa.float64()).to_numpy() for name in ("mjd", "flux", "fluxerr", "limiting_mag")
        }
        curve = curve_of(
            columns["mjd"], points["filter"].to_pylist(), columns["flux"], columns["fluxerr"], columns["limiting_mag"]
        )
        told = {**settings, "model": model, "ebv": source["dust"]["ebv"]}
        numbers = [int(number) for number in points["photometry_id"].to_pylist()]
        times = zip(points["mjd"].to_pylist(), points["origin"].to_pylist(), strict=True)
        cited = frozenset(mjd for mjd, origin in times if is_cited(origin))
        return _Task(curve, told, redshift, int(noted["redshift_id"]) if noted else None, numbers, cited)

    def _points(self, object_id: str, settings: dict[str, Any], as_of: datetime | str | None) -> pa.Table:
        """One point of each exposure, of the filters and times that are asked for; cited ones only if they are."""
        path = f"/api/photometry/{path_part(object_id)}"
        points = self._transport.get_arrow(path, duplicates="forced", as_of=iso_time(as_of))
        mjd = points["mjd"].to_numpy()
        low = -np.inf if settings["mjd_min"] is None else settings["mjd_min"]
        high = np.inf if settings["mjd_max"] is None else settings["mjd_max"]
        kept = (mjd >= low) & (mjd <= high)
        if not settings.get("cited"):
            kept &= ~np.array([is_cited(origin) for origin in points["origin"].to_pylist()], dtype=bool)
        if settings["filters"]:
            kept &= np.isin(points["filter"].to_pylist(), settings["filters"])
        if not kept.any():
            raise NotFound(f"there is no such point of {object_id} among what you may see.", object_id)
        return points.filter(pa.array(kept))


def _settings(options: Mapping[str, Any]) -> dict[str, Any]:
    require_known(options, _OPTIONS, "option of a fit")
    given = {**_OPTIONS, **options}
    if not given["cited"]:  # is left out, so that fits from before it could be said are equal still
        del given["cited"]
    return {**given, "filters": sorted(given["filters"]), "redshift_range": list(given["redshift_range"])}


def _fitted(object_id: str, model: str, task: _Task) -> ObjectFit:
    given = task.settings
    record = {
        "object_id": object_id,
        "model": model,
        "settings": given,
        "redshift": task.redshift,
        "redshift_id": task.redshift_id,
        "inputs": task.inputs,
        "photometry_ids": task.photometry_ids,
    }
    return ObjectFit(object_id, task.curve, _fit(model, task), record, task.cited)


def _fit(model: str, task: _Task) -> Fit:
    from skyhub.science.distances import luminosity_distance
    from skyhub.science.fit_needs import redshift_not_fitted
    from skyhub.science.fitting import fit_model
    from skyhub.science.models import Host, model_named
    from skyhub.science.salt import fit_salt
    from skyhub.science.sncosmo_files import SALT_MODELS

    given, free = task.settings, task.settings["redshift"] == "free"
    drawn = {"ebv": given["ebv"], "effective": given["effective"]}
    if model in SALT_MODELS:
        low, high = given["redshift_range"]
        return fit_salt(task.curve, model, task.redshift, redshift_range=(low, high) if free else None, **drawn)
    if free:
        raise InvalidInput(redshift_not_fitted(model), "redshift")
    z = task.redshift
    host = Host(z, float(luminosity_distance(z))) if z is not None and z > 0 else None
    return fit_model(model_named(model), task.curve, host, **drawn)


def _row(record: dict[str, Any]) -> dict[str, Any]:
    row: dict[str, Any] = {"object_id": record["object_id"], "analysis_id": record["analysis_id"]}
    for parameter in record["parameters"]:
        label = "_".join(part for part in (parameter["name"], parameter["filter"]) if part)
        row |= {label: parameter["value"], f"{label}_error": parameter["error"]}
    return {**row, **{name: record[name] for name in ("chi2", "dof", "n_points", "redshift")}}
