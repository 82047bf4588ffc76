"""The catalogues in force, sorted in memory for whole batches of alerts; each kind is read again after it changed."""

from __future__ import annotations

import threading
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from skyhub.catalogs import GALAXIES, REFERENCE_ENTRIES, Entries
from skyhub.context._columns import KINDS_SEARCHED
from skyhub.db import ADMINISTRATOR, Database
from skyhub.science.crossmatch import SortedSky
from skyhub.science.distances import distance_known
from skyhub.science.hosts import Shapes

__all__ = ["Galaxies", "Known", "KnownSky", "known_sky"]

_SHAPE = ("major_diameter", "axis_ratio", "position_angle")
_COLUMNS = {
    "tns": "name, class, redshift",
    "star": "name, mag",
    "agn": "name, class, redshift",
    "variable": "name, class, period",
    "galaxy": ", ".join(("name", "redshift", "distance", *_SHAPE)),
}
_CATALOGS = "SELECT name FROM @{table} WHERE {condition} ORDER BY name"
_ENTRIES = "SELECT catalog, ra, dec, {columns} FROM @{table} WHERE catalog IN (SELECT unnest(?))"
_REACHES = (30.0, 300.0, np.inf)
"""Galaxies are searched in layers: those of a small reach (arcsec) in small cones, the few large ones in wide ones."""


@dataclass(frozen=True)
class Known:
    """Entries of one kind, of all catalogues of it."""

    kind: str
    commit: int
    catalogs: tuple[str, ...]
    rows: pa.Table
    sky: SortedSky

    @property
    def entries(self) -> Entries:
        """What kind of entries they are."""
        return _entries_of(self.kind)

    @property
    def keys(self) -> Iterator[Hashable]:
        """What is touched when they change."""
        yield (self.entries.kind.table,)
        yield from ((self.entries.table, name) for name in self.catalogs)


@dataclass(frozen=True)
class Galaxies(Known):
    """Galaxies with their shapes, in layers of the same reach."""

    shapes: Shapes
    distance: NDArray[np.float64]
    """Luminosity distances (Mpc), NaN where unknown."""
    layers: tuple[tuple[float, SortedSky], ...]
    """How far away (arcsec) a host of the layer may be, and where its galaxies are."""


class KnownSky:
    """What is known of the sky, up to a commit of each kind.

    Parameters
    ----------
    kinds
        The entries of each kind.
    """

    def __init__(self, kinds: Sequence[Known]) -> None:
        self.kinds = {known.kind: known for known in kinds}

    @property
    def searched(self) -> list[str]:
        """The kinds of which there is a catalogue."""
        return [kind for kind, known in self.kinds.items() if known.catalogs]

    def holds(self, asked: Any) -> bool:
        """Whether no catalogue has changed since, as the writer or a transaction says (`touched_since`)."""
        return not any(asked.touched_since(key, known.commit) for known in self.kinds.values() for key in known.keys)


def known_sky(db: Database) -> KnownSky:
    """The catalogues that are in force."""
    return db.part(_Shelf).current(db)


class _Shelf:
    """Keeps what was read last."""

    def __init__(self, db: Database) -> None:
        self._lock = threading.Lock()
        self._sky: KnownSky | None = None

    def current(self, db: Database) -> KnownSky:
        sky = self._sky
        if sky is not None and sky.holds(db.writer):
            return sky
        with self._lock:
            before = {} if self._sky is None else self._sky.kinds
            self._sky = KnownSky([_current(db, kind, before.get(kind)) for kind in KINDS_SEARCHED])
            return self._sky


def _current(db: Database, kind: str, before: Known | None) -> Known:
    commit = db.writer.commits
    entries = _entries_of(kind)
    condition = "? = 'galaxy'" if kind == "galaxy" else "kind = ?"
    sql = _CATALOGS.format(table=entries.kind.table, condition=condition)
    found = db.reader.rows(ADMINISTRATOR, sql, [kind])
    catalogs = tuple(row["name"] for row in found)
    if before is not None and before.catalogs == catalogs:
        touched = (db.writer.touched_since((entries.table, name), before.commit) for name in catalogs)
        if not any(touched):
            return replace(before, commit=commit)
    sql = _ENTRIES.format(columns=_COLUMNS[kind], table=entries.table)
    rows = db.reader.query(ADMINISTRATOR, sql, [list(catalogs)]).combine_chunks()
    sky = SortedSky.of(rows["ra"].to_numpy(), rows["dec"].to_numpy())
    known = Known(kind, commit, catalogs, rows.drop_columns(["ra", "dec"]), sky)
    return _galaxies(known) if kind == "galaxy" else known


def _galaxies(known: Known) -> Galaxies:
    numbers = {name: known.rows[name].to_numpy() for name in ("redshift", "distance", *_SHAPE)}
    distance = distance_known(numbers["distance"], numbers["redshift"])
    diameter, ratio, angle = (numbers[name] for name in _SHAPE)
    shapes = Shapes(diameter, ratio, angle, distance)
    layer = np.searchsorted(_REACHES, shapes.reach)[known.sky.rows]
    layers = [
        (float(shapes.reach[part.rows].max()), part)
        for n in range(len(_REACHES))
        if len((part := SortedSky(*(column[layer == n] for column in known.sky))).rows)
    ]
    rows = known.rows.drop_columns([*_SHAPE, "distance"])
    return Galaxies(known.kind, known.commit, known.catalogs, rows, known.sky, shapes, distance, tuple(layers))


def _entries_of(kind: str) -> Entries:
    return GALAXIES if kind == "galaxy" else REFERENCE_ENTRIES
