"""Bringing localizations in: maps and shapes, each kept once for an event; those of notices in the transaction of these."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from skyhub.db import ADMINISTRATOR, Database, Stale, Transaction, Viewer, naive_utc
from skyhub.localizations._maps import keep_map
from skyhub.localizations._models import LOCALIZATIONS, Localization, facts_of_map
from skyhub.records import Planned, add, store
from skyhub.science.skymaps import SkyMap

__all__ = ["Brought", "bring", "keep_localization", "store_localization"]

_THERE = """
    SELECT * FROM @localizations WHERE acl = ? AND (dateobs = ? OR list_contains(?, localization_id)) ORDER BY localization_id
"""
_LONGEST_NAME = 200


def store_localization(
    db: Database,
    viewer: Viewer,
    sky_map: SkyMap,
    name: str,
    dateobs: datetime | None = None,
    groups: Sequence[str] | None = None,
    made_from: Collection[int] = (),
) -> dict[str, Any]:
    """Store a localization; the same map of the same name and event is a duplicate and is not stored.

    Parameters
    ----------
    db, viewer
        The database, and who brings it.
    sky_map, name
        The map, and what it is called: the name of its file, or that of a shape.
    dateobs
        The event that it belongs to.
    groups
        Who shall see it: some of the viewer's groups, all of them by default, or ``public``.
    made_from
        The acls of the localizations that it was computed from: by default only who sees all of them sees it.

    Returns
    -------
    dict
        ``{"read", "stored", "duplicates", "localization"}``: counts, and the record.

    Raises
    ------
    InvalidInput, PermissionRefused
        If it cannot be used, or the viewer may not upload.
    """
    viewer.require(LOCALIZATIONS.scope)
    fields = {"name": name, "dateobs": dateobs, "digest": keep_map(db, viewer, sky_map)}
    done = add(db, viewer, LOCALIZATIONS, [fields], groups, revise=True, made_from=made_from)
    [record] = done["records"]
    return {
        "read": 1,
        "stored": done["added"] + done["revised"],
        "duplicates": done["unchanged"],
        "localization": record,
    }


def keep_localization(db: Database, viewer: Viewer, sky_map: SkyMap, name: str) -> Localization:
    """Keep a map that came with something else; its record, without a time, is to be handed to `bring`."""
    digest = keep_map(db, viewer, sky_map)
    return Localization(name=name[:_LONGEST_NAME] or "map", digest=digest, **facts_of_map(sky_map))


@dataclass(frozen=True)
class Brought:
    """Localizations that are to be stored in the transaction of what they came with."""

    viewer: Viewer
    acl: int
    dateobs: datetime
    records: tuple[Localization, ...]
    there: tuple[dict[str, Any], ...]
    """Rows in force of the same time, or that came with the same event before."""
    earlier: frozenset[int]
    """Numbers of the latter."""
    commit: int

    def store(self, transaction: Transaction) -> list[int]:
        """Store what is new, and give those that came before the time of the event; returns the numbers of all.

        Raises
        ------
        Stale
            If a localization was stored by somebody else in the meantime.
        """
        moved = [self._moved(row) for row in self.there if self._left_behind(row)]
        numbers = {(row["name"], row["digest"]): row[LOCALIZATIONS.id_column] for row in self.there}
        fresh = {(r.name, r.digest): r for r in self.records if (r.name, r.digest) not in numbers}
        if (fresh or moved) and transaction.touched_since((LOCALIZATIONS.table,), self.commit):
            raise Stale
        first = transaction.next_id(LOCALIZATIONS.table, LOCALIZATIONS.id_column, len(fresh))
        numbers |= {key: first + place for place, key in enumerate(fresh)}
        new = [self._new(record, numbers[key]) for key, record in fresh.items()]
        store(transaction, self.viewer, LOCALIZATIONS, [*moved, *new])
        return [numbers[record.name, record.digest] for record in self.records]

    def _left_behind(self, row: Mapping[str, Any]) -> bool:
        return row[LOCALIZATIONS.id_column] in self.earlier and row["dateobs"] != naive_utc(self.dateobs)

    def _moved(self, row: dict[str, Any]) -> Planned:
        changes = {"dateobs": naive_utc(self.dateobs), "version": row["version"] + 1, "edited_by": self.viewer.name}
        return Planned("revised", {**row, **changes}, row)

    def _new(self, record: Localization, number: int) -> Planned:
        own = LOCALIZATIONS.row(record.model_copy(update={"dateobs": self.dateobs}))
        who = {"version": 1, "author": self.viewer.name, "edited_by": self.viewer.name, "acl": self.acl}
        return Planned("added", {**own, **who, LOCALIZATIONS.id_column: number})


def bring(
    db: Database,
    viewer: Viewer,
    records: Sequence[Localization],
    dateobs: datetime,
    acl: int,
    earlier: Sequence[int] = (),
) -> Brought:
    """Look up what is there of localizations that come with an event, by the right to bring that.

    Parameters
    ----------
    db, viewer
        The database, and who brings them: the scope ``upload`` is not asked for.
    records
        Of `keep_localization`.
    dateobs
        The event's time; those that came before are given it, if they have another one.
    acl
        Who sees them: who sees the event.
    earlier
        Numbers of the localizations that came with the event before.
    """
    commit = db.writer.commits
    there = db.reader.rows(ADMINISTRATOR, _THERE, [acl, naive_utc(dateobs), list(earlier)])
    return Brought(viewer, acl, dateobs, tuple(records), tuple(there), frozenset(earlier), commit)
