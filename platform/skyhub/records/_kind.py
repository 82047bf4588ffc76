"""Kinds of records: what is stored in which table, who may write it, and how its rows and documents look."""

from __future__ import annotations

import json
import types
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property
from typing import Any, Generic, Literal, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel

from skyhub.db import Database, Viewer, json_value, naive_utc
from skyhub.errors import InvalidInput
from skyhub.records._about import Subject
from skyhub.records._record import Record

__all__ = ["Kind", "Sharing"]

R = TypeVar("R", bound=Record)
Sharing = Literal["public", "groups", "own", "personal"]
Present = Callable[[Database, Viewer, list[dict[str, Any]], datetime | None], list[dict[str, Any]]]

_SCALARS = {str: "VARCHAR", int: "BIGINT", float: "DOUBLE", bool: "BOOLEAN", datetime: "TIMESTAMP", date: "DATE"}
_LAST = ("version INTEGER", "author VARCHAR", "edited_by VARCHAR", "acl INTEGER")
_TIMES = ("known_at TIMESTAMP", "known_until TIMESTAMP")


@dataclass(frozen=True)
class Kind(Generic[R]):
    """One kind of record.

    Parameters
    ----------
    table
        Its table in the database and in SQL, its path in the API, its name in the client: a plural.
    singular
        Of the same word; ``{singular}_id`` is the identifier.
    model
        The fields.
    scope
        What a token needs to write such records.
    sharing
        ``groups`` (of the author's choice, by default those of the author's that see what it is about), ``own`` (of the
        author's choice, by default the author alone), ``public`` (everybody sees them) or ``personal`` (the author alone).
    key
        Fields that together name one record: of the records that a viewer sees, no two have the same.
    secret
        Fields that never leave the database.
    bulky
        Fields too large for documents; what has them serves them by a route of its own, and SQL has them.
    announced
        Fields that are told with each change.
    about
        Of the fields of a record, the record that it is about, if it is about one: its rights bound those of what is said.
    made_from
        The access sets of what a record was computed from: who sees it must see all of that.
    editors
        A field with names of people who may change the record as its author may.
    prepare
        Looks at the records that somebody wants to write, with the database at hand; returns them as they are to be
        stored, or refuses.
    instant
        Tells of the fields of a record whether `prepare` reads nothing from the database for it.
    settled
        Tells of a row why the record can never be changed again, or nothing.
    parts
        Tables with rows that belong to a record, by its identifier: whoever it is shared with sees them.
    present
        Completes documents that are read, with the database at hand (as of a time): what is computed at reading.
    """

    table: str
    singular: str
    model: type[R]
    scope: str = "save"
    sharing: Sharing = "groups"
    key: tuple[str, ...] = ()
    secret: frozenset[str] = frozenset()
    bulky: frozenset[str] = frozenset()
    announced: tuple[str, ...] = ()
    about: Callable[[R], Subject | None] | None = None
    made_from: Callable[[Database, Viewer, R], Collection[int]] | None = None
    editors: str | None = None
    prepare: Callable[[Database, Viewer, Sequence[R]], Sequence[R]] | None = None
    instant: Callable[[Mapping[str, Any]], bool] | None = None
    settled: Callable[[Database, Mapping[str, Any]], str] | None = None
    parts: tuple[str, ...] = ()
    present: Present | None = None

    @property
    def id_column(self) -> str:
        """Name of the column of identifiers."""
        return f"{self.singular}_id"

    @property
    def about_object(self) -> bool:
        """Whether each record is about an object on the sky."""
        return "object_id" in self.model.model_fields

    @cached_property
    def annotations(self) -> dict[str, Any]:
        """The fields and what is computed from them, with their types."""
        computed = {name: field.return_type for name, field in self.model.model_computed_fields.items()}
        return {name: field.annotation for name, field in self.model.model_fields.items()} | computed

    @cached_property
    def columns(self) -> dict[str, str]:
        """The columns of the model and their SQL types."""
        return {name: _sql_type(annotation) for name, annotation in self.annotations.items()}

    @property
    def ddl(self) -> str:
        """The statement that makes the table, for a migration."""
        own = [f"{name} {sql}" for name, sql in self.columns.items()]
        lines = [f"{self.id_column} BIGINT", *own, *_LAST, *_TIMES]
        return f"CREATE TABLE {self.table} (\n    " + ",\n    ".join(lines) + ");"

    @property
    def shown(self) -> list[str]:
        """Names of the columns of documents."""
        own = [name for name in self.columns if name not in self.secret | self.bulky]
        return [self.id_column, *own, "version", "author", "edited_by", "acl", "known_at", "known_until"]

    def row(self, record: R) -> dict[str, Any]:
        """A record as columns of its table."""
        return {name: self.value(record, name) for name in self.columns}

    def value(self, record: R, name: str) -> Any:
        """One field of a record as it is stored."""
        return _stored(getattr(record, name), self.columns[name], name)

    def record(self, row: Mapping[str, Any]) -> R:
        """The record that a row was made from."""
        return self.model.model_validate({name: self._read(row, name) for name in self.model.model_fields})

    def document(self, db: Database, viewer: Viewer, row: Mapping[str, Any]) -> dict[str, Any]:
        """A row as it travels: identifiers as strings, structures unpacked, groups that the viewer may know by name."""
        own = {name: self._read(row, name) for name in self.columns if name not in self.secret | self.bulky}
        groups, _ = db.access.members(row["acl"])
        shared = {"groups": db.access.names_known_to(viewer, groups), "public": not groups}
        rest = {name: row[name] for name in ("version", "author", "edited_by", "known_at", "known_until")}
        document: dict[str, Any] = json_value({self.id_column: row[self.id_column], **own, **shared, **rest})
        return document

    def presented(
        self, db: Database, viewer: Viewer, rows: Sequence[Mapping[str, Any]], as_of: datetime | None = None
    ) -> list[dict[str, Any]]:
        """Rows as they are read: documents, with what is computed at reading."""
        documents = [self.document(db, viewer, row) for row in rows]
        return self.present(db, viewer, documents, as_of) if self.present and documents else documents

    def _read(self, row: Mapping[str, Any], name: str) -> Any:
        value = row[name]
        if value is not None and _is_structure(self.annotations[name]):
            return json.loads(value)
        return value.replace(tzinfo=UTC) if isinstance(value, datetime) else value


