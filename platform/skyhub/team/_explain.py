"""Why a viewer may see a row. Of a row that is hidden no more is said than of one that does not exist."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from skyhub.db import PERSONAL, Database, Viewer
from skyhub.errors import InvalidInput

__all__ = ["RULE", "explain", "identifier_of"]

RULE = (
    "A row is visible if you are in at least one of its groups (or it has none) and entitled to all of its streams. "
    "Rows without groups and streams are public; administrators see all rows."
)
_HIDDEN = "Either there is no such row, or it belongs to groups or streams that you have no part in."
_BY_OBJECT = ("objects", "sources", "photometry", "alerts", "candidates")
"""Tables that are asked by object: several rows answer, each with a rule of its own."""


def identifier_of(columns: Mapping[str, list[str]], table: str) -> str:
    """The column by which rows of a table are named: ``object_id`` of some, the identifier of a record of others.

    Raises
    ------
    InvalidInput
        If the table has no rights of its own, or is none of the platform's.
    """
    names = columns.get(table, [])
    if "acl" in names:
        if table in _BY_OBJECT:
            return "object_id"
        if names[0].endswith("_id") or names[0] == "seq":
            return names[0]
    raise InvalidInput(f"{table!r} cannot be explained: {', '.join(explainable(columns))} are permitted.", "table")


def explainable(columns: Mapping[str, list[str]]) -> list[str]:
    """The tables whose rows can be explained."""
    named = (t for t, names in columns.items() if "acl" in names and (names[0].endswith("_id") or names[0] == "seq"))
    return sorted({*named, *_BY_OBJECT})


def explain(db: Database, viewer: Viewer, table: str, row_id: str, as_of: datetime | None = None) -> dict[str, Any]:
    """By which rule a viewer sees the rows of an identifier, or what the viewer has if there is nothing to see.

    Rows may be those known at a time; rights are those of today.

    Returns
    -------
    dict
        ``table, id, visible, rule, rows`` (a list of ``count, by, groups, streams, text``: one entry for each set of
        groups and streams) and ``you`` (``name, groups, streams, scopes``).
    """
    column = identifier_of(db.reader.columns, table)
    found = db.reader.rows(
        viewer,
        f"SELECT acl, count(*) AS n FROM @{table} WHERE {column} = ? GROUP BY acl ORDER BY acl",
        [_key(column, row_id)],
        as_of,
    )
    rows = [{"count": row["n"], **_why(db, viewer, row["acl"])} for row in found]
    answer = {"table": table, "id": row_id, "visible": bool(rows), "rule": RULE, "rows": rows, "you": _you(db, viewer)}
    return answer if rows else {**answer, "text": _HIDDEN}


def _key(column: str, row_id: str) -> str | int:
    if column == "object_id":
        return row_id
    return int(row_id) if row_id.isdecimal() and len(row_id) < 19 else row_id


def _why(db: Database, viewer: Viewer, acl: int) -> dict[str, Any]:
    """The rule for one set of groups and streams, naming only groups that the viewer is in."""
    groups, streams = db.access.members(acl)
    mine = db.access.group_names(db.access.group_ids(viewer) & groups)
    own = db.access.groups.get(f"{PERSONAL}{viewer.name}")
    through = {name: _through(db, viewer, name) for name in _stream_names(db, streams)}
    if viewer.administers:
        by, text = "administrator", "You administer the platform and see all rows."
    elif not groups and not streams:
        by, text = "public", "It is public."
    elif mine:
        by, text = "group", f"You are in {_listed('group', mine)}, which it is shared with."
    elif own in groups:
        by, text = "personal", "It is yours alone."
    else:
        by, text = "stream", "It belongs to no group in particular."
    said = [] if viewer.administers else [_entitled(stream, names) for stream, names in through.items()]
    return {"by": by, "groups": mine, "streams": through, "text": " ".join([text, *said])}


def _through(db: Database, viewer: Viewer, stream: str) -> list[str]:
    """The viewer's groups that bring a stream."""
    number = db.access.streams[stream]
    mine = db.access.group_ids(viewer)
    return db.access.group_names(g for g in mine if number in db.access.group_streams.get(g, ()))


def _entitled(stream: str, groups: list[str]) -> str:
    source = f"through {_listed('group', groups)}" if groups else "by your account"
    return f"You are entitled to the stream {stream} {source}."


def _stream_names(db: Database, numbers: frozenset[int] | set[int]) -> list[str]:
    return sorted(name for name, number in db.access.streams.items() if number in numbers)


def _listed(word: str, names: list[str]) -> str:
    return f"the {word} {names[0]}" if len(names) == 1 else f"the {word}s {', '.join(names)}"


def _you(db: Database, viewer: Viewer) -> dict[str, Any]:
    return {
        "name": viewer.name,
        "groups": db.access.group_names(db.access.group_ids(viewer)),
        "streams": _stream_names(db, db.access.entitled(viewer)),
        "scopes": sorted(viewer.scopes),
    }
