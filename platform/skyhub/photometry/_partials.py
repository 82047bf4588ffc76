"""What new points add up to, by object, acl, filter and whether they are forced: rows of ``photometry_statistics``."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from skyhub.science.photometry import AB_ZERO_POINT, is_cited, is_forced, limiting_magnitude
from skyhub.science.statistics import detected

__all__ = ["REFERENCE_MAG", "measured_here", "partial_sums"]

REFERENCE_MAG = 20.0
"""Sums are of magnitudes beyond this one, so that little is lost in rounding."""
_DECIMALS = 5
"""Of limits, which are stored in single precision."""
_Floats = NDArray[np.float64]
_Index = NDArray[np.intp]


class _Sorted(NamedTuple):
    """Points by group and time, the brighter of two at one time first."""

    mjd: _Floats
    mag: _Floats
    """Of detections, else NaN."""
    upper: _Floats
    """Upper limit of points that are not detected, else NaN."""
    found: NDArray[np.bool_]
    starts: _Index
    """Where each group begins."""
    group: _Index
    """Number of each point's group."""


def partial_sums(points: pa.Table) -> pa.Table:
    """What points add up to, but for those that others measured and that are cited.

    A limit after the first detection of points that can only be seen together cannot become the last limit before a
    first detection, whatever else comes in, so it is left out.

    Parameters
    ----------
    points
        Columns ``object_id, acl, filter, origin, mjd, flux, fluxerr, limiting_mag``.

    Returns
    -------
    pyarrow.Table
        Columns of ``photometry_statistics`` but the identifier and times; none if there is nothing to add up.
    """
    points = measured_here(points)
    if not len(points):
        return pa.table({})
    keys, names = _keys(points)
    mjd = _floats(points["mjd"])
    flux, fluxerr = _floats(points["flux"]), _floats(points["fluxerr"])
    found = detected(flux, fluxerr, keys["alert"])
    with np.errstate(invalid="ignore", divide="ignore"):
        mag = np.where(found, AB_ZERO_POINT - 2.5 * np.log10(np.abs(flux)), np.nan)
        upper = _floats(points["limiting_mag"])
        upper = np.where(found, np.nan, np.where(np.isnan(upper), limiting_magnitude(fluxerr), upper)).round(_DECIMALS)
    useful = ~found & _before_first(keys["object_id"], keys["acl"], mjd, found & ~keys["forced"])
    columns = [keys[name] for name in ("object_id", "acl", "filter", "forced")]
    order = np.lexsort((mag, mjd, *reversed(columns)))
    starts = _starts([column[order] for column in columns])
    group = np.repeat(np.arange(len(starts)), np.diff(np.append(starts, len(order))))
    ordered = _Sorted(mjd[order], mag[order], upper[order], found[order], starts, group)
    heads = order[starts]
    return pa.table(
        {
            "object_id": names["object_id"].take(pa.array(keys["object_id"][heads])),
            "acl": pa.array(keys["acl"][heads], pa.int32()),
            "filter": names["filter"].take(pa.array(keys["filter"][heads])),
            "forced": pa.array(keys["forced"][heads]),
            **_sums(ordered),
            **_limits(ordered, useful[order]),
        }
    )


def measured_here(points: pa.Table) -> pa.Table:
    """Of points those that others did not measure and publish: all whose ``origin`` is no circular."""
    cited = [origin for origin in pc.unique(points["origin"]).to_pylist() if is_cited(origin)]
    return points.filter(pc.invert(pc.is_in(points["origin"], pa.array(cited, pa.string())))) if cited else points


def _keys(points: pa.Table) -> tuple[dict[str, NDArray[Any]], dict[str, pa.Array]]:
    codes: dict[str, NDArray[Any]] = {"acl": points["acl"].to_numpy()}
    names: dict[str, pa.Array] = {}
    for name in ("object_id", "filter", "origin"):
        encoded = points[name].combine_chunks().dictionary_encode()
        codes[name], names[name] = encoded.indices.to_numpy(), encoded.dictionary
    origins = names["origin"].to_pylist()
    codes["forced"] = np.array([is_forced(origin) for origin in origins], dtype=bool)[codes["origin"]]
    codes["alert"] = np.array([origin == "alert" for origin in origins], dtype=bool)[codes["origin"]]
    return codes, names


