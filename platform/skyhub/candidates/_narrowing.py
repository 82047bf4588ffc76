"""Conditions on the objects of a queue: what was saved, classified, measured, noted and listed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skyhub.candidates._saved import saving_groups
from skyhub.candidates._selection import Selection
from skyhub.classification import class_names
from skyhub.db import Database, Viewer
from skyhub.notes import redshift_in_force
from skyhub.photometry import first_and_last_detections
from skyhub.science.nights import mjd_of_datetime

__all__ = ["narrowed"]

_CLASSIFIED = """
    SELECT DISTINCT object_id FROM @classifications
    WHERE object_id IN (SELECT unnest(?)) AND coalesce(probability, 1) > 0
        AND list_has_any(list_transform(list_append(coalesce(path, []), classification), lambda name: lower(name)), ?)
"""
_REDSHIFTS = "SELECT redshift_id, object_id, redshift, type FROM @redshifts WHERE object_id IN (SELECT unnest(?))"
_LISTED = """
    SELECT DISTINCT object_id FROM @list_entries
    WHERE object_id IN (SELECT unnest(?)) AND owner = ? AND list_name IN (SELECT unnest(?))
"""

Names = Sequence[str]
_Test = Callable[[str], bool]


def narrowed(
    db: Database, viewer: Viewer, selection: Selection, groups: set[int], names: Names, as_of: datetime | None
) -> NDArray[np.bool_]:
    """Which of some objects are as a selection says, as far as the objects alone tell it.

    Parameters
    ----------
    db, viewer, selection
        The database, who asks, and for what.
    groups
        The groups that are selected: those of the selection, or all of the viewer's.
    names
        The objects.
    as_of
        Only facts known at this time.

    Returns
    -------
    ndarray
        Shape ``(n_names,)``.
    """
    tests: list[_Test] = []
    if selection.saved_status != "all":
        tests.append(_saved(selection.saved_status, groups, saving_groups(db, viewer, names, as_of)))
    if selection.classification:
        tests.append(_classified(db, viewer, selection.classification, names, as_of).__contains__)
    if selection.without_classification:
        tests.append(_outside(_classified(db, viewer, selection.without_classification, names, as_of)))
    if selection.min_redshift is not None or selection.max_redshift is not None:
        tests.append(_within_redshifts(db, viewer, selection, names, as_of).__contains__)
    if selection.on_list:
        tests.append(_listed(db, viewer, selection.on_list, names, as_of).__contains__)
    if selection.not_on_list:
        tests.append(_outside(_listed(db, viewer, selection.not_on_list, names, as_of)))
    if selection.min_detections or selection.first_after or selection.last_before:
        tests.append(_detected(db, viewer, selection, names, as_of).__contains__)
    if not tests:
        return np.ones(len(names), dtype=bool)
    return np.array([all(test(name) for test in tests) for name in names], dtype=bool)


def _outside(objects: set[str]) -> _Test:
    return lambda name: name not in objects


def _saved(status: str, selected: set[int], saved: dict[str, set[int]]) -> _Test:
    negated, wanted = status.startswith("not_"), status.removeprefix("not_")

    def holds(name: str) -> bool:
        groups = saved.get(name, set())
        if wanted == "saved_to_any_accessible":
            return bool(groups)
        return bool(groups & selected) if wanted == "saved_to_any_selected" else bool(selected) and selected <= groups

    return lambda name: holds(name) != negated


def _classified(db: Database, viewer: Viewer, classes: Names, names: Names, as_of: datetime | None) -> set[str]:
    """The objects that have a class, or one below it in its taxonomy."""
    wanted = class_names(db, viewer, classes)
    return {row["object_id"] for row in db.reader.rows(viewer, _CLASSIFIED, [list(names), wanted], as_of)}


def _within_redshifts(
    db: Database, viewer: Viewer, selection: Selection, names: Names, as_of: datetime | None
) -> set[str]:
    known: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in db.reader.rows(viewer, _REDSHIFTS, [list(names)], as_of):
        known[row["object_id"]].append(row)
    low = -np.inf if selection.min_redshift is None else selection.min_redshift
    high = np.inf if selection.max_redshift is None else selection.max_redshift
    found = {name: redshift_in_force(rows) for name, rows in known.items()}
    return {name for name, row in found.items() if row is not None and low <= row["redshift"] <= high}


def _listed(db: Database, viewer: Viewer, lists: Names, names: Names, as_of: datetime | None) -> set[str]:
    rows = db.reader.rows(viewer, _LISTED, [list(names), viewer.name, list(lists)], as_of)
    return {row["object_id"] for row in rows}


def _detected(db: Database, viewer: Viewer, selection: Selection, names: Names, as_of: datetime | None) -> set[str]:
    after = -np.inf if selection.first_after is None else mjd_of_datetime(selection.first_after)
    before = np.inf if selection.last_before is None else mjd_of_datetime(selection.last_before)
    found = first_and_last_detections(db, viewer, names, as_of, forced=not selection.exclude_forced)
    least = selection.min_detections or 1
    return {
        row["object_id"]
        for row in found
        if row["n_detections"] >= least and row["first_mjd"] >= after and row["last_mjd"] <= before
    }
