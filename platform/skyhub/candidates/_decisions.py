"""Decisions of scanners: save, reject, undo. Each is a new row; for each group the newest that was not undone is in force."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple

from skyhub.candidates._book import DecisionBook, Place, Standing, write_decision
from skyhub.candidates._decided import rows_of_decisions
from skyhub.candidates._filter_book import visible_filters
from skyhub.candidates._nights import NightBook
from skyhub.db import Database, Known, Stale, Transaction, Viewer, iso, json_value, settled
from skyhub.errors import Conflict, InvalidInput, PermissionRefused
from skyhub.records import knows_objects, seen_through

__all__ = ["VERDICTS", "current_decisions", "decide", "decides_without_looking", "deciding", "verdict_of"]

VERDICTS = ("save", "reject", "undo")
_LONGEST_KEY = 64


def current_decisions(
    db: Database, viewer: Viewer, object_ids: Sequence[str], as_of: datetime | None = None
) -> dict[str, list[dict[str, Any]]]:
    """The decisions in force on objects, oldest first: for each of the viewer's groups the newest of each scanner.

    A decision names those of the viewer's groups for which it is in force; of other groups the viewer cannot know.
    """
    rows = rows_of_decisions(db, viewer, object_ids, as_of)
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in _in_force(rows, db.access.group_ids(viewer)):
        found[row["object_id"]].append(_public(db, viewer, row))
    return found


def _in_force(rows: Sequence[dict[str, Any]], groups: set[int]) -> list[dict[str, Any]]:
    """Of decisions, oldest first, those in force for some groups, with these groups; planned as SQL it takes longer."""
    undone = {row["undoes"] for row in rows}
    newest: dict[tuple[str, str, int], int] = {}
    for place, row in enumerate(rows):
        if row["verdict"] != "undo" and row["candidate_id"] is not None and row["decision_id"] not in undone:
            for group in groups.intersection(row["group_ids"]):
                newest[row["object_id"], row["user_name"], group] = place
    chosen: dict[int, list[int]] = defaultdict(list)
    for (_, _, group), place in newest.items():
        chosen[place].append(group)
    return [{**rows[place], "group_ids": sorted(chosen[place])} for place in sorted(chosen)]


def verdict_of(viewer: Viewer, decisions: Sequence[Mapping[str, Any]]) -> str | None:
    """The verdict of a viewer's newest decision among some that are in force, oldest first."""
    mine = [decision["verdict"] for decision in decisions if decision["user"] == viewer.name]
    return mine[-1] if mine else None


def decide(
    db: Database,
    viewer: Viewer,
    key: str,
    candidate_id: int,
    verdict: str,
    groups: Sequence[str] | None = None,
) -> dict[str, Any]:
    """Save or reject the object of a candidate for groups, or undo one's last decision on it.

    Parameters
    ----------
    db, viewer
        The database, and who decides.
    key
        Chosen by the caller, unique to this decision: sent twice within a week, it is stored once.
    candidate_id
        A candidate that the viewer may see.
    verdict
        One of `VERDICTS`.
    groups
        For which of the viewer's groups; by default those whose filters let the object through, else all of them.

    Returns
    -------
    dict
        ``{"decision": …, "duplicate": bool}``.

    Raises
    ------
    PermissionRefused
        If the viewer may not scan, or not for one of the groups.
    NotFound
        If there is no such candidate among those the viewer may see.
    Conflict
        If there is nothing to undo.
    """
    return settled(deciding(db, viewer, key, candidate_id, verdict, groups))


def deciding(
    db: Database, viewer: Viewer, key: str, candidate_id: int, verdict: str, groups: Sequence[str] | None = None
) -> Callable[[], Future[dict[str, Any]]]:
    """Check what somebody wants to `decide`; each call of what is returned is an attempt to store it."""
    viewer.require("scan")
    if verdict not in VERDICTS:
        raise InvalidInput(f"verdict {verdict!r} is not known: {', '.join(VERDICTS)} are permitted.", "verdict")
    if not 1 <= len(key) <= _LONGEST_KEY:
        raise InvalidInput(f"the key has {len(key)} characters: 1 to {_LONGEST_KEY} are permitted.", "key")
    object_id, passed = _candidate(db, viewer, candidate_id)
    group_ids = _groups(db, viewer, groups, passed, verdict)
    book = db.part(DecisionBook)
    _, streams = seen_through(db, viewer, object_id)
    given = _Given(key, object_id, candidate_id, verdict, group_ids, sorted(streams))

    def attempt() -> Future[dict[str, Any]]:
        place = Place(object_id, db.reader.injections.of(viewer, object_id))
        seen = _Seen(place, book.standing.get(place), book.sent.get(viewer.name))
        return db.writer.submit(partial(_write, db, viewer=viewer, given=given, book=book, seen=seen))

    return attempt


def decides_without_looking(db: Database, viewer: Viewer, candidate_id: int) -> bool:
    """Whether all that a first attempt to decide on a candidate depends on is in memory."""
    found, book = db.part(NightBook).held([candidate_id]).get(candidate_id), db.part(DecisionBook)
    if found is None or not book.sent.holds(viewer.name):
        return False
    night, row = found
    object_id = night.rows["object_id"][row].as_py()
    place = Place(object_id, db.reader.injections.of(viewer, object_id))
    return book.standing.holds(place) and knows_objects(db, viewer, {object_id})


