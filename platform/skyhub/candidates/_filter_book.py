"""Which filters there are, in which versions, and which of these was live when."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple

from skyhub.candidates._cuts import cuts_of
from skyhub.db import ADMINISTRATOR, Database, HeldRows, Memory, Transaction, Viewer, iso, json_rows, json_value
from skyhub.errors import NotFound

__all__ = [
    "Versions",
    "filter_documents",
    "filter_record",
    "filter_versions",
    "filters_changed",
    "known_filters",
    "visible_filters",
]


@dataclass
class Versions:
    """A filter: rows of its versions and of its states, older ones first."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    states: list[dict[str, Any]] = field(default_factory=list)

    @property
    def newest(self) -> dict[str, Any]:
        """The row of the version that was stored last."""
        return self.rows[-1]

    def state_at(self, moment: datetime | None = None) -> dict[str, Any] | None:
        """The state in force at a time (now by default)."""
        known = [s for s in self.states if moment is None or s["known_at"].replace(tzinfo=UTC) <= moment]
        return known[-1] if known else None

    def live_at(self, moment: datetime | None = None) -> dict[str, Any] | None:
        """The row of the version that was live at a time."""
        state = self.state_at(moment)
        return self.version(state["version"]) if state and state["active"] else None

    def version(self, number: int) -> dict[str, Any]:
        """The row of a version. Raises `NotFound` if there is none of this number."""
        for row in self.rows:
            if row["version"] == number:
                return row
        there = ", ".join(str(row["version"]) for row in self.rows)
        raise NotFound(f"filter {self.newest['name']!r} has no version {number}: it has {there}.", str(number))


_OF_VERSION = (
    "version", "language", "expression", "annotations", "autosave", "packages", "guard", "author", "known_at",
)  # fmt: skip


class _Held(NamedTuple):
    versions: HeldRows
    states: HeldRows
    names: list[tuple[int, tuple[str, int | None]]]
    """Number, name and group of the filter of each version."""


class _FilterBook:
    """All filters in memory, with their versions and states."""

    def __init__(self, db: Database) -> None:
        def rows(statement: str) -> HeldRows:
            return HeldRows(db.access, db.reader.query(ADMINISTRATOR, statement))

        def load(_: str) -> _Held:
            versions = rows("SELECT * FROM @filters ORDER BY filter_id, version")
            named = versions.rows.select(["filter_id", "name", "group_id"]).to_pylist()
            return _Held(
                versions,
                rows("SELECT * FROM @filter_states ORDER BY filter_state_id"),
                [(row["filter_id"], (row["name"], row["group_id"])) for row in named],
            )

        self.held: Memory[str, _Held] = Memory(db.writer, "filters", load)


def filters_changed(transaction: Transaction) -> None:
    """In the writer's thread: filters or their states are written with this transaction."""
    transaction.touch(("filters", ""))


def known_filters(db: Database, viewer: Viewer, as_of: datetime | None = None) -> dict[int, Versions]:
    """The filters that a viewer may see (as they were known at a time), by number."""
    held = db.part(_FilterBook).held.get("").value
    found: dict[int, Versions] = {}
    for row in held.versions.rows.take(held.versions.visible(viewer, as_of)).to_pylist():
        found.setdefault(row["filter_id"], Versions()).rows.append(row)
    for state in held.states.rows.take(held.states.visible(viewer, as_of)).to_pylist():
        found[state["filter_id"]].states.append(state)
    return found


def visible_filters(db: Database, viewer: Viewer, as_of: datetime | None = None) -> dict[int, tuple[str, int | None]]:
    """Name and group (None: public) of the filters that a viewer may see, by number."""
    held = db.part(_FilterBook).held.get("").value
    return dict(held.names[place] for place in held.versions.visible(viewer, as_of).tolist())


def filter_versions(db: Database, viewer: Viewer, filter_id: int, as_of: datetime | None = None) -> Versions:
    """One filter. Raises `NotFound` if there is none of this number among those that the viewer may see."""
    found = known_filters(db, viewer, as_of).get(filter_id)
    if found is None:
        raise NotFound(f"there is no filter {filter_id} among those that you may see.", str(filter_id))
    return found


def filter_documents(
    db: Database, viewer: Viewer, as_of: datetime | None = None, *, every: bool = False
) -> list[dict[str, Any]]:
    """The filters that a viewer may see, by group and name: what each lets through, and since when.

    Parameters
    ----------
    db, viewer, as_of
        The database, who asks, and for what time.
    every
        With those that are not live, as their newest version has them.
    """
    found = known_filters(db, viewer, as_of).values()
    rows = [_listed(db, viewer, known) for known in found if every or known.live_at()]
    return sorted(rows, key=lambda row: (row["group"] or "", row["name"], row["filter_id"]))


def filter_record(db: Database, viewer: Viewer, filter_id: int, as_of: datetime | None = None) -> dict[str, Any]:
    """One filter with its ``versions``, with their ``cuts``, and the ``states``: which was live when, and who said so."""
    known = filter_versions(db, viewer, filter_id, as_of)
    told = [_told(db, viewer, row) for row in known.rows]
    versions = [{**{k: row[k] for k in _OF_VERSION}, "cuts": _cuts(row)} for row in told]
    states = [{k: v for k, v in row.items() if k != "filter_id"} for row in known.states]
    return {**_listed(db, viewer, known), "versions": json_rows(versions), "states": json_rows(states)}


def _cuts(row: Mapping[str, Any]) -> list[str] | None:
    """The cuts of a condition; a function has none."""
    return [cut.text for cut in cuts_of(row["expression"])] if row["language"] == "sql" else None


def _told(db: Database, viewer: Viewer, row: Mapping[str, Any]) -> dict[str, Any]:
    """The row of a version as it is told: without its acl, unpacked, with names of groups."""
    unpacked = {name: json.loads(row[name] or "{}") for name in ("annotations", "packages")}
    autosave = db.access.names_known_to(viewer, row["autosave"] or ())
    return {**{k: v for k, v in row.items() if k != "acl"}, **unpacked, "autosave": autosave}


def _listed(db: Database, viewer: Viewer, known: Versions) -> dict[str, Any]:
    live, state = known.live_at(), known.state_at()
    row = _told(db, viewer, live or known.newest)
    group = db.access.names_of_groups().get(row.pop("group_id"))
    since = iso(state["known_at"]) if live and state else None
    told = {"group": group, "live": live is not None, "live_since": since, "newest_version": known.newest["version"]}
    return {**json_value(row), **told}
