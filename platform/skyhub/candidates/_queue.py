"""The scan queue: one entry per object, of what the viewer's filters let through in a night or in several."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from skyhub.candidates._alert_annotations import distribution_of
from skyhub.candidates._decisions import current_decisions, verdict_of
from skyhub.candidates._filter_book import visible_filters
from skyhub.candidates._narrowing import narrowed
from skyhub.candidates._nights import Night, NightBook
from skyhub.candidates._ranges import annotation_values_of, within_ranges
from skyhub.candidates._saved import saving_groups
from skyhub.candidates._selection import STATUSES, Selection
from skyhub.db import Database, Viewer, json_rows
from skyhub.errors import InvalidInput
from skyhub.localizations import PlaceTest, inside
from skyhub.records import page_of

__all__ = ["distributions", "queue", "queue_nights", "queue_rows"]

_STATUS_OF = {"save": "saved", "reject": "rejected", None: "unreviewed"}


def queue(db: Database, viewer: Viewer, selection: Selection, as_of: datetime | None = None) -> dict[str, Any]:
    """The candidates of a selection, newest detection first unless it is sorted by an annotation.

    Parameters
    ----------
    db, viewer
        The database, and who asks.
    selection
        Which candidates.
    as_of
        Only what was known at this time.

    Returns
    -------
    dict
        ``dayobs`` (the last night), ``candidates``, ``counts`` (by status, of all that is as selected otherwise), ``total``
        (of those with the status that was asked for) and ``cursor``, which goes back for the next page; null at the end.

    Raises
    ------
    InvalidInput
        If the viewer is in no group, or may see no filter or localization, that was named.
    """
    answer: dict[str, Any] = {"dayobs": None, "candidates": []}
    answer |= {"counts": dict.fromkeys(STATUSES, 0), "total": 0, "cursor": None}
    reading = _reading(db, viewer, selection, as_of)
    if reading is None:
        return answer
    entries = reading.entries()
    status, chosen = reading.chosen(entries)
    page, cursor = page_of(entries.names, reading.ranks(entries), chosen, selection.limit, selection.cursor)
    counts = {name: int((status == name).sum()) for name in STATUSES[:-1]}
    return answer | {
        "dayobs": reading.nights[1].isoformat(),
        "candidates": reading.documents(entries, page),
        "counts": {**counts, "all": len(status)},
        "total": len(chosen),
        "cursor": cursor,
    }


def queue_rows(db: Database, viewer: Viewer, selection: Selection, as_of: datetime | None = None) -> pa.Table:
    """The newest candidate of every object of a selection, whatever page it is on, by name: rows of ``candidates``.

    Raises `InvalidInput` as `queue` does.
    """
    reading = _reading(db, viewer, selection, as_of)
    if reading is None:
        return db.part(NightBook).night(date.min).rows
    entries = reading.entries()
    return reading.night.rows.take(entries.newest[reading.chosen(entries)[1]])


def queue_nights(db: Database, viewer: Viewer, limit: int = 30, as_of: datetime | None = None) -> list[dict[str, Any]]:
    """The newest nights that have candidates (known at a time), with the number of their objects."""
    rows = db.reader.rows(
        viewer,
        "SELECT dayobs, count(DISTINCT object_id) AS n_objects FROM @candidates GROUP BY dayobs ORDER BY dayobs DESC LIMIT ?",
        [limit],
        as_of,
    )
    return json_rows(rows)


def distributions(db: Database, viewer: Viewer, dayobs: date, as_of: datetime | None = None) -> list[dict[str, Any]]:
    """How the annotations of the alerts that the viewer's filters let through in a night are distributed."""
    night = db.part(NightBook).night(dayobs)
    shown = night.visible(viewer, as_of)
    shown = shown[np.isin(night.filters[shown], list(visible_filters(db, viewer, as_of)))]
    return distribution_of(db, viewer, dayobs, night.rows["candid"].take(shown).unique().to_pylist(), as_of)


@dataclass(frozen=True)
class _Entries:
    """Objects of a queue, in the order of their names."""

    names: list[str]
    newest: NDArray[np.intp]
    """Places of their newest candidates."""
    shown: NDArray[np.intp]
    """Places of all candidates, those of an object together and its newest last."""
    bounds: NDArray[np.intp]
    """Where those of each object begin and end in `shown`, shape ``(n_names, 2)``."""
    mine: list[str | None]
    """The viewer's newest verdicts in force."""


