"""Noting what filters compute of what passes: annotations of the object, with the filter as their origin."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from skyhub.candidates._filters import Filter
from skyhub.candidates._owners import owner_name
from skyhub.db import Transaction
from skyhub.notes import ANNOTATIONS, Annotation
from skyhub.records import touch

__all__ = ["plan_annotations", "write_annotations"]

_KNOWN = """
    SELECT * FROM annotations
    WHERE object_id IN (SELECT unnest(?)) AND origin IN (SELECT unnest(?)) AND about_table IS NULL AND known_until IS NULL
"""
_Key = tuple[str, str, int]
"""Object, origin and acl: who sees fewer streams keeps what was computed of these."""


def plan_annotations(
    transaction: Transaction, passed: Iterable[tuple[Filter, dict[str, Any], dict[str, Any]]]
) -> list[dict[str, Any]]:
    """New versions of annotations, of candidates and what filters have computed of them, in the order of time."""
    newest: dict[_Key, tuple[Filter, dict[str, Any]]] = {}
    for version, row, values in sorted(passed, key=lambda p: (p[1]["mjd"], p[1]["candid"])):
        if values:
            newest[row["object_id"], version.name, row["acl"]] = (version, values)
    if not newest:
        return []
    object_ids, origins, _ = map(list, map(set, zip(*newest, strict=True)))
    known = {(r["object_id"], r["origin"], r["acl"]): r for r in transaction.rows(_KNOWN, [object_ids, origins])}
    planned = [_next(key, version, values, known.get(key)) for key, (version, values) in newest.items()]
    return [row for row in planned if row is not None]


def write_annotations(transaction: Transaction, rows: list[dict[str, Any]]) -> None:
    """Write what was planned."""
    new = [row for row in rows if row["annotation_id"] is None]
    first = transaction.next_id("annotations", "annotation_id", len(new))
    for number, row in enumerate(new, start=first):
        row["annotation_id"] = number
    transaction.insert("annotations", rows)
    transaction.supersede(
        "annotations", "annotation_id", {r["annotation_id"]: r["version"] for r in rows if r["version"] > 1}
    )
    for row in rows:
        touch(transaction, ANNOTATIONS, row)
    for acl in sorted({row["acl"] for row in rows}):
        count = sum(row["acl"] == acl for row in rows)
        origins = sorted({row["origin"] for row in rows if row["acl"] == acl})
        user = next(row["edited_by"] for row in rows if row["acl"] == acl)
        transaction.announce("annotations", {"action": "added", "user": user, "count": count, "origins": origins}, acl)


def _next(key: _Key, version: Filter, values: dict[str, Any], before: dict[str, Any] | None) -> dict[str, Any] | None:
    object_id, origin, acl = key
    record = ANNOTATIONS.row(Annotation(object_id=object_id, origin=origin, data=values))
    if before is None:
        author = owner_name(version)
        own = {"annotation_id": None, "version": 1, "author": author, "edited_by": author}
        return {**record, **own, "acl": acl}
    if before["data"] == record["data"]:
        return None
    own = {"annotation_id": before["annotation_id"], "version": before["version"] + 1, "author": before["author"]}
    return {**record, **own, "edited_by": owner_name(version), "acl": acl}
