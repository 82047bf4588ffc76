"""Candidate filters: SQL conditions over the columns of an alert, evaluated on whole batches.

A filter belongs to a group (or is public) and has versions; the newest version of each is live.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from skyhub.candidates._cuts import cuts_of, require_steady
from skyhub.candidates._nights import NightBook
from skyhub.candidates._sandbox import DERIVED, evaluate
from skyhub.db import ADMINISTRATOR, Database, HeldRows, Memory, Transaction, Viewer, json_rows
from skyhub.errors import InvalidInput, NotFound

__all__ = [
    "Filter",
    "add_filter",
    "candidate_rows",
    "filter_documents",
    "filter_versions",
    "live_filters",
    "require_condition",
    "seen_by_filters",
    "visible_filters",
]

_log = logging.getLogger(__name__)
_LIVE = "SELECT * FROM filters QUALIFY row_number() OVER (PARTITION BY filter_id ORDER BY version DESC) = 1"
_COPIED = ("candid", "object_id", "survey", "dayobs", "mjd", "ra", "dec", "filter", "mag", "rb", "drb", "n_detections")


@dataclass(frozen=True)
class Filter:
    """A live version of a candidate filter."""

    filter_id: int
    version: int
    name: str
    group_id: int | None
    survey: str
    expression: str

    @classmethod
    def of_row(cls, row: dict[str, Any]) -> Filter:
        """From a row of ``filters``."""
        return cls(**{name: row[name] for name in cls.__dataclass_fields__})

    def passes(self, batch: pa.Table) -> NDArray[np.bool_]:
        """Which rows of a batch of alerts pass, shape ``(n,)``.

        Raises
        ------
        InvalidInput
            If the expression is no condition over the columns of an alert.
        """
        try:
            rows = evaluate(batch, [self.expression])
        except duckdb.Error as error:
            raise InvalidInput(
                f"filter {self.name!r} cannot be evaluated{self._where(batch)}: {error}. Write an SQL condition over the "
                f"columns {', '.join((*batch.column_names, *DERIVED))}.",
                "expression",
            ) from error
        if len(rows) != len(batch):
            raise InvalidInput(f"filter {self.name!r} must look at each alert alone, not at all of them.", "expression")
        return np.array([bool(row[0]) for row in rows], dtype=bool)

    def _where(self, batch: pa.Table) -> str:
        """The cut that fails, if it is one of several."""
        with suppress(InvalidInput):
            cuts = cuts_of(self.expression)
            for cut in cuts if len(cuts) > 1 else ():
                try:
                    evaluate(batch, [cut.text])
                except duckdb.Error:
                    return f" at its cut {cut.text!r}"
        return ""


def live_filters(transaction: Transaction) -> list[Filter]:
    """The newest version of each filter."""
    return [Filter.of_row(row) for row in transaction.rows(_LIVE)]


def add_filter(db: Database, name: str, expression: str, group: str | None, survey: str = "ZTF") -> Filter:
    """Store a filter, or a new version of it if the group has one of this name with another expression.

    Raises
    ------
    InvalidInput
        If the expression is no condition over the columns of an alert; then nothing is stored.
    """
    group_id = None if group is None else db.access.groups[group]
    live = {f.filter_id: f for f in map(Filter.of_row, _visible_rows(db, ADMINISTRATOR, None))}
    for known_filter in live.values():
        if (known_filter.name, known_filter.group_id, known_filter.expression) == (name, group_id, expression):
            return known_filter
    require_condition(db, Filter(0, 0, name, None, survey, expression))

    def write(transaction: Transaction) -> Filter:
        known = [f for f in live_filters(transaction) if (f.name, f.group_id) == (name, group_id)]
        if known and known[0].expression == expression:
            return known[0]
        number = known[0].filter_id if known else transaction.next_id("filters", "filter_id")
        new = Filter(number, known[0].version + 1 if known else 1, name, group_id, survey, expression)
        acl = transaction.acl(groups=[] if group_id is None else [group_id])
        transaction.insert("filters", [{**new.__dict__, "acl": acl}])
        transaction.touch(("filters", ""))
        return new

    return db.writer.write(write)


class _FilterBook:
    """All filters in memory, in all their versions."""

    def __init__(self, db: Database) -> None:
        def load(_: str) -> HeldRows:
            return HeldRows(db.access, db.reader.query(ADMINISTRATOR, "SELECT * FROM @filters ORDER BY version"))

        self.rows: Memory[str, HeldRows] = Memory(db.writer, "filters", load)


def visible_filters(db: Database, viewer: Viewer, as_of: datetime | None = None) -> dict[int, tuple[str, int | None]]:
    """Name and group (None: public) of the filters that a viewer may see, by number."""
    return {row["filter_id"]: (row["name"], row["group_id"]) for row in _visible_rows(db, viewer, as_of)}


def filter_documents(db: Database, viewer: Viewer, as_of: datetime | None = None) -> list[dict[str, Any]]:
    """The live filters that a viewer may see, by group and name: what each lets through, and since when."""
    names = db.access.names_of_groups()
    live = {row["filter_id"]: row for row in _visible_rows(db, viewer, as_of)}
    found = [{**row, "group": names.get(row.pop("group_id"))} for row in live.values()]
    return json_rows(sorted(found, key=lambda row: (row["group"] or "", row["name"])))


def filter_versions(
    db: Database, viewer: Viewer, filter_id: int, as_of: datetime | None = None
) -> list[dict[str, Any]]:
    """All versions of a filter (known at a time), as rows, older ones first.

    Raises
    ------
    NotFound
        If there is no such filter among those that the viewer may see.
    """
    found = [row for row in _visible_rows(db, viewer, as_of) if row["filter_id"] == filter_id]
    if not found:
        raise NotFound(f"there is no filter {filter_id} among those that you may see.", str(filter_id))
    return found


def _visible_rows(db: Database, viewer: Viewer, as_of: datetime | None) -> list[dict[str, Any]]:
    """All versions of the visible filters, older ones first."""
    held = db.part(_FilterBook).rows.get("").value
    rows: list[dict[str, Any]] = held.rows.take(held.visible(viewer, as_of)).to_pylist()
    return rows


def require_condition(db: Database, new: Filter) -> None:
    """Refuse a filter whose expression is no condition on one alert alone."""
    nothing = seen_by_filters(db.reader.query(ADMINISTRATOR, "SELECT * FROM @alerts LIMIT 0"))
    new.passes(nothing)
    require_steady(new.expression, {*nothing.column_names, *DERIVED})


def seen_by_filters(alerts: pa.Table) -> pa.Table:
    """Of rows of ``alerts`` the columns that a filter may use."""
    return alerts.select(
        [c for c in alerts.column_names if c not in {"hpx", "acl", "pack"} and not c.endswith(("_at", "_size"))]
    )


def candidate_rows(
    transaction: Transaction, db: Database, filters: list[Filter], alerts: pa.Table
) -> list[dict[str, Any]]:
    """Rows of ``candidates``: each alert that passes a filter, for the filter's group and the alert's streams."""
    rows: list[dict[str, Any]] = []
    seen = seen_by_filters(alerts)
    for candidate_filter in filters:
        passed = np.flatnonzero(_passes(candidate_filter, seen))
        groups = [] if candidate_filter.group_id is None else [candidate_filter.group_id]
        for row in alerts.select([*_COPIED, "acl"]).take(passed).to_pylist():
            _, streams = db.access.members(row["acl"])
            rows.append(
                {
                    **row,
                    "filter_id": candidate_filter.filter_id,
                    "filter_version": candidate_filter.version,
                    "acl": transaction.acl(groups, sorted(streams)),
                }
            )
    db.part(NightBook).added(transaction, {row["dayobs"] for row in rows})
    first = transaction.next_id("candidates", "candidate_id", len(rows))
    return [{**row, "candidate_id": first + n} for n, row in enumerate(rows)]


def _passes(candidate_filter: Filter, alerts: pa.Table) -> NDArray[np.bool_]:
    """A filter that fails on these alerts lets none of them through, and holds up neither them nor other filters."""
    try:
        of_survey = np.array([survey == candidate_filter.survey for survey in alerts["survey"].to_pylist()], dtype=bool)
        passed: NDArray[np.bool_] = candidate_filter.passes(alerts) & of_survey
        return passed
    except InvalidInput as error:
        _log.error("no candidates of %d alerts: %s", len(alerts), error)
        return np.zeros(len(alerts), dtype=bool)
