"""Drafts of circulars as records: many by name for an event, each edit a version; once on its way, one stays as it is."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from pydantic import Field, computed_field

from skyhub.circulars import subject_name
from skyhub.db import Database, Viewer
from skyhub.errors import NotFound
from skyhub.events import dateobs_text, event_row
from skyhub.records import Kind, Record
from skyhub.submissions._standing import FROZEN, standings

__all__ = ["CIRCULARS", "CircularDraft", "warnings_of"]

_READ_ONLY: dict[str, Any] = {"readOnly": True}
_KNOWN_RUN = "SELECT report_id FROM @circulars* WHERE report_id = ? LIMIT 1"
_KNOWN_EVENT = "SELECT event FROM @circulars* WHERE event = ? LIMIT 1"
_OWN_RUN = "SELECT report_id FROM @report_runs WHERE report_id = ?"


class CircularDraft(Record):
    """A circular on its way: what it says, about which event, and from which run of a report it was made."""

    name: str = Field(min_length=1, max_length=100, description="What the draft is called")
    event: str | None = Field(
        None, max_length=100, description="The event that it is about, by one of its names or its time"
    )
    subject: str = Field(max_length=300, description="The subject")
    body: str = Field(max_length=100_000, description="The text")
    format: Literal["text/plain", "text/markdown"] = Field("text/plain", description="How GCN is to show the text")
    report_id: str | None = Field(
        None, max_length=200, description="The run of a report that it was made from", json_schema_extra=_READ_ONLY
    )

    @computed_field  # type: ignore[prop-decorator]
    @property
    def digest(self) -> str:
        """SHA-256 of what would be sent: equal for equal texts."""
        return hashlib.sha256(json.dumps([self.subject, self.body, self.format]).encode()).hexdigest()


def warnings_of(db: Database, viewer: Viewer, event: str | None) -> list[str]:
    """What somebody who approves a circular about an event has to know: whether it was retracted."""
    if event is None:
        return []
    try:
        row = event_row(db, viewer, event)
    except NotFound:
        return []
    told = subject_name(event, row["aliases"])
    return [f"the event {told} has been retracted"] if row["retracted"] else []


def _prepare(db: Database, viewer: Viewer, drafts: Sequence[CircularDraft]) -> list[CircularDraft]:
    """Drafts with the event's own name, from runs and about events that their author may see, or that were there before."""
    return [_checked(db, viewer, draft) for draft in drafts]


def _checked(db: Database, viewer: Viewer, draft: CircularDraft) -> CircularDraft:
    if draft.report_id is not None and not any(
        db.reader.rows(viewer, sql, [draft.report_id]) for sql in (_OWN_RUN, _KNOWN_RUN)
    ):
        raise NotFound(f"there is no report run {draft.report_id!r} among those that you may see.", "report_id")
    if draft.event is None:
        return draft
    try:
        row = event_row(db, viewer, draft.event)
    except NotFound:
        if not db.reader.rows(viewer, _KNOWN_EVENT, [draft.event]):
            raise
        return draft
    return draft.model_copy(update={"event": next(iter(row["aliases"]), dateobs_text(row["dateobs"]))})


def _present(
    db: Database, viewer: Viewer, documents: list[dict[str, Any]], as_of: datetime | None
) -> list[dict[str, Any]]:
    """Drafts as they are read: with how far each version has come."""
    found = standings(db, [int(document["circular_id"]) for document in documents], as_of)
    return [
        {**document, **found[int(document["circular_id"])].of(document["version"]).told()} for document in documents
    ]


def _settled(db: Database, row: Mapping[str, Any]) -> str:
    """Why nothing of a circular can be changed any more, if it is so."""
    stands = standings(db, [row["circular_id"]])[row["circular_id"]].of(row["version"])
    if stands.state in FROZEN or stands.unsure:
        return f"it is {stands.state}, and stays as it is: make a new draft, which may correct it."
    return ""


CIRCULARS = Kind(
    "circulars",
    "circular",
    CircularDraft,
    scope="report",
    key=("name", "event"),
    announced=("name", "event"),
    prepare=_prepare,
    present=_present,
    settled=_settled,
)
"""The kind of record."""
