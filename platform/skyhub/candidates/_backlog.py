"""Running live filters in Python over alerts that are stored: each goes on where it stopped, whatever happened to it."""

from __future__ import annotations

import threading
import time
from concurrent.futures import Future
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple

import pyarrow as pa

from skyhub.candidates._faults import failures_of
from skyhub.candidates._filter_book import Versions, known_filters
from skyhub.candidates._filters import Filter
from skyhub.candidates._functions import BATCH
from skyhub.candidates._owners import Owners, OwnersBook
from skyhub.candidates._passing import judged
from skyhub.candidates._results import Judged, results_of
from skyhub.context import AT_ALERT
from skyhub.db import ADMINISTRATOR, Database, Memory, Stale, Transaction, already, settled

__all__ = ["failing", "run_functions"]

_POSITIONS = """
    SELECT filter_id, max((last_known_at, last_candid)) AS last FROM @filter_runs GROUP BY filter_id
"""
_NEXT = f"""
    SELECT * FROM {AT_ALERT} WHERE survey = ? AND known_at >= ? AND (known_at > ? OR candid > ?)
    ORDER BY known_at, candid LIMIT ?
"""


class _Position(NamedTuple):
    """The last alert that a filter has looked at."""

    known_at: datetime
    candid: int


class _Book:
    def __init__(self, db: Database) -> None:
        self.lock = threading.Lock()

        def load(_: str) -> dict[int, _Position]:
            rows = db.reader.rows(ADMINISTRATOR, _POSITIONS)
            return {row["filter_id"]: _Position(*row["last"].values()) for row in rows}

        self.positions: Memory[str, dict[int, _Position]] = Memory(db.writer, "filter_runs", load)


class _Done(NamedTuple):
    n_candidates: int
    goes_on: bool


def run_functions(db: Database) -> int:
    """Run each live filter in Python over the alerts that it has not seen yet; the number of candidates.

    One that fails stops there and is told to be failing, until a version of it goes live again: then it goes on with the
    alert on which it failed. It holds up no other. Must not be called in the writer's thread.
    """
    if not any(_live_function(known) for known in known_filters(db, ADMINISTRATOR).values()):
        return 0
    with db.part(_Book).lock:
        return sum(_catch_up(db, number) for number in known_filters(db, ADMINISTRATOR))


def failing(db: Database, known: Versions, as_of: datetime | None = None) -> bool:
    """Whether a filter in Python has failed since its live version went live."""
    state = known.state_at()
    failed_at = failures_of(db, as_of).get(known.newest["filter_id"])
    live = _live_function(known)
    return bool(live and state and failed_at is not None and failed_at >= state["known_at"])


def _live_function(known: Versions) -> Filter | None:
    row = known.live_at()
    return Filter.of_row(row) if row and row["language"] == "python" else None


def _catch_up(db: Database, number: int) -> int:
    count = 0
    while True:
        done = settled(partial(_attempt, db, number))
        count += done.n_candidates
        if not done.goes_on:
            return count


def _attempt(db: Database, number: int) -> Future[_Done]:
    """Filter the next batch of alerts, if there is one."""
    commit = db.writer.commits
    known = known_filters(db, ADMINISTRATOR)[number]
    version = _live_function(known)
    if version is None or failing(db, known):
        return already(_Done(0, False))
    last = max(_since(known), db.part(_Book).positions.get("").value.get(number, _since(known)))
    alerts = db.reader.query(ADMINISTRATOR, _NEXT, [version.survey, last.known_at, *last, BATCH])
    if not len(alerts):
        return already(_Done(0, False))
    owners = db.part(OwnersBook).of([version])
    begin = time.perf_counter()
    found = judged(db, version, alerts)
    seconds = time.perf_counter() - begin
    return db.writer.submit(partial(_write, db, judged=found, seconds=seconds, owners=owners, commit=commit))


def _since(known: Versions) -> _Position:
    """Since when versions in Python have been live without a break."""
    since: Any = datetime.min
    for state in reversed(known.states):
        if not (state["active"] and known.version(state["version"])["language"] == "python"):
            break
        since = state["known_at"]
    return _Position(since, 0)


def _write(
    db: Database, transaction: Transaction, *, judged: Judged, seconds: float, owners: Owners, commit: int
) -> _Done:
    if transaction.touched_since(("filters", ""), commit):
        raise Stale
    results = results_of(transaction, db, [judged], owners)
    results.write(transaction, db)
    if isinstance(judged.verdicts, str):
        return _Done(0, False)
    transaction.insert(
        "filter_runs", [_run(transaction, judged.version, judged.alerts, len(results.candidates), seconds)]
    )
    transaction.touch(("filter_runs", ""))
    return _Done(len(results.candidates), len(judged.alerts) == BATCH)


def _run(transaction: Transaction, version: Filter, alerts: pa.Table, n_passed: int, seconds: float) -> dict[str, Any]:
    return {
        "filter_run_id": transaction.next_id("filter_runs", "filter_run_id"),
        "filter_id": version.filter_id,
        "version": version.version,
        "last_known_at": alerts["known_at"][-1].as_py(),
        "last_candid": alerts["candid"][-1].as_py(),
        "n_alerts": len(alerts),
        "n_passed": n_passed,
        "cost_ms": 1e3 * seconds / len(alerts),
        "acl": transaction.acl(groups=[] if version.group_id is None else [version.group_id]),
    }