def _plain(annotation: Any) -> Any:
    """A type without its ``None``."""
    if get_origin(annotation) in (Union, types.UnionType):
        rest = [a for a in get_args(annotation) if a is not type(None)]
        return rest[0] if len(rest) == 1 else annotation
    return annotation


def _sql_type(annotation: Any) -> str:
    plain = _plain(annotation)
    if plain in _SCALARS:
        return _SCALARS[plain]
    if get_origin(plain) is Literal:
        return _SCALARS[type(get_args(plain)[0])]
    item = _plain(get_args(plain)[0]) if get_origin(plain) is list else None
    if get_origin(item) is Literal:
        item = type(get_args(item)[0])
    return f"{_SCALARS[item]}[]" if item in _SCALARS else "VARCHAR"


def _is_structure(annotation: Any) -> bool:
    """Whether values are kept as JSON text."""
    return (
        _sql_type(annotation) == "VARCHAR"
        and _plain(annotation) is not str
        and get_origin(_plain(annotation)) is not Literal
    )


def _stored(value: Any, sql: str, name: str) -> Any:
    if isinstance(value, datetime):
        return naive_utc(value, name) if value.tzinfo else value
    if sql == "VARCHAR" and value is not None and not isinstance(value, str):
        return _json(value)
    return value


def _json(value: Any) -> str:
    plain = value.model_dump(mode="json") if isinstance(value, BaseModel) else value
    try:
        return json.dumps(plain, default=lambda item: item.model_dump(mode="json"), allow_nan=False)
    except ValueError as error:
        raise InvalidInput(
            f"{str(value)[:60]} cannot be kept as JSON: NaN and infinities are not permitted."
        ) from error