@dataclass(frozen=True)
class _Reading:
    """One look at the candidates of some nights."""

    db: Database
    viewer: Viewer
    selection: Selection
    as_of: datetime | None
    groups: set[int]
    filters: dict[int, tuple[str, int | None]]
    nights: tuple[date, date]
    night: Night
    inside: PlaceTest | None

    def entries(self) -> _Entries:
        """The objects that are as selected, whatever was decided on them."""
        shown = self.night.visible(self.viewer, self.as_of)
        shown = shown[np.isin(self.night.filters[shown], list(self.filters))]
        if not len(shown):
            return _Entries([], shown, shown, np.empty((0, 2), np.intp), [])
        ends = np.flatnonzero(np.append(np.diff(self.night.objects[shown]), 1)) + 1
        newest, bounds = shown[ends - 1], np.column_stack([np.append(0, ends[:-1]), ends])
        names = self.night.rows["object_id"].take(newest).to_pylist()
        kept = np.flatnonzero(self._as_selected(names, newest))
        names = [names[n] for n in kept]
        return _Entries(names, newest[kept], shown, bounds[kept], self._verdicts(names))

    def chosen(self, entries: _Entries) -> tuple[NDArray[np.str_], NDArray[np.intp]]:
        """The status of entries, and which of them have the one that was asked for."""
        status = np.array([_STATUS_OF[verdict] for verdict in entries.mine], dtype=str)
        wanted = self.selection.status
        return status, np.arange(len(status)) if wanted == "all" else np.flatnonzero(status == wanted)

    def ranks(self, entries: _Entries) -> NDArray[np.float64]:
        """What entries are sorted by, the lowest first; NaN where there is nothing to sort by."""
        descending = self.selection.sort_order == "desc"
        if self.selection.sort_key is None:
            return -self.night.mjd[entries.newest] if descending else self.night.mjd[entries.newest]
        best = max if descending else min
        values = self._annotation(entries.newest, self.selection.sort_origin, self.selection.sort_key)
        numbers = [[v for v in given if isinstance(v, int | float) and not isinstance(v, bool)] for given in values]
        ranks = np.array([best(given, default=np.nan) for given in numbers], dtype=float)
        return -ranks if descending else ranks

    def documents(self, entries: _Entries, page: NDArray[np.intp]) -> list[dict[str, Any]]:
        """Some entries as they are shown."""
        newest = self.night.rows.take(entries.newest[page]).drop_columns(["acl", "known_at", "filter_id"])
        documents = json_rows(newest.to_pylist())
        names = [entries.names[n] for n in page]
        saved = saving_groups(self.db, self.viewer, names, self.as_of) if names else {}
        groups = self.db.access.names_of_groups()
        for document, place in zip(documents, page.tolist(), strict=True):
            begin, end = entries.bounds[place]
            rows, verdict = entries.shown[begin:end], entries.mine[place]
            passed = {self.filters[number] for number in self.night.filters[rows].tolist()}
            document["n_detections"] = self.night.most_detections(rows)
            document["filters"] = sorted({name for name, _ in passed})
            document["groups"] = sorted({groups[group] for _, group in passed if group in groups})
            saved_here = bool(self.groups & saved.get(entries.names[place], set()))
            document.update(mine=verdict, saved=saved_here, status=_STATUS_OF[verdict])
        return documents

    def _as_selected(self, names: list[str], newest: NDArray[np.intp]) -> NDArray[np.bool_]:
        kept = narrowed(self.db, self.viewer, self.selection, self.groups, names, self.as_of)
        if self.inside is not None:
            kept &= self.inside(self.night.hpx[newest])
        for asked in self.selection.annotations:
            kept &= within_ranges(asked, self._annotation(newest, asked.origin, asked.key))
        return kept

    def _annotation(self, newest: NDArray[np.intp], origin: str | None, key: str) -> list[list[Any]]:
        return annotation_values_of(self.db, self.viewer, self.night, newest, self.nights, origin, key, self.as_of)

    def _verdicts(self, names: list[str]) -> list[str | None]:
        """The viewer's newest verdict in force on each object: for the groups that were named, else for any."""
        decided = current_decisions(self.db, self.viewer, names, self.as_of)
        named = set(self.selection.group)
        found = {
            name: verdict_of(self.viewer, [d for d in decisions if not named or named.intersection(d["groups"])])
            for name, decisions in decided.items()
        }
        return [found.get(name) for name in names]


def _reading(db: Database, viewer: Viewer, selection: Selection, as_of: datetime | None) -> _Reading | None:
    """A look at what is selected; None if there is no night to look at."""
    groups = _selected_groups(db, viewer, selection)
    filters = _selected_filters(db, viewer, selection, groups, as_of)
    place = inside(db, viewer, selection, as_of)
    book = db.part(NightBook)
    nights = _nights(book, viewer, selection, as_of)
    if nights is None:
        return None
    night = book.night(nights[1]) if nights[0] == nights[1] else book.nights(*nights)
    return _Reading(db, viewer, selection, as_of, groups, filters, nights, night, place)


def _nights(book: NightBook, viewer: Viewer, selection: Selection, as_of: datetime | None) -> tuple[date, date] | None:
    if selection.first_dayobs is not None and selection.last_dayobs is not None:
        return selection.first_dayobs, selection.last_dayobs
    dayobs = selection.dayobs or book.newest(viewer, as_of)
    return None if dayobs is None else (dayobs, dayobs)


def _selected_groups(db: Database, viewer: Viewer, selection: Selection) -> set[int]:
    """The groups that were named; without any, all of the viewer's."""
    mine = db.access.group_ids(viewer)
    numbers = {name: db.access.groups.get(name, -1) for name in selection.group}
    refused = [name for name, number in numbers.items() if number not in mine]
    if refused:
        permitted = ", ".join(db.access.group_names(mine)) or "none"
        raise InvalidInput(f"you are in no group {refused[0]!r}: {permitted} are permitted.", "group")
    return set(numbers.values()) or mine


def _selected_filters(
    db: Database, viewer: Viewer, selection: Selection, groups: set[int], as_of: datetime | None
) -> dict[int, tuple[str, int | None]]:
    """Name and group of the filters whose candidates are asked for, by number."""
    found = visible_filters(db, viewer, as_of)
    unknown = set(selection.filter_id) - found.keys()
    if unknown:
        permitted = ", ".join(map(str, sorted(found))) or "none"
        raise InvalidInput(f"you may see no filter {min(unknown)}: {permitted} are permitted.", "filter_id")
    return {
        number: (name, group)
        for number, (name, group) in found.items()
        if (not selection.group or group in groups) and (not selection.filter_id or number in selection.filter_id)
    }
