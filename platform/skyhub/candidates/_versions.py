"""Proposing versions of filters, taking them live and off: each step is a fact with its author."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from skyhub.candidates._backlog import failing, run_functions
from skyhub.candidates._filter_book import filter_record, filter_versions, filters_changed, known_filters
from skyhub.candidates._filter_rights import group_to_write_for, leads, require_writer
from skyhub.candidates._filters import GUARD, Filter, Language
from skyhub.candidates._requirements import autosave_groups, require_filter, require_survey
from skyhub.candidates._source import packages
from skyhub.candidates._trials import newest_trial
from skyhub.db import ADMINISTRATOR, Database, Transaction, Viewer
from skyhub.errors import Conflict, InvalidInput, PermissionRefused

__all__ = ["activate_filter", "add_filter", "deactivate_filter", "propose_filter"]

_NEWEST = """
    SELECT * FROM filters WHERE name = ? AND group_id IS NOT DISTINCT FROM ?
    QUALIFY row_number() OVER (PARTITION BY filter_id ORDER BY version DESC) = 1
"""
_LONGEST_NAME = 100
_LONGEST_REASON = 4000


def add_filter(
    db: Database,
    name: str,
    expression: str,
    group: str | None,
    survey: str = "ZTF",
    *,
    annotations: Mapping[str, str] | None = None,
    autosave: Sequence[str] = (),
) -> Filter:
    """Make sure that a filter in SQL is live, as the operator does when setting a platform up.

    A group's filter of this name with another expression, or other results, gets a new version.

    Raises
    ------
    InvalidInput
        If the expression is no condition over the columns of an alert, or there is no such survey; then nothing is stored.
    """
    group_id = None if group is None else db.access.groups[group]
    saving = autosave_groups(db, ADMINISTRATOR, autosave)
    new = Filter(0, 0, name, group_id, survey, expression, annotations=annotations or {}, autosave=saving)
    require_survey(db, survey)
    for known in known_filters(db, ADMINISTRATOR).values():
        row = known.live_at()
        live = Filter.of_row(row) if row else None
        if live and (live.name, live.group_id, replace(live, guard=GUARD).does) == (name, group_id, new.does):
            return live
    require_filter(db, ADMINISTRATOR, new)

    def write(transaction: Transaction) -> Filter:
        stored, row = _numbered(transaction, new, _newest(transaction, new))
        transaction.insert("filters", [row])
        _set_state(transaction, stored, {"active": True})
        return stored

    return db.writer.write(write)


def propose_filter(
    db: Database,
    viewer: Viewer,
    name: str,
    expression: str,
    group: str | None,
    survey: str = "ZTF",
    guard: float | None = None,
    *,
    language: Language = "sql",
    annotations: Mapping[str, str] | None = None,
    autosave: Sequence[str] = (),
) -> dict[str, Any]:
    """Store a filter, or a new version of the group's filter of this name; it is not live yet.

    Parameters
    ----------
    db, viewer
        The database, and who proposes: for a group that the viewer may save for; without one, administrators of the
        platform.
    name
        The name, one for each filter of a group.
    expression
        An SQL condition on one alert, or the source of a function of a batch of alerts.
    group
        Whose filter it is; None for everybody's.
    survey
        On whose alerts; it never changes.
    guard
        The greatest fraction of alerts that may pass, 0 to 1; that of the version before by default, 0.05 at first. Those
        who administer the group may raise it.
    language
        ``sql`` or ``python``: of the expression.
    annotations
        Expressions in SQL by key: their values are noted of the object of an alert that passes. Functions return their own.
    autosave
        Groups for which the object of an alert that passes is saved, if the viewer may do that then.

    Returns
    -------
    dict
        The filter as `filter_record` gives it. A version that equals the newest one is not stored again.

    Raises
    ------
    InvalidInput
        If the expression is no condition on one alert alone, or a value is out of range; then nothing is stored.
    PermissionRefused
        If the viewer may not save for the group, or one of those to save for, or not raise the guard.
    """
    group_id = group_to_write_for(db, viewer, group)
    if not 1 <= len(name.strip()) <= _LONGEST_NAME or name != name.strip() or name.isdecimal():
        raise InvalidInput(
            f"{name[:_LONGEST_NAME]!r} is no name for a filter: 1 to {_LONGEST_NAME} characters, not all digits, are permitted.",
            "name",
        )
    new = Filter(
        *(0, 0, name, group_id, survey, expression, _guard(db, viewer, name, group_id, guard), viewer.name, language),
        annotations=annotations or {},
        autosave=autosave_groups(db, viewer, autosave),
        packages=packages() if language == "python" else {},
    )
    require_filter(db, viewer, new)
    return filter_record(db, viewer, db.writer.write(lambda transaction: _propose(transaction, new)))


def activate_filter(
    db: Database, viewer: Viewer, filter_id: int, version: int, reason: str | None = None
) -> dict[str, Any]:
    """Let a version go live in the place of the one that is.

    Who may write filters of its group may do so if the version's last trial kept to its guard; who administers the group
    may do so at any time, and says why. Both the trial and the reason are stored. A filter in Python that has failed goes on
    where it stopped; its live version may be taken live again for that.

    Raises
    ------
    NotFound
        If there is no such filter, or version, among those that the viewer may see.
    PermissionRefused
        If the viewer may not do this.
    Conflict
        If the version has not kept to its guard and no reason is given, or it is live already.
    """
    viewer.require("save")
    known = filter_versions(db, viewer, filter_id)
    row = known.version(version)
    require_writer(db, viewer, row["group_id"])
    trial = newest_trial(db, viewer, filter_id, version)
    again = failing(db, known)
    if not (trial and trial["within_guard"] and not trial["n_faults"]):
        _require_reason(db, viewer, row, trial, reason)
    number = int(trial["filter_trial_id"]) if trial else None
    state = {"active": True, "reason": reason, "filter_trial_id": number}
    _store_state(db, viewer, Filter.of_row(row), state, again)
    run_functions(db)
    return filter_record(db, viewer, filter_id)


def deactivate_filter(db: Database, viewer: Viewer, filter_id: int, reason: str | None = None) -> dict[str, Any]:
    """Let nothing through any more; for those who administer the filter's group. Its candidates stay.

    Raises
    ------
    NotFound, PermissionRefused
        If the viewer may not see the filter, or does not administer its group.
    Conflict
        If no version of it is live.
    """
    viewer.require("save")
    known = filter_versions(db, viewer, filter_id)
    if not leads(db, viewer, known.newest["group_id"]):
        raise PermissionRefused(
            f"{viewer.name} may not take off filter {known.newest['name']!r}: those who administer its group may.",
            str(filter_id),
        )
    row = known.live_at() or known.newest
    _store_state(db, viewer, Filter.of_row(row), {"active": False, "reason": reason})
    return filter_record(db, viewer, filter_id)


def _require_reason(
    db: Database, viewer: Viewer, row: Mapping[str, Any], trial: Mapping[str, Any] | None, reason: str | None
) -> None:
    """Without a trial that kept to the guard, one who administers the group must say why."""
    remedy = "try it on nights that have some"
    if trial is None:
        so_far, remedy = "was not tried on reference nights yet", "try it"
    elif not trial["n_alerts"]:
        so_far = "was tried on nights without alerts"
    elif trial["n_faults"]:
        so_far = f"could not be computed on {trial['n_faults']} of {trial['n_alerts']} alerts"
        remedy = "store a version that can"
    else:
        passed, guard = 100 * trial["fraction"], 100 * trial["guard"]
        so_far = f"lets {passed:.3g} % of {trial['n_alerts']} alerts through, and its guard is {guard:.3g} %"
        remedy = "store a stricter version"
    told = f"version {row['version']} of filter {row['name']!r} {so_far}: {remedy}, or"
    if not leads(db, viewer, row["group_id"]):
        raise PermissionRefused(
            f"{told} ask one who administers the group to take it live all the same.", str(row["filter_id"])
        )
    if not (reason or "").strip():
        raise Conflict(f"{told} give a reason to take it live all the same.", "reason")


def _guard(db: Database, viewer: Viewer, name: str, group_id: int | None, given: float | None) -> float:
    """The guard of a new version: who could raise it could pass by the administrators of the group."""
    known = [known.newest for known in known_filters(db, ADMINISTRATOR).values()]
    before = next((row["guard"] for row in known if (row["name"], row["group_id"]) == (name, group_id)), GUARD)
    guard: float = before if given is None else given
    if not 0 < guard <= 1:
        raise InvalidInput(f"the guard is {guard:g}: a fraction above 0 and up to 1 is permitted.", "guard")
    most = max(before, GUARD)
    if guard > most and not leads(db, viewer, group_id):
        raise PermissionRefused(
            f"the guard is {guard:g}: up to {most:g} is permitted to {viewer.name}, more to those who administer the group.",
            "guard",
        )
    return guard


def _propose(transaction: Transaction, new: Filter) -> int:
    before = _newest(transaction, new)
    if before is not None:
        if before.survey != new.survey:
            raise InvalidInput(
                f"filter {new.name!r} is for {before.survey}: choose another name for {new.survey}.", "survey"
            )
        if before.does == new.does:
            return before.filter_id
    stored, row = _numbered(transaction, new, before)
    transaction.insert("filters", [row])
    _announce(transaction, stored, {"user": new.author, "action": "proposed"})
    return stored.filter_id


def _newest(transaction: Transaction, new: Filter) -> Filter | None:
    """The newest version of the group's filter of this name."""
    rows = transaction.rows(_NEWEST, [new.name, new.group_id])
    return Filter.of_row(rows[0]) if rows else None


