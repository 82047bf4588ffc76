"""Points of an upload that are there already, for others than the uploader wants to show them to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from skyhub.db import PERSONAL, Database, Viewer
from skyhub.photometry._editing import Sharing, editable
from skyhub.photometry._identity import SAME
from skyhub.photometry._sharing import share_photometry
from skyhub.records import EVERYBODY

__all__ = ["Unshared", "share_twins", "unshared_twins"]

_AT_A_TIME = 100_000


class Unshared(NamedTuple):
    """Duplicates that not all groups of an upload see."""

    mine: dict[int, int]
    """Of those that the uploader may share: place in the upload, and ``photometry_id`` of the stored point."""
    others: int
    """How many there are that the uploader may not share."""


def unshared_twins(db: Database, viewer: Viewer, new: pa.Table, stored: pa.Table, groups: Sequence[int]) -> Unshared:
    """Which points of an upload are stored already and not seen by all groups that the upload is for.

    Parameters
    ----------
    db, viewer, groups
        The database, who uploads, and for which groups (none: everybody).
    new
        Columns ``KEY`` and ``flux, fluxerr, limiting_mag`` of `skyhub.photometry._identity`.
    stored
        Columns ``STORED``: only points that the uploader may see.
    """
    members = {acl: db.access.members(acl)[0] for acl in pc.unique(stored["acl"]).to_pylist()}
    personal = {number for name, number in db.access.groups.items() if name.startswith(PERSONAL)}
    wanted = set(groups) - personal

    def covered(seen: set[int] | frozenset[int]) -> bool:
        return not seen or bool(wanted and wanted <= seen)

    if (groups and not wanted) or all(covered(seen) for seen in members.values()):
        return Unshared({}, 0)
    twins: dict[int, list[tuple[int, int, bool]]] = defaultdict(list)
    for place, number, acl, may in _same(db, viewer, new, stored):
        twins[place].append((number, acl, may))
    mine: dict[int, int] = {}
    others = 0
    for place, found in twins.items():
        sets = [members[acl] for _, acl, _ in found]
        if not all(sets) or covered(frozenset().union(*sets)):
            continue
        own = [number for number, _, may in found if may]
        mine.update({place: own[0]} if own else {})
        others += not own
    return Unshared(mine, others)


def share_twins(db: Database, viewer: Viewer, numbers: Sequence[int], groups: Sequence[int]) -> None:
    """Let more groups (none: everybody) see stored points of these ``photometry_id``."""
    names = db.access.group_names(groups) or [EVERYBODY]
    for start in range(0, len(numbers), _AT_A_TIME):
        some = list(numbers[start : start + _AT_A_TIME])
        share_photometry(db, viewer, Sharing(photometry_ids=some, groups=names, keep=True))


def _same(db: Database, viewer: Viewer, new: pa.Table, stored: pa.Table) -> list[tuple[int, int, int, bool]]:
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.register("skyhub_new", new.append_column("place", pa.array(np.arange(len(new)))))
        connection.register("skyhub_stored", stored.append_column("editable", pa.array(editable(db, viewer, stored))))
        found = connection.execute(f"SELECT n.place, s.photometry_id, s.acl, s.editable {SAME} ORDER BY ALL")
        rows: list[tuple[int, int, int, bool]] = found.fetchall()
        return rows
