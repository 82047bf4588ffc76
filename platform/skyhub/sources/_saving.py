"""Sources: objects that groups keep an eye on. They are saved by scanners' decisions, or directly."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from concurrent.futures import Future
from datetime import datetime
from functools import partial
from typing import Any

from skyhub.candidates import DecisionBook, Place, Standing, saved_documents, write_decision
from skyhub.db import Database, Known, Stale, Transaction, Viewer, settled
from skyhub.errors import InvalidInput, PermissionRefused
from skyhub.objects import ensure_object
from skyhub.records import chosen_groups, groups_about, require_objects, seen_through

__all__ = ["groups_that_saved", "save_source", "unsave_source"]


def save_source(
    db: Database,
    viewer: Viewer,
    object_id: str,
    groups: Sequence[str] | None = None,
    ra: float | None = None,
    dec: float | None = None,
) -> dict[str, Any]:
    """Save an object as a source of groups; it stays one until it is taken off.

    Parameters
    ----------
    db, viewer, object_id
        The database, who saves, and what.
    groups
        Some of the viewer's groups; by default those through which the viewer sees the object, all if everybody does.
    ra, dec
        Position (ICRS, deg) of an object that is not known yet; this needs the scope ``upload``.

    Returns
    -------
    dict
        ``{"object_id", "saved": [{"group", "saved_by", "saved_at"}], "changed": [group, …]}``.

    Raises
    ------
    NotFound
        If there is no such object among those that the viewer may see, and no position is given.
    PermissionRefused
        If the viewer may not save, or not for one of the groups.
    """
    viewer.require("save")
    if ra is not None or dec is not None:
        ensure_object(db, viewer, object_id, ra, dec, groups)
    return _write(db, viewer, object_id, groups, "save")


def unsave_source(db: Database, viewer: Viewer, object_id: str, groups: Sequence[str] | None = None) -> dict[str, Any]:
    """Take an object off the sources of groups (all of the viewer's by default), whoever saved it; its history stays."""
    viewer.require("save")
    return _write(db, viewer, object_id, groups, "unsave")


def groups_that_saved(
    db: Database, viewer: Viewer, object_id: str, as_of: datetime | None = None
) -> list[dict[str, Any]]:
    """The groups that have an object as a source, who saved it for each, and when."""
    return saved_documents(db, viewer, [object_id], as_of)[object_id]


def _write(db: Database, viewer: Viewer, object_id: str, names: Sequence[str] | None, verdict: str) -> dict[str, Any]:
    require_objects(db, viewer, {object_id})
    by_default = names is None and verdict == "save"
    numbers = set(groups_about(db, viewer, [object_id])[object_id] if by_default else chosen_groups(db, viewer, names))
    refused = numbers - db.access.savable(viewer)
    if refused and (names is not None or refused == numbers):
        raise PermissionRefused(
            f"{viewer.name} may not {verdict} for {', '.join(db.access.group_names(refused))}: its savers may.",
            "groups",
        )
    numbers -= refused
    if not numbers:
        raise InvalidInput("a source belongs to groups: name some of yours.", "groups")
    book = db.part(DecisionBook)
    _, streams = seen_through(db, viewer, object_id)

    def attempt() -> Future[list[int]]:
        place = Place(object_id, db.reader.injections.of(viewer, object_id))
        seen = book.standing.get(place)
        return db.writer.submit(partial(_decide, db, viewer, place, numbers, sorted(streams), verdict, seen))

    changed = settled(attempt)
    saved = groups_that_saved(db, viewer, object_id)
    return {"object_id": object_id, "saved": saved, "changed": db.access.group_names(changed)}


def _decide(
    db: Database,
    viewer: Viewer,
    place: Place,
    numbers: set[int],
    streams: Sequence[int],
    verdict: str,
    seen: Known[Standing],
    transaction: Transaction,
) -> list[int]:
    """Write the decision; the groups for which it changes something."""
    book, (object_id, injection_id) = db.part(DecisionBook), place
    known = book.standing.latest(transaction, place, seen)
    if known is None or injection_id != db.reader.injections.of(viewer, object_id):
        raise Stale
    saved = known.value.saved
    groups = sorted(numbers - saved.keys() if verdict == "save" else numbers & saved.keys())
    if not groups:
        return []
    acl = transaction.acl(groups, streams)
    row = {
        "decision_id": transaction.next_id("decisions", "decision_id"),
        "idempotency_key": uuid.uuid4().hex,
        "object_id": object_id,
        "candidate_id": None,
        "user_name": viewer.name,
        "verdict": verdict,
        "group_ids": groups,
        "undoes": None,
        "injection_id": injection_id,
        "acl": acl,
    }
    after = write_decision(transaction, row, known.value, streams)
    book.standing.put(transaction, place, after)
    change = {"action": f"{verdict}d", "user": viewer.name, "object_id": object_id}
    transaction.announce("sources", change, acl, injection_id)
    return groups
