"""Conditions of a search: each says of all objects of a board whether it holds."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from skyhub.candidates import AnnotationRange
from skyhub.classification import class_names
from skyhub.db import Database, Viewer
from skyhub.errors import InvalidInput, NotFound
from skyhub.localizations import inside
from skyhub.notes import REDSHIFTS_IN_FORCE, annotated_objects
from skyhub.objects import position_of
from skyhub.science.coordinates import Position, parse_position
from skyhub.science.nights import mjd_of_datetime
from skyhub.science.vectors import unit_vectors
from skyhub.search._board import Board
from skyhub.search._query import Search

__all__ = ["Looking"]

Mask = NDArray[np.bool_]

_ALIASED = "SELECT DISTINCT object_id FROM @aliases WHERE contains(lower(alias), lower(?))"
_CLASSIFIED = """
    SELECT DISTINCT object_id FROM @classifications
    WHERE coalesce(probability, 1) > 0 AND coalesce(probability, 1) BETWEEN ? AND ?
        AND list_has_any(list_transform(list_append(coalesce(path, []), classification), lambda name: lower(name)), ?)
"""
_LISTED = "SELECT DISTINCT object_id FROM @list_entries WHERE owner = ? AND list_name IN (SELECT unnest(?))"
_TAGGED = "SELECT DISTINCT object_id FROM @object_tags WHERE lower(tag) IN (SELECT lower(unnest(?)))"
_SAVED = """
    SELECT object_id, epoch_us(max(known_at)) AS saved_at
    FROM (SELECT * FROM @sources
          QUALIFY row_number() OVER (PARTITION BY object_id, group_id ORDER BY decision_id DESC, known_at DESC) = 1)
    WHERE active AND (? IS NULL OR list_contains(?, group_id)) GROUP BY object_id
