"""A user's messages: what there is to read, how each was delivered, and what was read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from skyhub.db import Database, Transaction, Viewer, json_rows
from skyhub.notify._text import tell
from skyhub.team import personal_group

__all__ = ["list_messages", "read_messages", "unread_messages"]

_READ = "EXISTS (SELECT 1 FROM @message_reads AS r WHERE r.message_id = m.message_id AND r.user_name = m.user_name)"
_MINE = f"SELECT m.*, {_READ} AS read FROM @messages AS m WHERE m.user_name = ?"
_DELIVERIES = """
    SELECT d.message_id, c.name AS channel, s.state, s.detail, s.known_at AS changed_at
    FROM @deliveries AS d JOIN @channels* AS c USING (channel_id)
        LEFT JOIN @delivery_states AS s USING (delivery_id)
    WHERE list_contains(?, d.message_id)
    QUALIFY row_number() OVER (PARTITION BY d.delivery_id ORDER BY s.delivery_state_id DESC, c.version DESC) = 1
    ORDER BY channel
"""
_MOST_COUNTED = 100


def list_messages(
    db: Database,
    viewer: Viewer,
    *,
    unread: bool = False,
    limit: int = 50,
    before: int | None = None,
    as_of: datetime | None = None,
) -> list[dict[str, Any]]:
    """The viewer's own messages, newest first, as far as he may still read what they tell of.

    Parameters
    ----------
    db, viewer
        The database, and who asks.
    unread
        Only those that were not read.
    limit
        At most so many are looked at.
    before
        Only older ones than the one of this identifier: the next page.
    as_of
        Those that were there at this time.

    Returns
    -------
    list of dict
        ``message_id, occasion, about, rule_ids, urgent, known_at, read, title, lines, view, params`` and ``deliveries``, each
        with ``channel, state`` (waiting, sending, sent, failed or withdrawn), ``detail, changed_at``.
    """
    conditions, values = ([f"NOT {_READ}"] if unread else []), [viewer.name]
    if before is not None:
        conditions.append("m.message_id < ?")
        values.append(before)  # type: ignore[arg-type]
    sql = " AND ".join([_MINE, *conditions])
    rows = db.reader.rows(viewer, f"{sql} ORDER BY m.message_id DESC LIMIT {limit:d}", values, as_of)
    told = tell(db, viewer, rows)
    deliveries = db.reader.rows(viewer, _DELIVERIES, [list(told)], as_of) if told else []
    return [_document(row, told[row["message_id"]], deliveries) for row in rows if row["message_id"] in told]


def unread_messages(db: Database, viewer: Viewer, as_of: datetime | None = None) -> int:
    """How many of the viewer's newest hundred messages he has not read, and may."""
    rows = db.reader.rows(
        viewer, f"{_MINE} AND NOT {_READ} ORDER BY message_id DESC LIMIT {_MOST_COUNTED}", [viewer.name], as_of
    )
    return len(tell(db, viewer, rows))


def read_messages(db: Database, viewer: Viewer, numbers: Sequence[int] | None = None) -> dict[str, int]:
    """Note that the viewer has read some of his messages, or all; how many he had not read before."""
    rows = db.reader.rows(viewer, f"{_MINE} AND NOT {_READ}", [viewer.name])
    unread = [row["message_id"] for row in rows if numbers is None or row["message_id"] in numbers]
    if not unread:
        return {"read": 0}
    own = personal_group(db, viewer)

    def write(transaction: Transaction) -> None:
        acl = transaction.acl(groups=[own])
        seen = [{"message_id": number, "user_name": viewer.name, "acl": acl} for number in unread]
        transaction.insert("message_reads", seen)
        transaction.announce("messages", {"action": "read", "user": viewer.name}, acl)

    db.writer.write(write)
    return {"read": len(unread)}


def _document(row: dict[str, Any], told: Any, deliveries: Sequence[dict[str, Any]]) -> dict[str, Any]:
    own = [dict(d) for d in deliveries if d["message_id"] == row["message_id"]]
    for delivery in own:
        del delivery["message_id"]
        delivery["state"] = {None: "waiting", "queued": "waiting"}.get(delivery["state"], delivery["state"])
    words = {"title": told.title, "lines": told.lines, "view": told.view, "params": told.params}
    columns = {name: value for name, value in row.items() if name not in ("seq", "user_name")}
    [document] = json_rows([{**columns, "rule_ids": [str(n) for n in row["rule_ids"]], **words, "deliveries": own}])
    return document