def _numbered(transaction: Transaction, new: Filter, before: Filter | None) -> tuple[Filter, dict[str, Any]]:
    """A version with its numbers, and its row."""
    number = before.filter_id if before else transaction.next_id("filters", "filter_id")
    stored = replace(new, filter_id=number, version=before.version + 1 if before else 1)
    filters_changed(transaction)
    return stored, {**stored.row(), "acl": _acl(transaction, stored)}


def _store_state(db: Database, viewer: Viewer, version: Filter, state: Mapping[str, Any], again: bool = False) -> None:
    if len(state["reason"] or "") > _LONGEST_REASON:
        raise InvalidInput(
            f"the reason has {len(state['reason'])} characters: {_LONGEST_REASON} are permitted.", "reason"
        )

    def write(transaction: Transaction) -> None:
        found = transaction.rows(
            "SELECT version, active FROM filter_states WHERE filter_id = ? ORDER BY filter_state_id DESC LIMIT 1",
            [version.filter_id],
        )
        live = found[0]["version"] if found and found[0]["active"] else None
        if state["active"] and live == version.version and not again:
            raise Conflict(f"version {live} of filter {version.name!r} is live already.", str(version.filter_id))
        if not state["active"] and live is None:
            raise Conflict(f"no version of filter {version.name!r} is live.", str(version.filter_id))
        _set_state(transaction, version, {"user_name": viewer.name, **state})

    db.writer.write(write)


def _set_state(transaction: Transaction, version: Filter, state: Mapping[str, Any]) -> None:
    number = transaction.next_id("filter_states", "filter_state_id")
    about = {"filter_id": version.filter_id, "version": version.version}
    transaction.insert(
        "filter_states", [{"filter_state_id": number, **about, **state, "acl": _acl(transaction, version)}]
    )
    filters_changed(transaction)
    action = "taken live" if state["active"] else "taken off"
    _announce(transaction, version, {"user": state.get("user_name"), "action": action})


def _announce(transaction: Transaction, version: Filter, told: Mapping[str, Any]) -> None:
    about = {"filter_id": str(version.filter_id), "name": version.name, "version": version.version}
    transaction.announce("filters", {**told, **about}, _acl(transaction, version))


def _acl(transaction: Transaction, version: Filter) -> int:
    return transaction.acl(groups=[] if version.group_id is None else [version.group_id])
