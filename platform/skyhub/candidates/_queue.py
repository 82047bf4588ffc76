"""The scan queue: one entry per object and night, of what the viewer's filters let through."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from skyhub.candidates._decisions import current_decisions, verdict_of
from skyhub.candidates._filter_book import visible_filters
from skyhub.candidates._nights import Night, NightBook
from skyhub.db import Database, Viewer, json_rows
from skyhub.errors import InvalidInput

__all__ = ["STATUSES", "Selection", "queue", "queue_nights"]

STATUSES = ("unreviewed", "saved", "rejected", "all")
_LARGEST_PAGE = 2000


@dataclass(frozen=True)
class Selection:
    """Which candidates to list.

    Parameters
    ----------
    dayobs
        The night (date of its evening); the newest with candidates by default.
    group
        Only those that a filter of this group let through; then only decisions for this group count.
    status
        One of `STATUSES`: of the viewer's newest decision in force.
    limit
        At most so many entries (those with another status do not count).
    as_of
        Only what was known at this time.
    """

    dayobs: date | None = None
    group: str | None = None
    status: str = "all"
    limit: int = 500
    as_of: datetime | None = None

    def __post_init__(self) -> None:
        if self.status not in STATUSES:
            raise InvalidInput(f"status {self.status!r} is not known: {', '.join(STATUSES)} are permitted.", "status")
        if not 1 <= self.limit <= _LARGEST_PAGE:
            raise InvalidInput(f"limit is {self.limit}: 1 to {_LARGEST_PAGE} are permitted.", "limit")


def queue(db: Database, viewer: Viewer, selection: Selection) -> dict[str, Any]:
    """The queue of one night: ``{"dayobs", "candidates", "counts"}``, newest detection first.

    Raises
    ------
    InvalidInput
        If the viewer is in no group of the name that was given.
    """
    book = db.part(NightBook)
    dayobs = selection.dayobs or book.newest(viewer, selection.as_of)
    entries = [] if dayobs is None else _entries(db, viewer, selection, book.night(dayobs))
    chosen = [e for e in entries if selection.status in ("all", e.status)][: selection.limit]
    counts = {status: sum(e.status == status for e in entries) for status in STATUSES[:-1]}
    return {
        "dayobs": None if dayobs is None else dayobs.isoformat(),
        "candidates": [] if dayobs is None else _shown(db, viewer, selection, book.night(dayobs), chosen),
        "counts": {**counts, "all": len(entries)},
    }


def queue_nights(db: Database, viewer: Viewer, limit: int = 30, as_of: datetime | None = None) -> list[dict[str, Any]]:
    """The newest nights that have candidates (known at a time), with the number of their objects."""
    rows = db.reader.rows(
        viewer,
        "SELECT dayobs, count(DISTINCT object_id) AS n_objects FROM @candidates GROUP BY dayobs ORDER BY dayobs DESC LIMIT ?",
        [limit],
        as_of,
    )
    return json_rows(rows)


class _Entry(NamedTuple):
    """An object of the queue: its candidates in the night, and what was decided."""

    rows: NDArray[np.intp]
    """Places of its rows, the newest last."""
    mine: str | None
    saved: bool

    @property
    def status(self) -> str:
        return {"save": "saved", "reject": "rejected", None: "unreviewed"}[self.mine]


def _entries(db: Database, viewer: Viewer, selection: Selection, night: Night) -> list[_Entry]:
    """The objects of a night that filters let through, newest detection first."""
    shown = night.visible(viewer, selection.as_of)
    shown = shown[np.isin(night.filters[shown], list(_filters(db, viewer, selection)))]
    if not len(shown):
        return []
    ends = np.flatnonzero(np.append(np.diff(night.objects[shown]), 1)) + 1
    order = np.lexsort((ends, -night.mjd[shown[ends - 1]]))
    groups = np.split(shown, ends[:-1])
    names = night.rows["object_id"].take(shown[ends - 1]).to_pylist()
    decided = current_decisions(db, viewer, names, selection.as_of)
    return [_entry(groups[n], decided.get(names[n], []), viewer, selection.group) for n in order]


def _entry(rows: NDArray[np.intp], decisions: list[dict[str, Any]], viewer: Viewer, group: str | None) -> _Entry:
    counted = [d for d in decisions if group is None or group in d["groups"]]
    return _Entry(rows, verdict_of(viewer, counted), any(d["verdict"] == "save" for d in counted))


def _shown(
    db: Database, viewer: Viewer, selection: Selection, night: Night, entries: list[_Entry]
) -> list[dict[str, Any]]:
    filters = _filters(db, viewer, selection)
    places = np.array([entry.rows[-1] for entry in entries], dtype=np.int64)
    newest = night.rows.take(places).drop_columns(["acl", "known_at", "filter_id"])
    documents = json_rows(newest.to_pylist())
    for entry, document in zip(entries, documents, strict=True):
        passed = [filters[number] for number in np.unique(night.filters[entry.rows]).tolist()]
        document["n_detections"] = night.most_detections(entry.rows)
        document["filters"] = sorted({name for name, _ in passed})
        document["groups"] = db.access.group_names({group for _, group in passed if group is not None})
        document.update(mine=entry.mine, saved=entry.saved, status=entry.status)
    return documents


def _filters(db: Database, viewer: Viewer, selection: Selection) -> dict[int, tuple[str, int | None]]:
    """Name and group of the filters whose candidates are asked for."""
    found = visible_filters(db, viewer, selection.as_of)
    if selection.group is None:
        return found
    number = _group_number(db, viewer, selection.group)
    return {filter_id: (name, group) for filter_id, (name, group) in found.items() if group == number}


def _group_number(db: Database, viewer: Viewer, group: str) -> int:
    number = db.access.groups.get(group)
    if number is None or number not in db.access.group_ids(viewer):
        mine = db.access.group_names(db.access.group_ids(viewer))
        raise InvalidInput(f"you are in no group {group!r}: {', '.join(mine) or 'none'} are permitted.", "group")
    return number
