"""Who wrote what: the journal of changes, read back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from skyhub.db import Database, Viewer, iso, naive_utc
from skyhub.errors import InvalidInput
from skyhub.kinds import KINDS

__all__ = ["audit"]

_LARGEST_PAGE = 10_000
_ID_COLUMNS = {kind.table: kind.id_column for kind in KINDS} | {"decisions": "decision_id"}
_KINDS_OF_TABLES = {"decisions": "decision"}
_TOLD = ("user", "action", "object_id")


def audit(
    db: Database,
    viewer: Viewer,
    *,
    user: str | None = None,
    table: str | None = None,
    object_id: str | None = None,
    since: datetime | None = None,
    before: int | None = None,
    limit: int = 1000,
    as_of: datetime | None = None,
) -> list[dict[str, Any]]:
    """Changes that the viewer may see (administrators see all), newest first.

    Parameters
    ----------
    db, viewer
        The database, and who asks.
    user, table, object_id
        Only by somebody, in one table (``decisions`` for those of scanners), about one object.
    since
        Only at or after a time.
    before
        Only those with a lower ``seq``: how the next page is asked for.
    limit, as_of
        At most so many; only those made by this time.

    Returns
    -------
    list of dict
        ``seq, at, table, action, user, record_id, object_id, detail``.
    """
    if not 1 <= limit <= _LARGEST_PAGE:
        raise InvalidInput(f"limit is {limit}: 1 to {_LARGEST_PAGE} are permitted.", "limit")
    conditions, values = _conditions(user, table, object_id, since, before)
    rows = db.reader.rows(
        viewer,
        f"SELECT seq, kind, payload, known_at FROM @changes WHERE {' AND '.join(conditions) or 'true'} "
        "ORDER BY seq DESC LIMIT ?",
        [*values, limit],
        as_of,
    )
    return [_document(row) for row in rows]


def _conditions(
    user: str | None, table: str | None, object_id: str | None, since: datetime | None, before: int | None
) -> tuple[list[str], list[Any]]:
    given: list[tuple[str, Any]] = []
    for name, value in (("user", user), ("object_id", object_id)):
        if value is not None:
            # The text is looked through first, which is much faster than to take every change apart.
            given += [("contains(payload, ?)", json.dumps({name: value})[1:-1]), (f"payload->>'{name}' = ?", value)]
    if table is not None:
        given.append(("kind = ?", _KINDS_OF_TABLES.get(table, table)))
    if since is not None:
        given.append(("known_at >= ?", naive_utc(since, "since")))
    if before is not None:
        given.append(("seq < ?", before))
    return [condition for condition, _ in given], [value for _, value in given]


def _document(row: Mapping[str, Any]) -> dict[str, Any]:
    payload = json.loads(row["payload"])
    tables = {kind: table for table, kind in _KINDS_OF_TABLES.items()}
    table = tables.get(row["kind"], row["kind"])
    if "verdict" in payload:
        payload["action"] = payload.pop("verdict")
    told = {name: payload.pop(name, None) for name in _TOLD}
    record_id = payload.pop(_ID_COLUMNS.get(table, ""), None)
    return {
        "seq": str(row["seq"]),
        "at": iso(row["known_at"]),
        "table": table,
        **told,
        "record_id": record_id,
        "detail": payload,
    }
