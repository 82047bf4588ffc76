"""Causes: what in the journal of changes somebody may want to be told of."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from skyhub.db import ADMINISTRATOR, Database
from skyhub.notify._rules import Occasion

__all__ = ["JOURNAL_KINDS", "Cause", "causes_between"]

JOURNAL_KINDS = ("events", "sources", "decision", "comments", "rule_sendings")
_EVENTS: dict[str, Occasion] = {
    "created": "new_event",
    "updated": "updated_event",
    "retracted": "retracted_event",
}
_CHANGES = """
    SELECT seq, kind, payload, acl, known_at FROM @changes*
    WHERE seq > ? AND seq <= ? AND list_contains(?, kind) ORDER BY seq
"""


@dataclass(frozen=True)
class Cause:
    """A change that somebody may want to be told of."""

    seq: int
    occasion: Occasion
    about: str
    """What it is about, as ``events/12``: a mention is told once for each comment, whatever is corrected in it."""
    user: str
    payload: Mapping[str, Any]
    acl: int
    known_at: Any


def causes_between(db: Database, after: int, until: int) -> list[Cause]:
    """The causes among the changes with numbers in ``(after, until]``, in their order."""
    rows = db.reader.rows(ADMINISTRATOR, _CHANGES, [after, until, list(JOURNAL_KINDS)])
    return list(_causes(rows))


def _causes(rows: Sequence[Mapping[str, Any]]) -> Iterable[Cause]:
    for row in rows:
        payload = json.loads(row["payload"])
        occasion, about = _occasion(row["kind"], payload)
        if occasion is not None:
            user = str(payload.get("user"))
            yield Cause(row["seq"], occasion, about, user, payload, row["acl"], row["known_at"])


def _occasion(kind: str, payload: Mapping[str, Any]) -> tuple[Occasion | None, str]:
    action = payload.get("action")
    if kind == "events":
        return _EVENTS.get(str(action)), f"events/{payload['event_id']}"
    if kind == "rule_sendings":
        return "sending", f"plans/{payload['plan_id']}"
    if kind == "comments":
        mentions = action in ("added", "revised") and payload.get("mentions")
        return "mention" if mentions else None, f"comments/{payload.get('comment_id')}"
    saved = action == "saved" if kind == "sources" else payload.get("verdict") == "save"
    return "save" if saved else None, f"sources/{payload.get('object_id')}"
