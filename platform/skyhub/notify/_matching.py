"""Which rules tell of which causes: by occasion, by what their authors may read, and by what events are like."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from skyhub.candidates import OwnersBook
from skyhub.db import Database, Viewer
from skyhub.events import passed_over
from skyhub.notices import Notice
from skyhub.notify._causes import Cause
from skyhub.notify._rules import Conditions, Rule

__all__ = ["Match", "matches", "meets", "notices_of"]

_SEEN = "SELECT seq FROM @changes WHERE list_contains(?, seq)"
_NOTICES = """
    SELECT event_notice_id, event_id, form, notice_type, role, mission, trigger_time, tags, properties, retraction,
        localizations
    FROM @event_notices WHERE event_id IN (SELECT unnest(?::BIGINT[]))
"""


@dataclass(frozen=True)
class Match:
    """What a user is to be told, by which rules, and through which channels (by name)."""

    user: str
    cause: Cause
    rule_ids: list[int]
    channels: frozenset[str]
    urgent: bool


def matches(
    db: Database, rules: Sequence[tuple[int, str, Any, Rule]], causes: Sequence[Cause]
) -> tuple[list[Match], set[str]]:
    """Whom to tell of what: once per user and cause, however many rules say so.

    Parameters
    ----------
    db
        The database.
    rules
        Identifier, author, since when it is followed, and the rule.
    causes
        What has happened.

    Returns
    -------
    tuple
        The matches, and the names of those who may have to be told, but whose rights cannot be known now.
    """
    found, unknown = list[Match](), set[str]()
    for author in sorted({author for _, author, _, _ in rules}):
        own = [(number, since, rule) for number, name, since, rule in rules if name == author and rule.active]
        wanted = [cause for cause in causes if any(_applies(cause, author, since, rule) for _, since, rule in own)]
        if not wanted:
            continue
        viewers = db.part(OwnersBook).known([author])
        if author not in viewers:
            unknown.add(author)
        elif (viewer := viewers[author]) is not None:
            found += _of_author(db, viewer, own, wanted)
    return found, unknown


def _of_author(
    db: Database, viewer: Viewer, own: Sequence[tuple[int, Any, Rule]], wanted: Sequence[Cause]
) -> Iterable[Match]:
    seen = {row["seq"] for row in db.reader.rows(viewer, _SEEN, [[cause.seq for cause in wanted]])}
    causes = [cause for cause in wanted if cause.seq in seen]
    notices = notices_of(db, viewer, {int(c.payload["event_id"]) for c in causes if c.about.startswith("events/")})
    for cause in causes:
        told = [
            (number, rule)
            for number, since, rule in own
            if _applies(cause, viewer.name, since, rule) and _fits(db, viewer, cause, rule, notices)
        ]
        if told:
            channels = frozenset[str]().union(*(rule.channels for _, rule in told))
            yield Match(viewer.name, cause, [n for n, _ in told], channels, any(rule.urgent for _, rule in told))


def _applies(cause: Cause, author: str, since: Any, rule: Rule) -> bool:
    """Whether a rule is about such causes at all; nobody is told of what precedes the rule, or was done by oneself."""
    if cause.occasion not in rule.occasions or cause.known_at < since:
        return False
    if cause.occasion == "mention":
        return author in cause.payload["mentions"] and cause.user != author
    return cause.occasion != "save" or cause.user != author


def _fits(
    db: Database, viewer: Viewer, cause: Cause, rule: Rule, notices: Mapping[str, Sequence[Mapping[str, Any]]]
) -> bool:
    if cause.occasion in ("mention", "sending"):
        return True
    if cause.occasion == "save":
        groups = db.access.members(cause.acl)[0] & db.access.group_ids(viewer)
        return bool(groups & {db.access.groups.get(name, -1) for name in rule.saved_for} if rule.saved_for else groups)
    rows = notices.get(cause.about, ())
    if cause.occasion == "retracted_event":
        rows = [row for row in rows if not row["retraction"]]
    else:
        rows = [row for row in rows if str(row["event_notice_id"]) == cause.payload.get("event_notice_id")]
    return any(meets(row, rule.conditions) for row in rows)


def notices_of(db: Database, viewer: Viewer, event_ids: Collection[int]) -> dict[str, list[dict[str, Any]]]:
    """The notices of some events that a viewer may see, by ``events/NUMBER``."""
    found: dict[str, list[dict[str, Any]]] = {}
    for row in db.reader.rows(viewer, _NOTICES, [sorted(event_ids)]) if event_ids else ():
        found.setdefault(f"events/{row['event_id']}", []).append(row)
    return found


def meets(row: Mapping[str, Any], conditions: Conditions) -> bool:
    """Whether a notice, as a row of `notices_of`, is as conditions ask."""
    localizations = json.loads(row["localizations"])
    notice = Notice(
        form=row["form"],
        notice_type=row["notice_type"],
        role=row["role"],
        mission=row["mission"],
        time=row["trigger_time"],
        tags=tuple(row["tags"]),
        properties=json.loads(row["properties"]),
        retraction=row["retraction"],
    )
    area = localizations[0]["area_90"] if localizations else None
    return set(conditions.tags) <= set(notice.tags) and passed_over(notice, conditions, area) is None
