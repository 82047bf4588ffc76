"""The watch over schedules: goes through the clock and the journal of changes, and asks for the runs that are due.

How far it has come is written in the transaction of the runs that it asks for, and each run has the key of its occasion:
whatever breaks, none is lost and none is asked for twice.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from skyhub.candidates import Mark, OwnersBook, marks_behind, put_behind
from skyhub.db import ADMINISTRATOR, Database, Transaction, Viewer
from skyhub.errors import SkyhubError
from skyhub.reports import find_template, run_row, stored_run
from skyhub.schedules._occasions import Occasion, Span, occasions
from skyhub.schedules._schedules import SCHEDULES, ReportSchedule, told_parameters

__all__ = ["MISSED_AFTER", "watch_schedules"]

_log = logging.getLogger(__name__)

MISSED_AFTER = timedelta(minutes=10)
"""A run that was not asked for so long after its time was missed: its schedule says whether it follows."""
_WATCH = "schedules"
_IDLE = timedelta(minutes=2)
_IDLE_STEP = 500
"""How much time and how many changes that concern nobody are passed before it is noted that they were."""
_LARGEST_STEP = 5000

_SCHEDULES = """
    SELECT s.*, f.since FROM @schedules AS s
        JOIN (SELECT schedule_id, min(known_at) AS since FROM @schedules* GROUP BY schedule_id) AS f USING (schedule_id)
    WHERE s.active ORDER BY schedule_id
"""
_MARK = "SELECT seq, looked_at FROM {}schedule_marks ORDER BY known_at DESC, looked_at DESC LIMIT 1"
_KNOWN = "SELECT schedule_key FROM {}report_runs WHERE schedule_key IN (SELECT unnest(?::VARCHAR[]))"


@dataclass(frozen=True)
class _Due:
    """A run to ask for: its row, its state, and why it will not be executed if it will not."""

    row: dict[str, Any]
    state: str = "queued"
    detail: str = ""


def watch_schedules(db: Database, now: datetime) -> list[str]:
    """Ask for the runs of schedules whose triggers went off since the last time.

    Parameters
    ----------
    db
        The database.
    now
        The time (UTC).

    Returns
    -------
    list of str
        Identifiers of the runs; also of those that were missed and do not follow, or that cannot be executed, whose
        state says so. For owners whose rights cannot be known now it is looked at again, when they can be.
    """
    mark = _mark(db.reader.rows(ADMINISTRATOR, _MARK.format("@")))
    rows = db.reader.rows(ADMINISTRATOR, _SCHEDULES)
    seq, after = mark or (0 if rows else db.version(), min((_since(row) for row in rows), default=now))
    version = db.version()
    span = Span(after, max(now, after), seq, min(version, seq + _LARGEST_STEP))
    owners = db.part(OwnersBook).known(row["author"] for row in rows)
    before, behind, due = marks_behind(db, _WATCH), dict[str, Mark](), list[_Due]()
    for row in rows:
        begin = before.get(row["author"], Mark(seq, after))
        if row["author"] not in owners:
            behind[row["author"]] = begin
            continue
        own = Span(begin.looked_at or after, span.until, begin.seq, min(version, begin.seq + _LARGEST_STEP))
        if own.last_seq < span.last_seq:
            behind[row["author"]] = Mark(own.last_seq, own.until)
        due += _of_schedule(db, owners[row["author"]], row, own)
    idle = span.until - span.after < _IDLE and span.last_seq - span.seq < _IDLE_STEP
    if mark is not None and idle and not due and before == behind:
        return []

    def write(transaction: Transaction) -> list[str]:
        if _mark(transaction.rows(_MARK.format(""))) != mark or not put_behind(transaction, _WATCH, before, behind):
            return []  # another watch was here
        return _write(transaction, span, due)

    return db.writer.write(write)


def _of_schedule(db: Database, owner: Viewer | None, row: Mapping[str, Any], span: Span) -> list[_Due]:
    schedule: ReportSchedule = SCHEDULES.record(row)
    if owner is None:
        return []
    try:
        found = occasions(db, owner, schedule, _since(row), span)
    except SkyhubError as error:  # the telescope is gone, or no longer the owner's to see
        _log.warning("the schedule %s of %s cannot be followed: %s", schedule.name, row["author"], error.message)
        return []
    keyed = {f"schedules/{row['schedule_id']}/{one.key}": one for one in reversed(found)}
    known = (
        {r["schedule_key"] for r in db.reader.rows(ADMINISTRATOR, _KNOWN.format("@"), [list(keyed)])}
        if keyed
        else set()
    )
    new = [(key, one) for key, one in reversed(keyed.items()) if key not in known]
    follow = _followed(schedule, [one for _, one in new], span.until)
    return [_due(db, owner, row, schedule, key, one, follow=one in follow) for key, one in new]


def _followed(schedule: ReportSchedule, found: Sequence[Occasion], now: datetime) -> list[Occasion]:
    """Those that are run: all that come in time, and of the missed ones as many as the schedule says."""
    missed = [one for one in found if now - one.at > MISSED_AFTER]
    in_time = [one for one in found if one not in missed]
    if schedule.catch_up == "all":
        return list(found)
    latest = schedule.catch_up == "latest" and not in_time
    return in_time or ([max(missed, key=lambda one: one.at)] if latest and missed else [])


def _due(
    db: Database,
    owner: Viewer,
    row: Mapping[str, Any],
    schedule: ReportSchedule,
    key: str,
    occasion: Occasion,
    *,
    follow: bool,
) -> _Due:
    groups = None if schedule.for_group is None else [schedule.for_group]
    own = {
        "schedule_id": row["schedule_id"],
        "schedule_key": key,
        "due_at": occasion.at.astimezone(UTC).replace(tzinfo=None),
        "retries": schedule.retries,
    }
    try:
        if groups and not (owner.administers or set(groups) <= owner.groups):
            raise SkyhubError(f"{owner.name} is not in the group {schedule.for_group} any more.")
        template = find_template(db, owner, schedule.report)
        given = told_parameters(template, schedule, occasion.told)
        run = {**run_row(db, owner, template, given, groups, occasion.at), **own}
    except SkyhubError as error:
        empty = {"name": schedule.report, "parameters": "{}", "requested_by": owner.name, "acl": row["acl"]}
        return _Due({**empty, "rights": [], "rights_streams": [], **own}, "failed", error.message)
    run["timeout"] = schedule.timeout or run["timeout"]
    return (
        _Due(run)
        if follow
        else _Due(run, "missed", f"nothing ran for {MISSED_AFTER.seconds // 60} minutes after its time")
    )


def _write(transaction: Transaction, span: Span, due: Iterable[_Due]) -> list[str]:
    looked_at = span.until.astimezone(UTC).replace(tzinfo=None)
    transaction.insert("schedule_marks", [{"seq": span.last_seq, "looked_at": looked_at}])
    return [stored_run(transaction, run.row, run.state, run.detail) for run in due]


def _since(row: Mapping[str, Any]) -> datetime:
    since: datetime = row["since"]
    return since.replace(tzinfo=UTC)


def _mark(rows: Sequence[Mapping[str, Any]]) -> tuple[int, datetime] | None:
    return (rows[0]["seq"], rows[0]["looked_at"].replace(tzinfo=UTC)) if rows else None
