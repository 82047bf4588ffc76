"""Trials: before a version of a filter goes live it is run over reference nights, and the result is kept."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from skyhub.candidates._dry_run import Outcome, run_over
from skyhub.candidates._filter_book import filter_versions
from skyhub.candidates._filter_rights import audience_of, require_writer
from skyhub.candidates._filters import Filter
from skyhub.db import Database, Transaction, Viewer, json_value
from skyhub.errors import InvalidInput

__all__ = ["filter_trials", "newest_trial", "try_filter"]

_TRIALS = "SELECT * FROM @filter_trials WHERE filter_id = ? ORDER BY filter_trial_id"
_OF_LIST = "SELECT DISTINCT object_id FROM @list_entries WHERE list_name = ?"
_MOST_KNOWN = 10_000
_COPIED = ("n_alerts", "n_passed", "n_faults", "live_n_passed", "cost_ms", "added", "removed")


def try_filter(
    db: Database,
    viewer: Viewer,
    filter_id: int,
    version: int | None = None,
    nights: Sequence[date] = (),
    known_objects: Sequence[str] = (),
    list_name: str | None = None,
) -> dict[str, Any]:
    """Run a version over reference nights, on the alerts that all members of its group may see, and keep the result.

    Parameters
    ----------
    db, viewer
        The database, and who asks: one who may write filters of the group.
    filter_id, version
        Which version; the newest by default.
    nights
        The reference nights; the three newest with alerts by default.
    known_objects, list_name
        Objects that the filter should find, by name, and those of a list that the viewer sees.

    Returns
    -------
    dict
        The trial, as `filter_trials` gives it.

    Raises
    ------
    NotFound, PermissionRefused
        If the viewer may not see the filter, or not write it.
    InvalidInput
        If there is no such list, or the version fails on all alerts of a night; the cut is named.
    """
    viewer.require("save")
    known = filter_versions(db, viewer, filter_id)
    group_id = known.newest["group_id"]
    require_writer(db, viewer, group_id)
    tried = Filter.of_row(known.newest if version is None else known.version(version))
    in_force = known.live_at()
    live = Filter.of_row(in_force) if in_force else None
    wanted = _known_objects(db, viewer, known_objects, list_name)
    outcome = run_over(db, audience_of(db, viewer, group_id), nights, tried, live)

    def write(transaction: Transaction) -> dict[str, Any]:
        row = {
            "filter_trial_id": transaction.next_id("filter_trials", "filter_trial_id"),
            **_row(tried, live, outcome, wanted),
            "user_name": viewer.name,
            "acl": transaction.acl(groups=[] if group_id is None else [group_id]),
        }
        transaction.insert("filter_trials", [row])
        about = {"filter_id": str(filter_id), "name": tried.name, "version": tried.version}
        transaction.announce("filters", {"user": viewer.name, "action": "tried", **about}, row["acl"])
        return {**row, "known_at": transaction.now}

    return _document(db.writer.write(write))


def filter_trials(db: Database, viewer: Viewer, filter_id: int, as_of: datetime | None = None) -> list[dict[str, Any]]:
    """The trials of a filter's versions, older ones first.

    Returns
    -------
    list of dict
        ``version, live_version, nights, n_alerts, n_passed, live_n_passed, fraction, guard, within_guard, n_faults`` (alerts
        on which something could not be computed), ``cost_ms`` (per alert),
        ``recall`` (of the known objects with alerts in these nights, the fraction of which one passes; null without any)
        with the names of those ``recovered``, ``missed`` and ``absent``, and names of objects ``added`` and ``removed``
        with regard to the live version (null without one).

    Raises
    ------
    NotFound
        If there is no such filter among those that the viewer may see.
    """
    filter_versions(db, viewer, filter_id, as_of)
    return [_document(row) for row in db.reader.rows(viewer, _TRIALS, [filter_id], as_of)]


def newest_trial(db: Database, viewer: Viewer, filter_id: int, version: int) -> dict[str, Any] | None:
    """The last trial of a version."""
    found = [trial for trial in filter_trials(db, viewer, filter_id) if trial["version"] == version]
    return found[-1] if found else None


def _row(tried: Filter, live: Filter | None, outcome: Outcome, wanted: set[str]) -> dict[str, Any]:
    told = outcome.document()
    here = wanted & outcome.seen
    return {
        "filter_id": tried.filter_id,
        "version": tried.version,
        "live_version": live and live.version,
        "nights": outcome.nights,
        "guard": tried.guard,
        "within_guard": outcome.fraction is not None and outcome.fraction <= tried.guard,
        "recovered": sorted(here & outcome.passed),
        "missed": sorted(here - outcome.passed),
        "absent": sorted(wanted - here),
        **{name: told[name] for name in _COPIED},
    }


def _document(row: dict[str, Any]) -> dict[str, Any]:
    n_alerts, n_found, n_missed = row["n_alerts"], len(row["recovered"]), len(row["missed"])
    told = {name: value for name, value in row.items() if name != "acl"}
    told["fraction"] = row["n_passed"] / n_alerts if n_alerts else None
    told["recall"] = n_found / (n_found + n_missed) if n_found + n_missed else None
    document: dict[str, Any] = json_value(told)
    return document


def _known_objects(db: Database, viewer: Viewer, names: Sequence[str], list_name: str | None) -> set[str]:
    found = set(names)
    if list_name is not None:
        listed = {row["object_id"] for row in db.reader.rows(viewer, _OF_LIST, [list_name])}
        if not listed:
            raise InvalidInput(
                f"there is no list {list_name!r} with objects among those that you may see.", "list_name"
            )
        found |= listed
    if len(found) > _MOST_KNOWN:
        raise InvalidInput(f"{len(found)} known objects were given: {_MOST_KNOWN} are permitted.", "known_objects")
    return found
