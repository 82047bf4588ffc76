"""What is answered to who brings a notice in."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC
from typing import Any

from skyhub.db import Viewer
from skyhub.events._event import RETRACTED, Event, dateobs_text
from skyhub.events._maps import Located, links_of
from skyhub.localizations import Localization
from skyhub.notices import Notice

__all__ = ["Given", "Judged", "announcement", "answer_of", "answer_of_duplicate", "told_of_maps"]


@dataclass(frozen=True)
class Given:
    """What came: the bytes, the name of their file, who brought them, who shall see them, and their SHA-256."""

    content: bytes
    file: str
    viewer: Viewer
    acl: int
    checksum: str


@dataclass(frozen=True)
class Judged:
    """What is made of it: the notice if it could be read, its maps, and why it is not kept if so."""

    notice: Notice | None = None
    maps: Sequence[Located] = ()
    records: Sequence[Localization] = ()
    """The maps as they are to be stored."""
    refused: str | None = None
    passed_over: str | None = None


def announcement(event: Event, action: str, user: str, event_notice_id: int, notice_type: str) -> dict[str, Any]:
    """What is told live of an event: created, updated, retracted, or located by a map that was fetched."""
    return {
        "action": action,
        "user": user,
        "event_id": str(event.event_id),
        "event_notice_id": str(event_notice_id),
        "event": dateobs_text(event.dateobs),
        "role": event.role,
        "notice_type": notice_type,
        "aliases": list(event.aliases),
        "retracted": event.retracted,
    }


def answer_of(
    given: Given,
    action: str,
    reason: str | None,
    judged: Judged,
    event: Event | None,
    number: int,
    ids: Sequence[int] = (),
) -> dict[str, Any]:
    """The answer for a notice of a number that was judged now.

    Parameters
    ----------
    given, judged
        What came, and what was made of it.
    action, reason
        What became of it, and why if nothing did.
    event
        The event that it tells of.
    number
        Under which it is kept.
    ids
        Numbers of its localizations, if they were stored.
    """
    notice = judged.notice
    localizations = [] if action == "rejected" else told_of_maps(judged.maps, ids)
    return {
        "file": given.file,
        "action": action,
        "reason": reason,
        "event": dateobs_text(event.dateobs if event else notice.dateobs if notice else None),
        "notice_type": notice.notice_type if notice else None,
        "role": notice.role if notice else None,
        "aliases": list(dict.fromkeys((*(notice.aliases if notice else ()), *(event.aliases if event else ())))),
        "tags": [*notice.tags, *([RETRACTED] if notice.retraction else [])] if notice else [],
        "properties": dict(notice.properties) if notice else {},
        "retraction": bool(notice and notice.retraction),
        "localization": localizations[0] if localizations else None,
        "localizations": localizations,
        "map_links": links_of(notice) if notice else [],
        "event_notice_id": str(number),
    }


def told_of_maps(maps: Sequence[Located], ids: Sequence[int]) -> list[dict[str, Any]]:
    """What is told of the localizations of a notice; with their numbers, if they were stored."""
    if not ids:
        return [one.document for one in maps]
    return [{**one.document, "localization_id": str(number)} for one, number in zip(maps, ids, strict=True)]


def answer_of_duplicate(given: Given, known: dict[str, Any]) -> dict[str, Any]:
    """The answer for a notice whose like is there already, by the row of that one."""
    same = known["checksum"] == given.checksum
    localizations = json.loads(known["localizations"])
    return {
        "file": given.file,
        "action": "duplicate",
        "reason": None if same else f"{known['identifier']} is there already, with other content.",
        "event": dateobs_text(known["dateobs"] and known["dateobs"].replace(tzinfo=UTC)),
        "notice_type": known["notice_type"],
        "role": known["role"],
        "aliases": known["aliases"],
        "tags": [*known["tags"], *([RETRACTED] if known["retraction"] else [])],
        "properties": json.loads(known["properties"]),
        "retraction": known["retraction"],
        "localization": localizations[0] if localizations else None,
        "localizations": localizations,
        "map_links": known["map_links"],
        "event_notice_id": str(known["event_notice_id"]),
    }
