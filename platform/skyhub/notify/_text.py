"""What a message says: made when it is read or sent, of what its reader may see at that time."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from skyhub.db import Database, Viewer
from skyhub.events import dateobs_text

__all__ = ["Told", "tell"]

_CHANGES = "SELECT seq, payload FROM @changes WHERE list_contains(?, seq)"
_NOTICES = """
    SELECT n.*, e.retracted AS retracted_since FROM @event_notices AS n JOIN @events AS e USING (event_id)
    WHERE list_contains(?, event_notice_id)
"""
_COMMENTS = "SELECT comment_id, object_id, text FROM @comments WHERE list_contains(?, comment_id)"
_EVENT_VERBS = {"new_event": "New event", "updated_event": "Update of", "retracted_event": "Retracted:"}
_LONGEST_QUOTE = 300
_YEAR = 31_557_600.0


@dataclass(frozen=True)
class Told:
    """A message in words."""

    title: str
    lines: tuple[str, ...]
    view: str
    """The view of the dashboards that shows more, with its parameters."""
    params: Mapping[str, str]


def tell(db: Database, viewer: Viewer, messages: Sequence[Mapping[str, Any]]) -> dict[int, Told]:
    """What messages (rows of their table) say to a viewer, by identifier; those of which he may read nothing are left out."""
    changes = db.reader.rows(viewer, _CHANGES, [[message["seq"] for message in messages]])
    payloads = {row["seq"]: json.loads(row["payload"]) for row in changes}
    shown = [message for message in messages if message["seq"] in payloads]
    about = [(message, payloads[message["seq"]]) for message in shown]
    notices = _by_number(db, viewer, _NOTICES, "event_notice_id", [payload for _, payload in about])
    comments = _by_number(db, viewer, _COMMENTS, "comment_id", [payload for _, payload in about])
    told = {message["message_id"]: _told(message["occasion"], p, notices, comments) for message, p in about}
    return {number: words for number, words in told.items() if words is not None}


def _by_number(
    db: Database, viewer: Viewer, sql: str, column: str, payloads: Sequence[Mapping[str, Any]]
) -> dict[int, dict[str, Any]]:
    numbers = [int(payload[column]) for payload in payloads if column in payload]
    return {row[column]: row for row in db.reader.rows(viewer, sql, [numbers])} if numbers else {}


def _told(
    occasion: str, payload: Mapping[str, Any], notices: Mapping[int, Any], comments: Mapping[int, Any]
) -> Told | None:
    if occasion == "save":
        object_id = str(payload["object_id"])
        return Told(f"{payload['user']} saved {object_id}", (), "source", {"object_id": object_id})
    if occasion == "sending":
        return _sending(payload)
    if occasion == "mention":
        comment = comments.get(int(payload["comment_id"]))
        return None if comment is None else _mention(str(payload["user"]), comment)
    notice = notices.get(int(payload["event_notice_id"]))
    return None if notice is None else _event(occasion, payload, notice)


def _mention(user: str, comment: Mapping[str, Any]) -> Told:
    text = " ".join(comment["text"].split())
    quoted = text if len(text) <= _LONGEST_QUOTE else f"{text[: _LONGEST_QUOTE - 1]}…"
    object_id = comment["object_id"]
    where = f" on {object_id}" if object_id else ""
    return Told(
        f"{user} mentions you{where}", (quoted,), "source" if object_id else "home", {"object_id": object_id or ""}
    )


def _sending(payload: Mapping[str, Any]) -> Told:
    plan, rule = f"plan {payload['plan_id']}", f"rule {payload['sending_rule_id']}"
    title = {
        "sent": f"By {rule}: {plan} is sent",
        "updated": f"By {rule}: {plan} takes the place of an earlier one",
        "held": f"By {rule}: {plan} is not sent",
        "stopped": f"Sending {rule} has stopped: {plan} is not sent",
        "cancelled": f"By {rule}: {plan} is taken back",
        "taken over": f"{payload['user']} has submitted {plan} of {rule}",
    }[payload["action"]]
    request = f"request {payload['request_id']} of {payload['user']}" if "request_id" in payload else ""
    lines = (f"event {payload['event']}", request, payload["detail"])
    return Told(title, tuple(line for line in lines if line), "plan", {"plan": str(payload["plan_id"])})


def _event(occasion: str, payload: Mapping[str, Any], notice: Mapping[str, Any]) -> Told:
    dateobs = str(dateobs_text(notice["dateobs"]))
    names = [alias.partition("#")[2] for alias in payload["aliases"]]
    title = f"{_EVENT_VERBS[occasion]} {names[0] if names else dateobs} ({notice['notice_type']})"
    lines = [f"{dateobs} UTC, {notice['mission']}, role {notice['role']}"]
    properties, localizations = json.loads(notice["properties"]), json.loads(notice["localizations"])
    if isinstance(far := properties.get("FAR"), float) and far > 0:
        lines.append(f"false alarms: one in {1 / (far * _YEAR):.3g} years")
    if notice["tags"]:
        lines.append(", ".join(notice["tags"]))
    if localizations and localizations[0]["area_90"] is not None:
        lines.append(f"90 % region: {localizations[0]['area_90']:.4g} deg²")
    if notice["retracted_since"] and occasion != "retracted_event":
        lines.append("It has been retracted since.")
    return Told(title, tuple(lines), "events", {"event": payload["aliases"][0] if names else dateobs})