def _floats(column: pa.ChunkedArray) -> _Floats:
    values: _Floats = pc.fill_null(column.cast(pa.float64()), np.nan).to_numpy()
    return values


def _before_first(
    objects: NDArray[Any], acls: NDArray[Any], mjd: _Floats, found: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Which points come before the first that is found of their object and acl."""
    together = objects.astype(np.int64) * (int(acls.max()) + 1) + acls
    _, owner = np.unique(together, return_inverse=True)
    first = np.full(int(owner.max()) + 1, np.inf)
    np.minimum.at(first, owner[found], mjd[found])
    earlier: NDArray[np.bool_] = mjd < first[owner]
    return earlier


def _starts(columns: list[NDArray[Any]]) -> _Index:
    new = np.ones(len(columns[0]), dtype=bool)
    new[1:] = np.any([column[1:] != column[:-1] for column in columns], axis=0)
    return np.flatnonzero(new)


def _sums(points: _Sorted) -> dict[str, pa.Array]:
    starts, n = points.starts, len(points.starts)
    at = np.flatnonzero(points.found)
    owner = points.group[at]
    first = _first_of(owner, at, n)
    last_time = np.full(n, -np.inf)
    last_time[owner] = points.mjd[at]
    latest = at[points.mjd[at] == last_time[owner]]
    last = _first_of(points.group[latest], latest, n)
    brightest = at[np.lexsort((points.mjd[at], points.mag[at], owner))]
    peak = _first_of(points.group[brightest], brightest, n)
    excess = np.where(points.found, points.mag - REFERENCE_MAG, 0.0)
    sums = {
        "first_mjd": _taken(points.mjd, first), "first_mag": _taken(points.mag, first),
        "last_mjd": _taken(points.mjd, last), "last_mag": _taken(points.mag, last),
        "peak_mjd": _taken(points.mjd, peak), "peak_mag": _taken(points.mag, peak),
        "recent_mjd": np.maximum.reduceat(points.mjd, starts),
        "faintest_mag": np.fmax.reduceat(points.mag, starts),
        "deepest_limit": np.fmax.reduceat(points.upper, starts),
        "sum_mag": np.add.reduceat(excess, starts),
        "sum_square": np.add.reduceat(excess**2, starts),
    }  # fmt: skip
    sizes = np.diff(np.append(starts, len(points.mjd)))
    counts = {"n_points": sizes, "n_detections": np.bincount(owner, minlength=n)}
    whole = {name: pa.array(values.astype(np.int32)) for name, values in counts.items()}
    return whole | {name: pa.array(values, from_pandas=True) for name, values in sums.items()}


def _first_of(owner: _Index, at: _Index, n: int) -> _Index:
    """The first entry of each owner, -1 where there is none; owners are sorted."""
    found = np.full(n, -1)
    heads = np.flatnonzero(np.append(True, owner[1:] != owner[:-1])) if len(owner) else owner
    found[owner[heads]] = at[heads]
    return found


def _taken(values: _Floats, at: _Index) -> _Floats:
    return np.where(at >= 0, values[at], np.nan)


def _limits(points: _Sorted, useful: NDArray[np.bool_]) -> dict[str, pa.Array]:
    sizes = np.bincount(points.group[useful], minlength=len(points.starts))
    offsets = pa.array(np.append(0, np.cumsum(sizes)).astype(np.int32))
    return {
        "limit_mjds": pa.ListArray.from_arrays(offsets, pa.array(points.mjd[useful])),
        "limit_mags": pa.ListArray.from_arrays(offsets, pa.array(points.upper[useful], from_pandas=True)),
    }
