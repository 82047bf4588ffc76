"""Writing records: added, edited, removed, shared. A correction is a new version; what was known before stays.

What a change depends on is looked up before it is handed to the writer. If that was touched in the meantime, the writer
takes nothing of it, and it is looked up again.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import Future
from typing import Any, TypeVar

from skyhub.db import PERSONAL, Database, Stale, Transaction, Viewer, already, settled
from skyhub.errors import Conflict, InvalidInput
from skyhub.records._access import chosen_groups, knows_objects, require_objects
from skyhub.records._audience import audiences, bounds_of, require_within
from skyhub.records._kind import Kind
from skyhub.records._plan import (
    Planned,
    announce,
    journal_of,
    key_of,
    known_by_key,
    named,
    new_version,
    plan,
    require_editor_of,
    require_fresh,
    require_open,
    store,
    told,
    touch,
    versions_of,
)
from skyhub.records._read import current_row
from skyhub.records._record import Record, check

__all__ = ["add", "adding", "adds_without_looking", "amend", "edit", "remove", "share"]

R = TypeVar("R", bound=Record)
T = TypeVar("T")

_MOST_AT_ONCE = 10_000


def add(
    db: Database,
    viewer: Viewer,
    kind: Kind[R],
    records: Sequence[R | Mapping[str, Any]],
    groups: Sequence[str] | None = None,
    *,
    revise: bool = False,
    dry_run: bool = False,
    made_from: Collection[int] = (),
) -> dict[str, Any]:
    """Add records of a kind, all or none of them.

    Parameters
    ----------
    db, viewer, kind
        The database, who writes, and what.
    records
        The records, or their fields; at most 10,000.
    groups
        Who shall see them: some of the viewer's groups, or ``public``; by default those of the viewer's groups that see
        what each is about. The streams of that are needed in any case.
    revise
        Whether a record whose key is there already becomes a new version of that one; else it is refused.
    dry_run
        Only say what would be stored.
    made_from
        The acls of rows that they were computed from: only who sees all of those sees them.

    Returns
    -------
    dict
        ``{"added", "revised", "unchanged", "records"}``: counts, and the documents as they are (or would be) stored.

    Raises
    ------
    InvalidInput
        If one of them cannot be used; then none is stored.
    PermissionRefused
        If the viewer may not write such records, or not for these groups.
    NotFound
        If one is about an object that the viewer may not see.
    Conflict
        If there is one of the same key and `revise` is not set.
    """
    return settled(adding(db, viewer, kind, records, groups, revise=revise, dry_run=dry_run, made_from=made_from))


def adding(
    db: Database,
    viewer: Viewer,
    kind: Kind[R],
    records: Sequence[R | Mapping[str, Any]],
    groups: Sequence[str] | None = None,
    *,
    revise: bool = False,
    dry_run: bool = False,
    made_from: Collection[int] = (),
) -> Callable[[], Future[dict[str, Any]]]:
    """Check what somebody wants to `add`; each call of what is returned is an attempt to store it."""
    viewer.require(kind.scope)
    if not 1 <= len(records) <= _MOST_AT_ONCE:
        raise InvalidInput(
            f"{len(records)} records were given: 1 to {_MOST_AT_ONCE} at a time are permitted.", "records"
        )
    checked = [check(kind.model, given, f"record {n}" if len(records) > 1 else "") for n, given in enumerate(records)]
    _require_objects(db, viewer, kind, checked)
    if kind.prepare:
        checked = list(kind.prepare(db, viewer, checked))
    return lambda: _add(db, viewer, kind, checked, groups, revise, dry_run, made_from)


def adds_without_looking(db: Database, viewer: Viewer, kind: Kind[R], records: Sequence[Mapping[str, Any]]) -> bool:
    """Whether adding these records reads nothing from the database, and so takes no time before it is written."""
    if kind.key or (kind.sharing != "public" and not _has_place(db, viewer)):
        return False
    if kind.prepare and not (kind.instant and all(kind.instant(record) for record in records)):
        return False
    names = {str(r["object_id"]) for r in records if r.get("object_id") is not None}
    return not kind.about_object or knows_objects(db, viewer, names)


def _has_place(db: Database, viewer: Viewer) -> bool:
    """Whether there are groups already in which what the viewer writes can be kept."""
    return bool(db.access.group_ids(viewer)) or f"{PERSONAL}{viewer.name}" in db.access.groups


def edit(
    db: Database,
    viewer: Viewer,
    kind: Kind[R],
    record_id: int,
    changes: Mapping[str, Any],
    version: int | None = None,
) -> dict[str, Any]:
    """Correct fields of a record: a new version supersedes the one in force.

    Parameters
    ----------
    db, viewer, kind, record_id
        The database, who writes, and which record.
    changes
        New values of fields.
    version
        The version that the viewer has seen; if another one is in force by now, nothing is stored.

    Raises
    ------
    NotFound, PermissionRefused, InvalidInput
        If there is no such record for the viewer, somebody else may change it, or a value cannot be used.
    Conflict
        If it was edited in the meantime.
    """
    viewer.require(kind.scope)

    def work() -> Future[dict[str, Any]]:
        commit, old = _editable(db, viewer, kind, record_id)
        if version is not None and version != old["version"]:
            raise Conflict(
                f"{kind.singular} {record_id} has version {old['version']} by now, by {old['edited_by']}, not {version}: "
                "look at it again.",
                f"{kind.table}/{record_id}",
            )
        return _edit(db, viewer, kind, record_id, changes, commit, old)

    return settled(work)


def amend(
    db: Database,
    viewer: Viewer,
    kind: Kind[R],
    record_id: int,
    change: Callable[[R, Mapping[str, Any]], dict[str, Any]],
) -> dict[str, Any]:
    """Correct a record that the viewer may see, whoever wrote it, as far as a use case permits.

    Parameters
    ----------
    db, viewer, kind, record_id
        The database, who writes, and which record.
    change
        Looks at the record and its row, refuses, or says new values of fields; none leave it as it is. Called again if
        somebody else changed the record in the meantime.
    """

    def work() -> Future[dict[str, Any]]:
        commit = db.writer.commits
        old = current_row(db, viewer, kind, record_id)
        require_open(db, kind, old)
        changes = change(kind.record(old), old)
        if changes:
            return _edit(db, viewer, kind, record_id, changes, commit, old)
        return already(kind.document(db, viewer, old))

    return settled(work)


def remove(db: Database, viewer: Viewer, kind: Kind[R], record_id: int) -> dict[str, Any]:
    """Remove a record from what is known now; ``as_of`` and its history still tell of it."""
    viewer.require(kind.scope)

    def work() -> Future[dict[str, Any]]:
        commit, row = _editable(db, viewer, kind, record_id)

        def write(transaction: Transaction) -> dict[str, Any]:
            require_fresh(transaction, kind, record_id, commit)
            touch(transaction, kind, row)
            transaction.supersede(kind.table, kind.id_column, {record_id: row["version"] + 1})
            announce(transaction, viewer, kind, "removed", row)
            return {"removed": True, kind.id_column: str(record_id)}

        return db.writer.submit(write)

    return settled(work)


def share(db: Database, viewer: Viewer, kind: Kind[R], record_id: int, groups: Sequence[str]) -> dict[str, Any]:
    """Say which groups see a record from now on, in all its versions and in the journal.

    The streams of all its versions are needed from then on: an earlier one may be about another object.
    """
    viewer.require(kind.scope)
    if kind.sharing not in ("groups", "own"):
        raise InvalidInput(f"{kind.table} are {kind.sharing}: they cannot be shared otherwise.", "groups")

    def work() -> Future[dict[str, Any]]:
        commit, row = _editable(db, viewer, kind, record_id)
        before, _ = db.access.members(row["acl"])
        known = db.access.names_known_to(viewer, before)
        kept = [name for name in groups if name in known]
        new = [name for name in groups if name not in kept]
        numbers = {db.access.groups[name] for name in kept} | set(
            chosen_groups(db, viewer, new) if new or not groups else ()
        )
        if kind.made_from:
            [bounds] = bounds_of(db, viewer, kind, [kind.record(row)])
            require_within(db, viewer, bounds, frozenset(numbers))
        versions = versions_of(db, kind, record_id)
        streams = frozenset[int]().union(*(db.access.members(version["acl"])[1] for version in versions))
        journal = journal_of(db, kind.table, kind.id_column, record_id)

        def write(transaction: Transaction) -> dict[str, Any]:
            require_fresh(transaction, kind, record_id, commit)
            for version in versions:
                touch(transaction, kind, version)
            acl = transaction.acl(numbers, streams)
            for table in (kind.table, *kind.parts):
                transaction.share(table, kind.id_column, {record_id: acl})
            transaction.share("changes", "seq", dict.fromkeys(journal, acl))
            shared = {**row, "acl": acl}
            announce(transaction, viewer, kind, "shared", shared)
            return kind.document(db, viewer, shared)

        return db.writer.submit(write)

    return settled(work)


def _require_objects(db: Database, viewer: Viewer, kind: Kind[R], records: Sequence[Any]) -> None:
    if kind.about_object:
        require_objects(db, viewer, {record.object_id for record in records if record.object_id is not None})


def _add(
    db: Database,
    viewer: Viewer,
    kind: Kind[R],
    records: Sequence[R],
    groups: Sequence[str] | None,
    revise: bool,
    dry_run: bool,
    made_from: Collection[int],
) -> Future[dict[str, Any]]:
    commit = db.writer.commits
    known = known_by_key(db, viewer, kind, records, viewer.name)
    shared = list(zip(records, audiences(db, viewer, kind, records, groups, made_from), strict=True))

    def write(transaction: Transaction) -> dict[str, Any]:
        for record in records:
            _require_as_seen(transaction, kind, record, commit)
        planned = plan(db, transaction, viewer, kind, shared, known, revise)
        if not dry_run:
            store(transaction, viewer, kind, planned)
        counts = {action: sum(p.action == action for p in planned) for action in ("added", "revised", "unchanged")}
        return {**counts, "records": [told(db, transaction, viewer, kind, p) for p in planned]}

    return db.writer.submit(write)


def _require_as_seen(transaction: Transaction, kind: Kind[R], record: R, commit: int) -> None:
    """Raise `Stale` if a record of the same key, or the record that it is about, may have changed after a commit."""
    if kind.key:
        require_fresh(transaction, kind, key_of(kind, record), commit)
    subject = kind.about(record) if kind.about else None
    if subject and transaction.touched_since(subject, commit):
        raise Stale


def _edit(
    db: Database,
    viewer: Viewer,
    kind: Kind[R],
    record_id: int,
    changes: Mapping[str, Any],
    commit: int,
    old: dict[str, Any],
) -> Future[dict[str, Any]]:
    before = kind.record(old)
    record = check(kind.model, {**before.model_dump(include=set(kind.model.model_fields)), **changes})
    _require_objects(db, viewer, kind, [record])
    if kind.prepare:
        [record] = kind.prepare(db, viewer, [record])
    [bounds] = bounds_of(db, viewer, kind, [record])
    if kind.made_from:
        require_within(db, viewer, bounds, db.access.members(old["acl"])[0])
    taken = known_by_key(db, viewer, kind, [record], old["author"]).values()
    if any(row[kind.id_column] != record_id for row in taken):
        raise Conflict(f"{named(kind, record)} is there already.", kind.key[0])

    def write(transaction: Transaction) -> dict[str, Any]:
        require_fresh(transaction, kind, record_id, commit)
        _require_as_seen(transaction, kind, record, commit)
        new = new_version(db, transaction, viewer, kind, record, bounds.streams, old)
        store(transaction, viewer, kind, [Planned("revised", new, old)])
        return kind.document(db, viewer, {**new, "known_at": transaction.now})

    return db.writer.submit(write)


def _editable(db: Database, viewer: Viewer, kind: Kind[R], record_id: int) -> tuple[int, dict[str, Any]]:
    """The row in force of a record that the viewer may change, and the commit after which it was read."""
    commit = db.writer.commits
    row = current_row(db, viewer, kind, record_id)
    require_editor_of(db, viewer, kind, row)
    return commit, row