"""
_COLUMNS = {"detections": "n_detections", "first_detected": "first_mjd", "last_detected": "last_mjd",
            "created": "created_at"}  # fmt: skip
_MOST_KEPT = 32
_EPOCH = datetime.fromisoformat("1970-01-01T00:00:00Z")


@dataclass(frozen=True)
class Looking:
    """One look for objects: what was asked, by whom, and the board of what he may see."""

    db: Database
    viewer: Viewer
    search: Search
    board: Board
    as_of: datetime | None

    def holds(self) -> Mask:
        """Which objects of the board are as asked, shape ``(n,)``."""
        found = np.ones(len(self.board), dtype=bool)
        for condition in self._conditions():
            found &= condition
        return found

    @cached_property
    def separations(self) -> NDArray[np.float64] | None:
        """Distances (deg) from the place that is asked for, if one is, shape ``(n,)``."""
        if self.search.around is None:
            return None
        place = unit_vectors(*self._place(self.search.around))
        chord = np.sqrt(((self.board.directions - place[:, None]) ** 2).sum(axis=0))
        distance: NDArray[np.float64] = np.degrees(2 * np.arcsin(np.minimum(chord / 2, 1)))
        return distance

    @cached_property
    def redshifts(self) -> NDArray[np.float64]:
        """Redshifts in force, NaN where there is none, shape ``(n,)``."""
        return self.column_of(REDSHIFTS_IN_FORCE, (), "redshift")

    @cached_property
    def saved_at(self) -> NDArray[np.float64]:
        """When objects were last saved to a group that is asked for (microseconds since 1970), NaN for those that are none's."""
        groups = self._groups()
        return self.column_of(_SAVED, [groups, groups], "saved_at")

    def column_of(self, statement: str, values: Sequence[Any], name: str) -> NDArray[np.float64]:
        """What a statement has of objects under a name, as a column of the board."""
        found = self._noted(statement, values)
        return self.board.spread(found["object_id"].to_pylist(), found[name].cast("float64").to_numpy())

    def _conditions(self) -> Iterator[Mask]:
        search = self.search
        if self.separations is not None:
            yield self.separations * 3600 <= search.radius
        place = inside(self.db, self.viewer, search, self.as_of)
        if place is not None:
            yield place(self.board.hpx)
        if search.name is not None:
            yield self._named(search.name)
        yield from self._sets()
        if search.saved != "all" or search.group or search.saved_after or search.saved_before:
            yield ~np.isnan(self.saved_at) if search.saved != "not_saved" else np.isnan(self.saved_at)
        yield from self._ranges()
        for asked in search.annotations:
            yield self.board.among(self._annotated(asked))

    def _sets(self) -> Iterator[Mask]:
        search, own = self.search, self.viewer.name
        low = 0.0 if search.min_probability is None else search.min_probability
        high = 1.0 if search.max_probability is None else search.max_probability
        asked: tuple[tuple[Sequence[str], str, list[Any], bool], ...] = (
            (search.classification, _CLASSIFIED, [low, high, self._classes(search.classification)], True),
            (search.without_classification, _CLASSIFIED, [0, 1, self._classes(search.without_classification)], False),
            (search.tag, _TAGGED, [list(search.tag)], True),
            (search.without_tag, _TAGGED, [list(search.without_tag)], False),
            (search.on_list, _LISTED, [own, list(search.on_list)], True),
            (search.not_on_list, _LISTED, [own, list(search.not_on_list)], False),
        )
        for given, statement, values, wanted in asked:
            if given:
                yield self._among(statement, values) == wanted

    def _ranges(self) -> Iterator[Mask]:
        for name, bound in self.search.model_dump(exclude_none=True).items():
            side, _, rest = name.partition("_")
            if side in ("min", "max") and rest != "probability":
                values = self._values(_COLUMNS.get(rest, rest))
                yield values >= bound if side == "min" else values <= bound
            elif name.endswith(("_after", "_before")):
                what, _, side = name.rpartition("_")
                values = self._values("saved_at" if what == "saved" else _COLUMNS[what])
                moment = mjd_of_datetime(bound) if what.endswith("detected") else (bound - _EPOCH).total_seconds() * 1e6
                yield values >= moment if side == "after" else values <= moment

    def _values(self, column: str) -> NDArray[np.float64]:
        own = {"redshift": lambda: self.redshifts, "saved_at": lambda: self.saved_at}
        return own[column]() if column in own else self.board.columns[column]

    def _annotated(self, asked: AnnotationRange) -> list[str]:
        given = (self.db, self.viewer, asked.key, asked.origin)
        return annotated_objects(*given, low=asked.min, high=asked.max, value=asked.value, as_of=self.as_of)

    def _named(self, text: str) -> Mask:
        own: Mask = pc.match_substring(self.board.text, text, ignore_case=True).to_numpy(zero_copy_only=False)
        return own | self._among(_ALIASED, [text])

    def _classes(self, names: Sequence[str]) -> list[str]:
        return class_names(self.db, self.viewer, names) if names else []

    def _place(self, text: str) -> Position:
        place = parse_position(text)
        if place is not None:
            return place
        try:
            return position_of(self.db, self.viewer, text.strip(), self.as_of)
        except NotFound as error:
            raise InvalidInput(
                f"{text!r} is neither a position (150.1 2.2, or 10:00:24 +02:12:00) nor an object that you may see.",
                "around",
            ) from error

    def _groups(self) -> list[int] | None:
        """The groups whose sources count; None for all."""
        known = self.db.access.group_ids(self.viewer)
        numbers = {name: self.db.access.groups.get(name, -1) for name in self.search.group}
        refused = [name for name, number in numbers.items() if number not in known]
        if refused:
            permitted = ", ".join(self.db.access.group_names(known)) or "none"
            raise InvalidInput(f"you are in no group {refused[0]!r}: {permitted} are permitted.", "group")
        return sorted(numbers.values()) or None

    def _among(self, statement: str, values: Sequence[Any]) -> Mask:
        return self.board.among(self._noted(statement, values)["object_id"].to_pylist())

    def _noted(self, statement: str, values: Sequence[Any]) -> pa.Table:
        return self.db.part(_Answers).of(self.viewer, statement, values, self.as_of)


class _Answers:
    """What statements had last, for as long as nothing is written: who turns pages asks the same again and again."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._kept: OrderedDict[Any, pa.Table] = OrderedDict()

    def of(self, viewer: Viewer, statement: str, values: Sequence[Any], as_of: datetime | None) -> pa.Table:
        key = (self._db.writer.commits, viewer, statement, repr(values), as_of)
        found = self._kept.get(key)
        if found is None:
            found = self._kept[key] = self._db.reader.query(viewer, statement, values, as_of)
            while len(self._kept) > _MOST_KEPT:
                self._kept.popitem(last=False)
        return found
