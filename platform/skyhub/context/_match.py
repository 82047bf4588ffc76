"""What lies around alerts: the nearest known objects, and the galaxy that is the likely host."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from skyhub.context._columns import CONTEXT, NEAREST, RADII
from skyhub.context._known import Galaxies, Known, KnownSky
from skyhub.science.crossmatch import Pairs, SortedSky, first_of_each
from skyhub.science.distances import distance_modulus, kpc_per_arcsec
from skyhub.science.hosts import MOST_RADII, position_angles

__all__ = ["context_of"]

Floats = NDArray[np.float64]


def context_of(sky: KnownSky, alerts: pa.Table) -> pa.Table:
    """What catalogues say of the places of alerts.

    Parameters
    ----------
    sky
        The catalogues.
    alerts
        Their ``ra, dec`` (ICRS, deg) and ``mag`` (AB), shape ``(n,)``.

    Returns
    -------
    pa.Table
        Rows with the columns of `CONTEXT`, in the order of the alerts; null where nothing was found.
    """
    ra, dec, mag = (np.asarray(alerts[name].to_numpy(), dtype=float) for name in ("ra", "dec", "mag"))
    columns: dict[str, Any] = {"searched": pa.array([sky.searched] * len(ra), CONTEXT.field("searched").type)}
    for kind in NEAREST:
        columns |= _nearest(sky.kinds[kind], ra, dec)
    columns |= _host(sky.kinds["galaxy"], ra, dec, mag)
    return pa.table([_cast(columns[field.name], field.type) for field in CONTEXT], schema=CONTEXT)


def _nearest(known: Known, ra: Floats, dec: Floats) -> dict[str, Any]:
    """Of one kind, the nearest entry to each position."""
    pairs = known.sky.within(ra, dec, RADII[known.kind] / 3600)
    best = first_of_each(pairs.owners, pairs.separation)
    rows, separation = _chosen(len(ra), pairs, best, pairs.separation * 3600)
    found = known.rows.take(_indices(rows))
    kept = {f"{known.kind}_{end}": found[theirs] for end, theirs in NEAREST[known.kind].items()}
    return {**kept, f"{known.kind}_sep": _array(separation)}


def _host(known: Known, ra: Floats, dec: Floats, mag: Floats) -> dict[str, Any]:
    """The galaxy of which each position is the fewest directional light radii away, if it may be its host."""
    assert isinstance(known, Galaxies)
    near = [_possible_hosts(known, reach, layer, ra, dec) for reach, layer in known.layers]
    pairs = Pairs.joined([part for part, _ in near])
    radii = np.concatenate([np.empty(0), *(part for _, part in near)])
    best = first_of_each(pairs.owners, radii, pairs.separation)
    rows, separation = _chosen(len(ra), pairs, best, pairs.separation * 3600)
    there = rows >= 0
    distance = np.full(len(ra), np.nan)
    distance[there] = known.distance[rows[there]]
    found = known.rows.take(_indices(rows))
    return {
        "host_name": found["name"],
        "host_catalog": found["catalog"],
        "host_sep": _array(separation),
        "host_radii": _array(_chosen(len(ra), pairs, best, radii)[1]),
        "host_kpc": _array(kpc_per_arcsec(distance) * separation),
        "host_z": found["redshift"],
        "host_distance": _array(distance),
        "abs_mag": _array(mag - distance_modulus(distance)),
    }


def _possible_hosts(known: Galaxies, reach: float, layer: SortedSky, ra: Floats, dec: Floats) -> tuple[Pairs, Floats]:
    """Galaxies of a layer that are near enough, and how many of their radii away they are."""
    pairs = layer.within(ra, dec, reach / 3600)
    bearing = position_angles(pairs.ra, pairs.dec, ra[pairs.owners], dec[pairs.owners])
    radii = known.shapes.radii(pairs.entries, pairs.separation * 3600, bearing)
    near = radii <= MOST_RADII
    return pairs.take(near), radii[near]


def _chosen(count: int, pairs: Pairs, best: NDArray[np.intp], values: Floats) -> tuple[NDArray[np.int64], Floats]:
    """For each position the number of its entry (−1 without one) and a value of the pair (NaN)."""
    rows, kept = np.full(count, -1, dtype=np.int64), np.full(count, np.nan)
    owners = pairs.owners[best].astype(np.int64)
    rows[owners], kept[owners] = pairs.entries[best], values[best]
    return rows, kept


def _indices(rows: NDArray[np.int64]) -> pa.Array:
    return pa.array(np.maximum(rows, 0), mask=rows < 0)


def _array(values: Floats) -> pa.Array:
    return pa.array(values, mask=~np.isfinite(values))


def _cast(column: Any, kind: pa.DataType) -> Any:
    return column if column.type == kind else column.cast(kind)
