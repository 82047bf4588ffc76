"""The watch over default plans: goes through the journal for localizations, and drafts the plans that are asked for.

Each draft has the key of its localization and event: none is drafted twice. How far the journal was looked at is noted after
that; nothing is sent.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from skyhub.candidates import Mark, OwnersBook, marks_behind, put_behind
from skyhub.db import ADMINISTRATOR, Database, Transaction, Viewer
from skyhub.default_plans._defaults import DEFAULT_PLANS, DefaultPlan, asked_by
from skyhub.errors import SkyhubError
from skyhub.followup import ALLOCATIONS
from skyhub.planning import PLANS, KeptPlan, draft_plan
from skyhub.records import add, current_row, find
from skyhub.schedules import Occasion, Span, localization_occasions

__all__ = ["watch_default_plans"]

_log = logging.getLogger(__name__)
_WATCH = "default_plans"
_LARGEST_STEP = 5000
_IDLE_STEP = 500
"""How many changes that concern nobody are passed before it is noted that they were."""
_LATE = timedelta(hours=24)
"""After so long nothing is drafted any more."""

_DEFAULTS = """
    SELECT d.*, f.since FROM @default_plans AS d
        JOIN (SELECT default_plan_id, min(known_at) AS since FROM @default_plans* GROUP BY default_plan_id) AS f
        USING (default_plan_id)
    WHERE d.active ORDER BY default_plan_id
"""
_MARK = "SELECT max(seq) AS seq FROM @default_plan_marks"
_KNOWN = "SELECT key FROM @default_plan_drafts WHERE default_plan_id = ?"


def watch_default_plans(db: Database, now: datetime) -> list[int]:
    """Draft the plans of localizations that have come since the last time.

    Parameters
    ----------
    db
        The database.
    now
        The time (UTC): plans begin then.

    Returns
    -------
    list of int
        Numbers of the plans. What could not be drafted is noted with its reason.

    For owners whose rights cannot be known now it is looked at again, when they can be.
    """
    rows = db.reader.rows(ADMINISTRATOR, _DEFAULTS)
    if not rows:
        return []
    seq, version = db.reader.rows(ADMINISTRATOR, _MARK)[0]["seq"] or 0, db.version()
    last = min(version, seq + _LARGEST_STEP)
    owners = db.part(OwnersBook).known(row["author"] for row in rows)
    before, after = marks_behind(db, _WATCH), dict[str, Mark]()
    noted: list[int | None] = []
    for row in rows:
        name = row["author"]
        begin = before.get(name, Mark(seq)).seq
        span = Span(now, now, begin, min(version, begin + _LARGEST_STEP) if name in owners else begin)
        if span.last_seq < last:
            after[name] = Mark(span.last_seq)
        noted += _of_default(db, owners.get(name), row, span, now)

    def write(transaction: Transaction) -> None:
        if put_behind(transaction, _WATCH, before, after):  # else another watch was here
            transaction.insert("default_plan_marks", [{"seq": last}])

    if noted or last - seq >= _IDLE_STEP or before != after:
        db.writer.write(write)
    return [plan for plan in noted if plan is not None]


def _of_default(
    db: Database, owner: Viewer | None, row: Mapping[str, Any], span: Span, now: datetime
) -> list[int | None]:
    """The plans of one default plan; None for each that could not be drafted."""
    if owner is None:
        return []
    default: DefaultPlan = DEFAULT_PLANS.record(row)
    since = row["since"].replace(tzinfo=UTC)
    found = {one.key: one for one in localization_occasions(db, owner, default.conditions, since, span)}
    known = db.reader.rows(ADMINISTRATOR, _KNOWN, [row["default_plan_id"]]) if found else []
    for entry in known:
        found.pop(entry["key"], None)
    return [_drafted(db, owner, row, default, one, now) for one in found.values()]


def _drafted(
    db: Database, owner: Viewer, row: Mapping[str, Any], default: DefaultPlan, occasion: Occasion, now: datetime
) -> int | None:
    """Draft a plan, keep it and note it; the number of the plan."""
    localization_id = int(occasion.key.split("/")[1])
    plan_id: int | None = None
    note: dict[str, Any] = {
        "default_plan_id": row["default_plan_id"], "key": occasion.key, "event": occasion.told["event"],
        "localization_id": localization_id, "state": "drafted", "detail": "", "acl": row["acl"],
    }  # fmt: skip
    try:
        if now - occasion.at > _LATE:
            note |= {"state": "missed", "detail": f"nothing ran for {_LATE.days * 24} hours after it had come"}
        else:
            plan_id = _kept(db, owner, default, occasion, localization_id, now)
    except SkyhubError as error:
        _log.info("no plan of %s for localization %s: %s", default.name, localization_id, error.message)
        note |= {"state": "failed", "detail": error.message}
    db.writer.write(lambda transaction: transaction.insert("default_plan_drafts", [{**note, "plan_id": plan_id}]))
    return plan_id


def _kept(
    db: Database, owner: Viewer, default: DefaultPlan, occasion: Occasion, localization_id: int, now: datetime
) -> int:
    """The plan of a localization: one that was kept before this ended, or a new one."""
    name = f"{default.name}: {occasion.told['event']}, localization {localization_id}"
    before = find(db, owner, PLANS, {"name": name, "author": owner.name})
    if before:
        return int(before[0]["plan_id"])
    allocation = current_row(db, owner, ALLOCATIONS, default.allocation_id)
    document = draft_plan(db, owner, asked_by(default, allocation, localization_id, now))
    fields = {key: value for key, value in document.items() if key in KeptPlan.model_fields}
    groups = None if default.for_group is None else [default.for_group]
    return int(add(db, owner, PLANS, [{**fields, "name": name}], groups)["records"][0]["plan_id"])
