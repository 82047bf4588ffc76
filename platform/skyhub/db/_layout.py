"""Where the points of light curves lie: what came last in the owner's file, the rest in the files of runs.

A layout is a fixed list of files and a bound: points numbered up to it are read from the files, later ones from the
owner's file. Rows that a new layout no longer reads are removed only after the last reader of an older one has finished,
so that none sees a point twice or not at all.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from skyhub.db._overlay import CHANGES

__all__ = ["Layout", "Layouts", "Part"]

_REPLACED = {
    "known_until": "coalesce(r.known_until, o.superseded_at) AS known_until",
    "acl": "coalesce(o.new_acl, r.acl) AS acl",
}


@dataclass(frozen=True)
class Part:
    """One file of a run: its row in ``photometry_runs``, where it is and which columns it has."""

    file_id: int
    run_id: int
    n_rows: int
    first_object: str
    last_object: str
    first_mjd: float
    last_mjd: float
    last_id: int
    last_upload_id: int
    n_bytes: int
    checksum: str
    path: Path
    columns: frozenset[str]

    @classmethod
    def of_row(cls, row: Sequence[Any], path: Path, columns: Sequence[str] = ()) -> Part:
        """From the values of its row, in the order of the fields."""
        values: list[Any] = [*row, path, frozenset(columns)]
        return cls(*values)

    @property
    def alias(self) -> str:
        """The name under which connections attach it."""
        return f"run_{self.file_id:06d}"

    def select(self, columns: Sequence[str], types: Mapping[str, str]) -> str:
        """Expressions of columns; those that came with a later release than the file are null."""
        return ", ".join(c if c in self.columns else f"NULL::{types[c]} AS {c}" for c in columns)


@dataclass(frozen=True)
class Layout:
    """The files of all runs, and the greatest number of a point that is read from them."""

    parts: tuple[Part, ...] = ()
    bound: int = 0

    def relation(self, types: Mapping[str, str], conditions: Sequence[str], overlaid: bool) -> str:
        """All points that fulfil conditions, as a subquery.

        Parameters
        ----------
        types
            The columns of ``photometry`` and their types.
        conditions
            On columns, in SQL.
        overlaid
            Whether changes of points in runs are to be looked up.
        """
        where = " AND ".join(conditions) or "true"
        names = list(types)
        recent = f"SELECT {', '.join(names)} FROM photometry WHERE photometry_id > {self.bound} AND {where}"
        older = [self._part(part, types, where, overlaid) for part in self.parts]
        return f"({' UNION ALL '.join([recent, *older])})"

    def _part(self, part: Part, types: Mapping[str, str], where: str, overlaid: bool) -> str:
        stored = f"SELECT {part.select(list(types), types)} FROM {part.alias}.run_points"
        if not overlaid:
            return f"{stored} WHERE {where}"
        changed = ", ".join(_REPLACED.get(name, f"r.{name}") for name in types)
        joined = (
            f"SELECT {changed} FROM ({stored}) AS r LEFT JOIN ({CHANGES.format('true')}) AS o USING (photometry_id)"
        )
        return f"SELECT * FROM ({joined}) WHERE {where}"


class Layouts:
    """The layout in force, and who still reads by an older one."""

    def __init__(self, layout: Layout) -> None:
        self.current = layout
        self._held: Counter[int] = Counter()
        self._number = 0
        self._state = threading.Condition()

    @contextmanager
    def hold(self) -> Iterator[Layout]:
        """The layout in force, kept readable for the duration of a ``with`` block."""
        with self._state:
            number, layout = self._number, self.current
            self._held[number] += 1
        try:
            yield layout
        finally:
            with self._state:
                self._held[number] -= 1
                if not self._held[number]:
                    del self._held[number]
                    self._state.notify_all()

    def publish(self, layout: Layout) -> None:
        """From now on, readers take this one."""
        with self._state:
            self._number += 1
            self.current = layout

    def drain(self, seconds: float | None = None) -> bool:
        """Wait until nobody reads by an older layout; whether that was so in time."""
        with self._state:
            number = self._number
            return self._state.wait_for(lambda: not any(held < number for held in self._held), seconds)
