"""Reading records: some of a kind, one, and all versions of one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from skyhub.db import Database, Viewer, naive_utc
from skyhub.errors import InvalidInput, NotFound
from skyhub.records._kind import Kind
from skyhub.records._record import Record

__all__ = ["current_row", "find", "get", "history"]

R = TypeVar("R", bound=Record)

_LARGEST_PAGE = 100_000


def find(
    db: Database,
    viewer: Viewer,
    kind: Kind[R],
    where: Mapping[str, Any] | None = None,
    *,
    limit: int = 1000,
    before: int | None = None,
    as_of: datetime | None = None,
) -> list[dict[str, Any]]:
    """Records of a kind that the viewer may see, as documents, newest first.

    Parameters
    ----------
    db, viewer, kind
        The database, who asks, and for what.
    where
        Values that fields must have; of a field with a list, one that must be in it.
    limit
        At most so many.
    before
        Only records older than the one of this identifier: how the next page is asked for.
    as_of
        Only facts known at this time.

    Raises
    ------
    InvalidInput
        If there is no such field, or a value is none for it.
    """
    if not 1 <= limit <= _LARGEST_PAGE:
        raise InvalidInput(f"limit is {limit}: 1 to {_LARGEST_PAGE} are permitted.", "limit")
    where = kind.model.spelled_out(where or {})
    conditions, values = _conditions(kind, where)
    if before is not None:
        conditions.append(f"{kind.id_column} < ?")
        values.append(before)
    of_object = [where["object_id"]] if "object_id" in where else []
    rows = db.reader.rows(
        viewer,
        f"SELECT {', '.join(kind.shown)} FROM @{kind.table}{'(object_id)' if of_object else ''} "
        f"WHERE {' AND '.join(conditions) or 'true'} ORDER BY {kind.id_column} DESC LIMIT ?",
        [*of_object, *values, limit],
        as_of,
    )
    return kind.presented(db, viewer, rows, as_of)


def get(db: Database, viewer: Viewer, kind: Kind[R], record_id: int, as_of: datetime | None = None) -> dict[str, Any]:
    """One record as a document. Raises `NotFound` if the viewer may see none of this identifier."""
    [document] = kind.presented(db, viewer, [current_row(db, viewer, kind, record_id, as_of)], as_of)
    return document


def history(
    db: Database, viewer: Viewer, kind: Kind[R], record_id: int, as_of: datetime | None = None
) -> list[dict[str, Any]]:
    """All versions of a record that the viewer may see, oldest first; a removed one's as well."""
    rows = db.reader.rows(
        viewer,
        f"SELECT {', '.join(kind.shown)} FROM @{kind.table}* WHERE {kind.id_column} = ? ORDER BY version",
        [record_id],
        as_of,
    )
    if not rows:
        raise _absent(kind, record_id)
    return kind.presented(db, viewer, rows, as_of)


def current_row(
    db: Database, viewer: Viewer, kind: Kind[R], record_id: int, as_of: datetime | None = None
) -> dict[str, Any]:
    """The row in force of a record, with all columns."""
    rows = db.reader.rows(viewer, f"SELECT * FROM @{kind.table} WHERE {kind.id_column} = ?", [record_id], as_of)
    if not rows:
        raise _absent(kind, record_id)
    return rows[0]


def _absent(kind: Kind[R], record_id: int) -> NotFound:
    where = f"{kind.table}/{record_id}"
    return NotFound(f"there is no {kind.singular} {record_id} among those that you may see.", where)


def _conditions(kind: Kind[R], where: Mapping[str, Any]) -> tuple[list[str], list[Any]]:
    conditions, values = [], []
    for name, value in where.items():
        conditions.append(f"list_contains({name}, ?)" if _column(kind, name).endswith("[]") else f"{name} = ?")
        values.append(_value(kind, name, value))
    return conditions, values


def _column(kind: Kind[R], name: str) -> str:
    column = kind.columns.get(name, "VARCHAR" if name in ("author", "edited_by") else None)
    if column is None or name in kind.secret:
        permitted = ", ".join(sorted({*kind.columns, "author", "edited_by"} - kind.secret))
        raise InvalidInput(f"{kind.table} have no field {name!r}: {permitted} are permitted.", name)
    return column


def _value(kind: Kind[R], name: str, value: Any) -> Any:
    annotation = kind.annotations.get(name, str)
    if _column(kind, name).endswith("[]"):
        annotation = getattr(annotation, "__args__", (str,))[0]
    try:
        found = TypeAdapter(annotation).validate_python(value)
    except ValidationError as error:
        raise InvalidInput(f"{name}: {error.errors()[0]['msg']} (given: {value!r}).", name) from None
    return naive_utc(found, name) if isinstance(found, datetime) and found.tzinfo else found
