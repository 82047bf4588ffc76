"""Runs of persistent searches: what each finds that no earlier one for the same readers did. Nothing is ever changed."""

from __future__ import annotations

import json
import logging
from concurrent.futures import Future
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa

from skyhub.candidates import OwnersBook
from skyhub.db import ADMINISTRATOR, Database, Stale, Transaction, Viewer, already, json_rows, settled
from skyhub.errors import SkyhubError
from skyhub.records import current_row, from_fields
from skyhub.search._find import found_names
from skyhub.search._query import Search
from skyhub.search._searches import SEARCHES

__all__ = ["run_due_searches", "run_search", "search_finds", "search_runs"]

_log = logging.getLogger(__name__)

_HOUR = 16
"""Of the day (UTC) when the night's searches are due: no telescope of the ground observes a northern summer's night then."""
_CATCH_UP = timedelta(hours=12)

_KNOWN = "SELECT object_id FROM @search_finds WHERE search_id = ? AND acl = ?"
_NIGHTLY = "SELECT * FROM @searches WHERE nightly ORDER BY search_id"
_RUN_FOR = "SELECT DISTINCT search_id FROM @search_runs WHERE due_at = ?"
_FOUND = """
    SELECT object_id, min(known_at) AS found_at, min(search_run_id) AS search_run_id FROM @search_finds
    WHERE search_id = ? AND object_id IN (SELECT object_id FROM @objects)
    GROUP BY object_id HAVING (? IS NULL OR min(search_run_id) = ?) ORDER BY found_at DESC, object_id
"""
_RUNS = """
    SELECT search_run_id, version, user_name, due_at, reason, known_at AS run_at FROM @search_runs
    WHERE search_id = ? ORDER BY search_run_id DESC
"""


def run_search(db: Database, viewer: Viewer, search_id: int) -> dict[str, Any]:
    """Run a persistent search now, with the rights of who asks.

    Parameters
    ----------
    db, viewer, search_id
        The database, who asks, and which search.

    Returns
    -------
    dict
        ``search_run_id`` and the names that were ``new``: found by no earlier run for the same readers.

    Raises
    ------
    NotFound
        If the viewer may see no such search.
    InvalidInput
        If it cannot be asked for any more.
    """
    viewer.require(SEARCHES.scope)
    return _run(db, viewer, current_row(db, viewer, SEARCHES, search_id), None)


def run_due_searches(db: Database, now: datetime) -> list[dict[str, Any]]:
    """Run the nightly searches that are due and have not been run, each with the rights that its author has now.

    A run that was missed by less than twelve hours, because nothing ran, is caught up.

    Returns
    -------
    list of dict
        ``search_id`` and the number of objects that were ``new``, or the ``reason`` why it failed.
    """
    due = _due_before(now)
    if now - due > _CATCH_UP:
        return []
    moment = due.replace(tzinfo=None)
    waiting = [r for r in db.reader.rows(ADMINISTRATOR, _NIGHTLY) if not _was_run(db, r["search_id"], moment)]
    return [_run_for_author(db, row, moment) for row in waiting]


def search_runs(db: Database, viewer: Viewer, search_id: int, as_of: datetime | None = None) -> list[dict[str, Any]]:
    """When a search was run, newest first, and why runs failed. Raises `NotFound` if the viewer may not see it."""
    current_row(db, viewer, SEARCHES, search_id, as_of)
    return json_rows(db.reader.rows(viewer, _RUNS, [search_id], as_of))


def search_finds(
    db: Database, viewer: Viewer, search_id: int, run_id: int | None = None, as_of: datetime | None = None
) -> list[dict[str, Any]]:
    """What a search has found, of what the viewer may see, with the run that first did.

    Parameters
    ----------
    db, viewer, search_id
        The database, who asks, and which search.
    run_id
        Only what this run found first.
    as_of
        Only what was known at this time.

    Returns
    -------
    list of dict
        ``object_id, found_at, search_run_id``, what was found last first. Objects on which the viewer scans blindly are
        left out: whether they are found may tell what was decided.
    """
    current_row(db, viewer, SEARCHES, search_id, as_of)
    rows = db.reader.rows(viewer, _FOUND, [search_id, run_id, run_id], as_of)
    return json_rows(row for row in rows if db.reader.injections.of(viewer, row["object_id"]) is None)


def _due_before(now: datetime) -> datetime:
    due = now.astimezone(UTC).replace(hour=_HOUR, minute=0, second=0, microsecond=0)
    return due if due <= now else due - timedelta(days=1)


def _run_for_author(db: Database, row: dict[str, Any], due: datetime) -> dict[str, Any]:
    try:
        author = db.part(OwnersBook).rights(row["author"])
        if author is None:
            raise SkyhubError(f"there is no user {row['author']} any more: keep the search anew.")
        return {"search_id": str(row["search_id"]), "new": len(_run(db, author, row, due)["new"])}
    except SkyhubError as error:
        _log.warning("the search %s was not run: %s", row["name"], error)
        reason = error.message
        db.writer.write(lambda t: _write(t, row, row["author"], due, [], reason))
        return {"search_id": str(row["search_id"]), "reason": reason}


def _was_run(db: Database, search_id: int, due: datetime | None) -> bool:
    rows = db.reader.rows(ADMINISTRATOR, _RUN_FOR, [due]) if due is not None else []
    return search_id in {row["search_id"] for row in rows}


def _run(db: Database, viewer: Viewer, row: dict[str, Any], due: datetime | None) -> dict[str, Any]:
    names = found_names(db, viewer, from_fields(Search, json.loads(row["conditions"]), "conditions"))
    key = ("search_runs", row["search_id"])

    def attempt() -> Future[dict[str, Any]]:
        commit = db.writer.commits
        if _was_run(db, row["search_id"], due):
            return already({"search_run_id": None, "new": []})
        known = db.reader.query(ADMINISTRATOR, _KNOWN, [row["search_id"], row["acl"]])["object_id"].to_pylist()
        new = sorted(set(names).difference(known))

        def write(transaction: Transaction) -> dict[str, Any]:
            if transaction.touched_since(key, commit):
                raise Stale
            transaction.touch(key)
            return _write(transaction, row, viewer.name, due, new, None)

        return db.writer.submit(write)

    return settled(attempt)


def _write(
    transaction: Transaction,
    row: dict[str, Any],
    user_name: str,
    due: datetime | None,
    new: list[str],
    reason: str | None,
) -> dict[str, Any]:
    number = transaction.next_id("search_runs", "search_run_id")
    told = {"search_run_id": number, "search_id": row["search_id"]}
    run = {
        **told,
        "version": row["version"],
        "user_name": user_name,
        "due_at": due,
        "reason": reason,
        "acl": row["acl"],
    }
    transaction.insert("search_runs", [run])
    n = len(new)
    finds = {name: pa.array([value] * n, pa.int64()) for name, value in told.items()}
    transaction.insert(
        "search_finds",
        pa.table({**finds, "object_id": pa.array(new, pa.string()), "acl": pa.array([row["acl"]] * n, pa.int32())}),
    )
    transaction.announce(
        "searches", {"action": "run", "user": user_name, "search_id": str(row["search_id"])}, row["acl"]
    )
    return {"search_run_id": str(number), "new": new}
