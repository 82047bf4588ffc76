"""Comments: Markdown on an object or on any record, in threads, with attachments and mentions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pydantic import Field, model_validator

from skyhub.db import Database, Viewer
from skyhub.errors import InvalidInput, NotFound
from skyhub.notes._text import html_of, mentions_in
from skyhub.records import Kind, Record, Subject, current_row, subject_row

__all__ = ["COMMENTS", "Comment"]

_ABOUT = ("object_id", "about_table", "about_id", "about_survey")


class Comment(Record):
    """What somebody says about an object or a record."""

    object_id: str | None = Field(None, description="The object it is about; that of the record, if one is given")
    about_table: str | None = Field(None, description="Table of the record it is about, such as spectra")
    about_id: int | None = Field(None, ge=1, description="Identifier of that record; of an alert also as ZTF:123")
    about_survey: str | None = Field(
        None, description="Survey of the alert it is about; found if only one has its number"
    )
    text: str = Field(min_length=1, max_length=20_000, description="Markdown; @name mentions somebody")
    attachments: list[int] = Field([], max_length=50, description="Identifiers of attachments")
    reply_to: int | None = Field(None, ge=1, description="The comment that it answers")
    origin: str | None = Field(None, min_length=1, max_length=100, description="The program that wrote it, if any")
    mentions: list[str] = Field([], description="The known people that the text mentions; found by the platform")

    @classmethod
    def spelled_out(cls, given: Mapping[str, Any]) -> Mapping[str, Any]:
        """Fields with the survey and the number of an alert that was given as ``survey:candid``."""
        survey, colon, number = str(given.get("about_id")).rpartition(":")
        if not colon or given.get("about_table") != "alerts" or given.get("about_survey") not in (None, survey):
            return given
        return {**given, "about_survey": survey, "about_id": number}

    @model_validator(mode="after")
    def _about_something(self) -> Comment:
        if (self.about_table is None) != (self.about_id is None):
            raise ValueError("about_table and about_id name a record together: give both or none")
        if self.about_survey is not None and self.about_table != "alerts":
            raise ValueError("about_survey tells alerts apart: give it with about_table='alerts' alone")
        if not (self.object_id or self.about_table or self.reply_to):
            raise ValueError("say what it is about: object_id, about_table and about_id, or reply_to")
        return self


def prepare_comments(db: Database, viewer: Viewer, comments: Sequence[Comment]) -> list[Comment]:
    """Comments as they are stored: with the object of the record they are about, and whom they mention."""
    _require_attachments(db, viewer, sorted({number for comment in comments for number in comment.attachments}))
    return [_prepared(db, viewer, comment) for comment in comments]


def _subject(comment: Comment) -> Subject | None:
    """The comment that one answers, or the record that it is about."""
    if comment.reply_to is not None:
        return Subject("comments", comment.reply_to)
    if comment.about_table is None or comment.about_id is None:
        return None
    return Subject(comment.about_table, comment.about_id, comment.about_survey)


def _stands_alone(fields: Mapping[str, Any]) -> bool:
    """Whether a comment names nothing that must be looked up."""
    refers = any(fields.get(name) for name in ("attachments", "reply_to", "about_table", "about_id"))
    return not refers and "@" not in str(fields.get("text"))


def present_comments(
    db: Database, viewer: Viewer, documents: list[dict[str, Any]], as_of: datetime | None
) -> list[dict[str, Any]]:
    """Comments as they are read: with their text as safe HTML."""
    return [{**document, "html": html_of(document["text"])} for document in documents]


COMMENTS = Kind(
    "comments",
    "comment",
    Comment,
    announced=("about_table", "about_id", "about_survey", "reply_to", "mentions"),
    about=_subject,
    prepare=prepare_comments,
    instant=_stands_alone,
    present=present_comments,
)


def _prepared(db: Database, viewer: Viewer, comment: Comment) -> Comment:
    about = {name: getattr(comment, name) for name in _ABOUT}
    if comment.reply_to is not None:
        about = _about_the_same(about, _answered(db, viewer, comment.reply_to))
    if about["about_table"] is not None:
        row = subject_row(db, viewer, Subject(about["about_table"], about["about_id"], about["about_survey"]))
        about = _about_the_same(about, {**about, "object_id": row["object_id"], "about_survey": row["survey"]})
    return comment.model_copy(update={**about, "mentions": _known_people(db, mentions_in(comment.text))})


def _answered(db: Database, viewer: Viewer, comment_id: int) -> dict[str, Any]:
    row = current_row(db, viewer, COMMENTS, comment_id)
    return {name: row[name] for name in _ABOUT}


def _about_the_same(given: dict[str, Any], known: dict[str, Any]) -> dict[str, Any]:
    for name, value in given.items():
        if value is not None and value != known[name]:
            raise InvalidInput(f"{name} is {value!r}, but what it answers or belongs to has {known[name]!r}.", name)
    return known


def _known_people(db: Database, names: list[str]) -> list[str]:
    """Those of some names that are accounts or have been here; nobody else can hear of a mention."""
    if not names:
        return []
    found = db.reader.rows(
        Viewer("skyhub", scopes=frozenset({"administer"})),
        "SELECT user_name FROM @users WHERE user_name IN (SELECT unnest(?)) "
        "UNION SELECT user_name FROM @visits WHERE user_name IN (SELECT unnest(?))",
        [names, names],
    )
    known = {row["user_name"] for row in found}
    return [name for name in names if name in known]


def _require_attachments(db: Database, viewer: Viewer, numbers: list[int]) -> None:
    if not numbers:
        return
    rows = []
    if "attachments" in db.reader.columns:
        rows = db.reader.rows(
            viewer, "SELECT attachment_id FROM @attachments WHERE attachment_id IN (SELECT unnest(?))", [numbers]
        )
    missing = set(numbers) - {row["attachment_id"] for row in rows}
    if missing:
        raise NotFound(f"there is no attachment {min(missing)} among those that you may see.", "attachments")