class _Given(NamedTuple):
    """What a scanner asks for."""

    key: str
    object_id: str
    candidate_id: int
    verdict: str
    group_ids: list[int]
    streams: list[int]
    """Of the object: who is not entitled to them does not hear of the decision."""


class _Seen(NamedTuple):
    """What it is based on."""

    place: Place
    standing: Known[Standing]
    sent: Known[dict[str, dict[str, Any]]]


def _write(
    db: Database, transaction: Transaction, *, viewer: Viewer, given: _Given, book: DecisionBook, seen: _Seen
) -> dict[str, Any]:
    standing = book.standing.latest(transaction, seen.place, seen.standing)
    sent = book.sent.latest(transaction, viewer.name, seen.sent)
    moved = seen.place.injection_id != db.reader.injections.of(viewer, given.object_id)
    if standing is None or sent is None or moved:
        raise Stale
    if given.key in sent.value:
        return {"decision": _repeated(db, viewer, sent.value[given.key], given), "duplicate": True}
    row = _row(db, transaction, viewer, given, standing.value)
    row["injection_id"] = seen.place.injection_id
    after = write_decision(transaction, row, standing.value, given.streams)
    book.standing.put(transaction, seen.place, after)
    stored = {**row, "known_at": transaction.now}
    book.sent.put(transaction, viewer.name, sent.value)
    transaction.afterwards(lambda: sent.value.__setitem__(given.key, stored))
    decision = {**_public(db, viewer, stored), "candidate_id": str(given.candidate_id), "object_id": given.object_id}
    announced = db.access.group_names(set(row["group_ids"]) - db.access.private)
    transaction.announce("decision", {**decision, "groups": announced}, row["acl"], row["injection_id"])
    return {"decision": decision, "duplicate": False}


def _row(db: Database, transaction: Transaction, viewer: Viewer, given: _Given, standing: Standing) -> dict[str, Any]:
    """The decision as a row of its table; an undone one's groups, of which the viewer is in some, hear of it."""
    undone = None
    if given.verdict == "undo":
        groups = db.access.group_ids(viewer)
        own = [d for d in standing.decisions if d["user_name"] == viewer.name and d["candidate_id"] is not None]
        mine = [d for d in own if groups.intersection(d["group_ids"])]
        undone = mine[-1] if mine else None
        if undone is None:
            raise Conflict(f"{viewer.name} has no decision on {given.object_id} to undo.", given.object_id)
    group_ids = undone["group_ids"] if undone else given.group_ids
    return {
        "decision_id": transaction.next_id("decisions", "decision_id"),
        "idempotency_key": given.key,
        "object_id": given.object_id,
        "candidate_id": given.candidate_id,
        "user_name": viewer.name,
        "verdict": given.verdict,
        "group_ids": group_ids,
        "undoes": undone["decision_id"] if undone else None,
        "acl": transaction.acl(group_ids, given.streams),
    }


def _repeated(db: Database, viewer: Viewer, sent: dict[str, Any], given: _Given) -> dict[str, Any]:
    """The decision that was stored under a key; another one under the same key is a mistake of the caller."""
    if (sent["candidate_id"], sent["verdict"]) != (given.candidate_id, given.verdict):
        raise Conflict(
            f"the key {given.key!r} was used to {sent['verdict']} candidate {sent['candidate_id']}: "
            "give each decision its own.",
            "key",
        )
    return {**_public(db, viewer, sent), "candidate_id": str(given.candidate_id), "object_id": sent["object_id"]}


def _candidate(db: Database, viewer: Viewer, candidate_id: int) -> tuple[str, set[int]]:
    """The object of a candidate, and the groups whose filters let it through that night."""
    night, place = db.part(NightBook).seen(viewer, candidate_id)
    filters = visible_filters(db, viewer)
    passed = night.filters[night.visible(viewer, places=night.same_object(place))].tolist()
    groups = {filters[number][1] for number in passed if number in filters}
    return night.rows["object_id"][place].as_py(), {group for group in groups if group is not None}


def _groups(db: Database, viewer: Viewer, names: Sequence[str] | None, passed: set[int], verdict: str) -> list[int]:
    mine = db.access.group_ids(viewer)
    permitted = db.access.savable(viewer) if verdict == "save" else mine
    if names is None:
        chosen = (passed & mine or mine) & permitted
    else:
        chosen = {db.access.groups.get(name, -1) for name in names}
        if not chosen <= permitted:
            shown = ", ".join(db.access.group_names(permitted)) or "none"
            raise PermissionRefused(
                f"{viewer.name} may not {verdict} for {', '.join(names)}: {shown} are permitted.", "groups"
            )
    if not chosen:
        raise PermissionRefused(
            f"{viewer.name} is in no group that could keep the decision: ask an administrator for one."
        )
    return sorted(chosen)


def _public(db: Database, viewer: Viewer, row: dict[str, Any]) -> dict[str, Any]:
    return {
        "decision_id": json_value(row["decision_id"], identifier=True),
        "user": row["user_name"],
        "verdict": row["verdict"],
        "groups": db.access.names_known_to(viewer, row["group_ids"]),
        "decided_at": iso(row["known_at"]),
    }
