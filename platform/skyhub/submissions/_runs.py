"""Drafts from runs of reports: what a run wrote, what people made of it, and the two united when the run is made again."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from skyhub.circulars import Circular, compare_texts, lint, merge_texts, numbers_by_hand, read_circular
from skyhub.db import ADMINISTRATOR, Database, Viewer
from skyhub.errors import Conflict, InvalidInput, PermissionRefused
from skyhub.records import add, amend, current_row, get, history
from skyhub.reports import artifact_path, run_record
from skyhub.submissions._drafts import CIRCULARS, CircularDraft, warnings_of
from skyhub.submissions._signing import require_member

__all__ = ["compare_versions", "draft_from_run", "edit_circular", "judge_circular", "read_facts", "unite_with_run"]

_RIGHTS = "SELECT rights, rights_streams FROM @report_runs WHERE report_id = ?"


def draft_from_run(
    db: Database, viewer: Viewer, report_id: str, name: str, groups: Sequence[str] | None = None
) -> dict[str, Any]:
    """Make a draft of what a run of a report wrote.

    Parameters
    ----------
    db, viewer
        The database, and whose draft it is.
    report_id
        A run that is done and has written a circular.
    name
        What to call the draft.
    groups
        Who shall see it and may write in it; by default all of the viewer's groups.

    Raises
    ------
    NotFound, Conflict
        If there is no such run, or it is not done.
    InvalidInput
        If it wrote no circular: a text whose first line is ``SUBJECT: …``.
    """
    viewer.require(CIRCULARS.scope)
    circular, facts = _written(db, viewer, report_id)
    fields = {
        "name": name, "event": facts.get("event"), "subject": circular.subject, "body": circular.body, "report_id": report_id,
    }  # fmt: skip
    document: dict[str, Any] = add(db, viewer, CIRCULARS, [fields], groups)["records"][0]
    return get(db, viewer, CIRCULARS, int(document["circular_id"]))


def edit_circular(
    db: Database, viewer: Viewer, circular_id: int, changes: Mapping[str, Any], version: int
) -> dict[str, Any]:
    """Write in a draft, as every member of its groups may; what was approved becomes a draft again.

    Parameters
    ----------
    db, viewer, circular_id
        The database, who writes, and in what.
    changes
        ``subject``, ``body`` and ``format``, as far as they change.
    version
        The version that the viewer has seen.

    Raises
    ------
    PermissionRefused
        If the viewer is in none of its groups.
    Conflict
        If somebody else has written in it since, or it is on its way or sent.
    """
    viewer.require(CIRCULARS.scope)
    if unknown := sorted(changes.keys() - {"subject", "body", "format"}):
        raise InvalidInput(f"{unknown[0]!r} is no part of the text: subject, body, format are.", unknown[0])

    def change(draft: CircularDraft, row: Mapping[str, Any]) -> dict[str, Any]:
        require_member(db, viewer, row)
        if row["version"] != version:
            raise Conflict(
                f"circular {circular_id} has version {row['version']} by now, by {row['edited_by']}, not {version}: look at it "
                "again.",
                f"circulars/{circular_id}",
            )
        return {name: value for name, value in changes.items() if value != getattr(draft, name)}

    amend(db, viewer, CIRCULARS, circular_id, change)
    return get(db, viewer, CIRCULARS, circular_id)


def unite_with_run(db: Database, viewer: Viewer, circular_id: int, report_id: str) -> dict[str, Any]:
    """Take a new run of a report into a draft: what people wrote stays, what the run says anew comes in.

    Returns
    -------
    dict
        The draft, with ``conflicts``: what was edited and what the new run says instead (``edited, new``), where both have
        changed. In the text they stand one below the other between marks, which the linter takes for errors; a subject that
        both have changed stays as it was edited.

    Raises
    ------
    Conflict
        If the draft is from no run, or is on its way or sent.
    """
    viewer.require(CIRCULARS.scope)
    new, _ = _written(db, viewer, report_id)
    conflicts: list[tuple[str, str]] = []

    def change(draft: CircularDraft, row: Mapping[str, Any]) -> dict[str, Any]:
        require_member(db, viewer, row)
        if draft.report_id is None:
            raise Conflict(f"circular {circular_id} was made from no run: there is nothing to compare with.")
        base = _text_of(db, draft.report_id)
        body = merge_texts(base.body, draft.body, new.body)
        subject = merge_texts(base.subject, draft.subject, new.subject)
        conflicts[:] = [*subject.conflicts, *body.conflicts]
        kept = draft.subject if subject.conflicts else subject.text
        return {"subject": kept, "body": body.text, "report_id": report_id}

    amend(db, viewer, CIRCULARS, circular_id, change)
    document = get(db, viewer, CIRCULARS, circular_id)
    return {**document, "conflicts": [{"edited": edited, "new": said} for edited, said in conflicts]}


def judge_circular(
    db: Database,
    viewer: Viewer,
    circular_id: int,
    changes: Mapping[str, str] | None = None,
    as_of: datetime | None = None,
) -> dict[str, Any]:
    """What is to be said of a draft before somebody signs it, or of what somebody is about to make of it.

    Parameters
    ----------
    db, viewer, circular_id
        The database, who asks, and of what.
    changes
        Another ``subject`` and ``body``, which are not stored.
    as_of
        As it was at this time.

    Returns
    -------
    dict
        ``findings`` of the linter (``rule, severity, line, message``); ``numbers`` that are not those of its run, in the subject
        (line 0) and the text (``line, was, now, in_facts``); ``warnings``, such as that its event was retracted.
    """
    row = current_row(db, viewer, CIRCULARS, circular_id, as_of)
    draft = CIRCULARS.record(row)
    said = {"subject": draft.subject, "body": draft.body, **(changes or {})}
    numbers: list[dict[str, Any]] = []
    if draft.report_id is not None:
        base, facts = _text_of(db, draft.report_id), _facts_of(db, draft.report_id)
        of_subject = numbers_by_hand(base.subject, said["subject"], facts)
        numbers = [{**asdict(found), "line": 0} for found in of_subject]
        numbers += [asdict(found) for found in numbers_by_hand(base.body, said["body"], facts)]
    return {
        "findings": [asdict(found) for found in lint(Circular(said["subject"], said["body"]))],
        "numbers": numbers,
        "warnings": warnings_of(db, viewer, draft.event),
    }


def read_facts(db: Database, viewer: Viewer, circular_id: int, as_of: datetime | None = None) -> dict[str, Any]:
    """The facts of the run that a draft was made from: ``report_id`` and ``facts``, both None without a run.

    Raises
    ------
    PermissionRefused
        If the run read with groups or streams that the viewer does not have.
    """
    report_id = current_row(db, viewer, CIRCULARS, circular_id, as_of)["report_id"]
    if report_id is None:
        return {"report_id": None, "facts": None}
    [run] = db.reader.rows(ADMINISTRATOR, _RIGHTS, [report_id])
    if not viewer.administers and not (
        set(run["rights"]) <= viewer.groups and set(run["rights_streams"]) <= viewer.streams
    ):
        raise PermissionRefused(
            f"the report run {report_id} read with groups or streams that you do not have: its facts are hidden.",
            report_id,
        )
    return {"report_id": report_id, "facts": _facts_of(db, report_id)}


def compare_versions(
    db: Database,
    viewer: Viewer,
    circular_id: int,
    was: int | None = None,
    now: int | None = None,
    as_of: datetime | None = None,
) -> dict[str, Any]:
    """What differs between two versions of a draft.

    Parameters
    ----------
    db, viewer, circular_id
        The database, who asks, and of what.
    was, now
        Numbers of versions; the newest and the one before by default. 0 is what the run wrote.
    as_of
        With the versions of this time.

    Returns
    -------
    dict
        ``was, now`` (numbers of versions), ``by`` (who wrote the later one), and ``lines``, the subject first, each with
        ``change`` (same, removed or added) and ``text``.

    Raises
    ------
    InvalidInput
        If there is no such version.
    """
    known = {row["version"]: row for row in history(db, viewer, CIRCULARS, circular_id, as_of)}
    now = max(known) if now is None else now
    was = now - 1 if was is None else was
    texts = [_version_text(db, known, number) for number in (was, now)]
    lines = [asdict(line) for line in compare_texts(*texts)]
    return {"was": was, "now": now, "by": known[now]["edited_by"] if now in known else None, "lines": lines}


def _version_text(db: Database, known: Mapping[int, Mapping[str, Any]], number: int) -> str:
    if number == 0:
        report_id = known[max(known)]["report_id"]
        said = _text_of(db, report_id) if report_id is not None else None
        return f"{said.subject}\n\n{said.body}" if said else ""
    if number not in known:
        raise InvalidInput(f"there is no version {number}: 0 to {max(known)} are permitted.", "version")
    return f"{known[number]['subject']}\n\n{known[number]['body']}"


def _written(db: Database, viewer: Viewer, report_id: str) -> tuple[Circular, dict[str, Any]]:
    """What a run that the viewer may see has written, and its facts."""
    record = run_record(db, viewer, report_id)
    if record["state"] != "done":
        raise Conflict(
            f"the report run {report_id} is {record['state']}: only one that is done can be used.", report_id
        )
    circular = _text_of(db, report_id)
    if not circular.subject:
        raise InvalidInput(
            f"the report run {report_id} wrote no circular: reports such as gcn_circular_candidates do.", "report_id"
        )
    return circular, _facts_of(db, report_id)


def _text_of(db: Database, report_id: str) -> Circular:
    """What a run wrote; to those who may see a draft that was made of it, this is no secret."""
    content = artifact_path(db, ADMINISTRATOR, report_id, "text").read_bytes()
    return read_circular(content, report_id) if content.strip() else Circular("", "")


def _facts_of(db: Database, report_id: str) -> dict[str, Any]:
    facts: dict[str, Any] = json.loads(artifact_path(db, ADMINISTRATOR, report_id, "facts").read_text("utf-8"))
    return facts
