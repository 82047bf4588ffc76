"""Bringing notices in: read, judged, compared with what is there, and kept with the event that they tell of."""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import replace
from datetime import datetime
from typing import Any

from skyhub.config import EventSettings
from skyhub.db import PUBLIC, Database, Stale, Transaction, Viewer, already, settled
from skyhub.errors import InvalidInput
from skyhub.events._answer import Given, Judged, announcement, answer_of, answer_of_duplicate, told_of_maps
from skyhub.events._cuts import passed_over
from skyhub.events._event import RETRACTED, Event, new_event, with_notice
from skyhub.events._identity import EVENTS, duplicate_of, event_of, localizations_of, retracted_before, same_verdict
from skyhub.events._maps import links_of, located
from skyhub.localizations import Brought, bring, keep_localization
from skyhub.notices import LARGEST_NOTICE, Notice, read_notice
from skyhub.records import chosen_groups
from skyhub.team import personal_group

__all__ = ["ingest_notice"]

_PACK = "notices"
_LONGEST_NAME = 500


def ingest_notice(
    db: Database,
    viewer: Viewer,
    content: bytes,
    file: str = "",
    groups: Sequence[str] | None = None,
    settings: EventSettings | None = None,
) -> dict[str, Any]:
    """Bring a notice in; one that cannot be read, or is passed over, is kept with the reason and changes nothing else.

    Parameters
    ----------
    db, viewer
        The database, and who brings it.
    content, file
        Its bytes, and where they are from.
    groups
        Those who alone shall see it and its event, some of the viewer's; by default everybody.
    settings
        Which notices are passed over.

    Returns
    -------
    dict
        ``{"file", "action", "reason", "event", "notice_type", "role", "aliases", "tags", "properties", "retraction",
        "localization", "localizations", "map_links", "event_notice_id"}``, with the action created, updated, duplicate,
        ignored or rejected.

    Raises
    ------
    PermissionRefused
        If the viewer may not bring notices in, or not for these groups.
    """
    viewer.require("ingest" if groups is None else "upload")
    numbers = [] if groups is None else chosen_groups(db, viewer, groups)
    checksum = hashlib.sha256(content).hexdigest()
    given = Given(content, file[:_LONGEST_NAME], viewer, db.access.number(numbers), checksum)
    if known := duplicate_of(db, "checksum", checksum, (given.acl, PUBLIC)):
        return answer_of_duplicate(given, known)
    judged = _judged(db, viewer, content, settings or EventSettings())
    if judged.refused is not None:  # nobody knows whose data are in it: who brought it sees it, and administrators
        given = replace(given, acl=db.access.number([personal_group(db, viewer)]))
    return settled(lambda: _attempt(db, given, judged))


def _judged(db: Database, viewer: Viewer, content: bytes, settings: EventSettings) -> Judged:
    try:
        notice = read_notice(content)
    except InvalidInput as error:
        return Judged(refused=error.message)
    if reason := passed_over(notice, settings):
        return Judged(notice, passed_over=reason)
    try:
        maps = located(notice)
    except InvalidInput as error:
        return Judged(notice, refused=error.message)
    area = maps[0].document["area_90"] if maps else None
    if reason := passed_over(notice, settings, area):
        return Judged(notice, maps, passed_over=reason)
    return Judged(notice, maps, [keep_localization(db, viewer, one.sky_map, one.name) for one in maps])


def _attempt(db: Database, given: Given, judged: Judged) -> Future[dict[str, Any]]:
    commit = db.writer.commits
    notice = judged.notice
    for column, value in (("checksum", given.checksum), ("identifier", notice.identifier if notice else None)):
        if value and judged.refused is None and (known := duplicate_of(db, column, value, (given.acl, PUBLIC))):
            return already(answer_of_duplicate(given, known))
    event = event_of(db, notice, given.acl) if notice else None
    action, reason = _verdict(judged, event)
    if reason is not None and (number := same_verdict(db, given.checksum, action, reason, given.acl)):
        return already(answer_of(given, action, reason, judged, event, number))
    early = bool(notice and action == "created" and retracted_before(db, notice, given.acl))
    brought = _brought(db, given, judged, event) if reason is None else None

    def write(transaction: Transaction) -> dict[str, Any]:
        if transaction.touched_since(EVENTS, commit):
            raise Stale
        transaction.touch(EVENTS)
        changed = _changed(transaction, given, judged, event, early) if reason is None else None
        ids = brought.store(transaction) if brought else []
        return _keep(db, transaction, given, judged, event, changed, action, reason, ids)

    return db.writer.submit(write)


def _verdict(judged: Judged, event: Event | None) -> tuple[str, str | None]:
    """What becomes of a notice, and why if nothing does."""
    if judged.notice is None or judged.refused is not None:
        return "rejected", judged.refused
    if judged.passed_over is not None:
        return "ignored", judged.passed_over
    if event is not None:
        return "updated", None
    if judged.notice.time is None:
        return "ignored", "it retracts an event that is not known here; should it come, it counts as retracted."
    return "created", None


def _changed(transaction: Transaction, given: Given, judged: Judged, event: Event | None, early: bool) -> Event:
    """The version of the event that the notice makes."""
    assert judged.notice is not None
    if event is not None:
        return with_notice(event, judged.notice)
    made = new_event(transaction.next_id("events", "event_id"), judged.notice, given.acl)
    return replace(made, retracted=True, tags=(*made.tags, RETRACTED)) if early else made


def _brought(db: Database, given: Given, judged: Judged, event: Event | None) -> Brought:
    """The localizations of a notice that makes or changes an event, and those that came with it before."""
    assert judged.notice is not None
    after = with_notice(event, judged.notice) if event else new_event(0, judged.notice, given.acl)
    earlier = localizations_of(db, event.event_id) if event else []
    return bring(db, given.viewer, judged.records, after.dateobs, given.acl, earlier)


def _keep(
    db: Database,
    transaction: Transaction,
    given: Given,
    judged: Judged,
    event: Event | None,
    changed: Event | None,
    action: str,
    reason: str | None,
    ids: list[int],
) -> dict[str, Any]:
    number = transaction.next_id("event_notices", "event_notice_id")
    told = changed or event
    row = {
        "event_notice_id": number,
        "event_id": changed.event_id if changed else None,
        "action": action,
        "reason": reason,
        **_columns(judged.notice, told),
        "localizations": json.dumps(told_of_maps(judged.maps, ids)),
        "localization_ids": ids,
        "file": given.file,
        "checksum": given.checksum,
        "author": given.viewer.name,
        **_packed(db, given),
        "acl": given.acl,
    }
    if changed:
        if event:
            transaction.supersede("events", "event_id", {event.event_id: changed.version})
        transaction.insert("events", [changed.row()])
        _announce(transaction, changed, action, judged, given, number)
    transaction.insert("event_notices", [row])
    return answer_of(given, action, reason, judged, told, number, ids)


def _columns(notice: Notice | None, event: Event | None) -> dict[str, Any]:
    if notice is None:
        return {"aliases": [], "tags": [], "map_links": [], "retraction": False}
    ra, dec = notice.position or (None, None)
    return {
        "dateobs": _plain(event.dateobs if event else notice.dateobs),
        "notice_type": notice.notice_type,
        "role": notice.role,
        "mission": notice.mission,
        "form": notice.form,
        "identifier": notice.identifier,
        "issued_at": _plain(notice.issued_at),
        "trigger_time": _plain(notice.time),
        "aliases": list(notice.aliases),
        "tags": list(notice.tags),
        "properties": json.dumps(dict(notice.properties)),
        "ra": ra,
        "dec": dec,
        "map_links": links_of(notice),
        "retraction": notice.retraction,
    }


def _packed(db: Database, given: Given) -> dict[str, Any]:
    """Where the bytes are kept; of more than a notice may have, nothing is."""
    if len(given.content) > LARGEST_NOTICE:
        return {}
    packed = zlib.compress(given.content, 1)
    [at] = db.packs.append(_PACK, [packed])
    return {"pack": _PACK, "notice_at": at, "notice_size": len(packed)}


def _announce(transaction: Transaction, event: Event, action: str, judged: Judged, given: Given, number: int) -> None:
    notice = judged.notice
    assert notice is not None
    happened = "retracted" if notice.retraction else action
    payload = announcement(event, happened, given.viewer.name, number, notice.notice_type)
    transaction.announce("events", payload, event.acl)


def _plain(moment: datetime | None) -> datetime | None:
    return moment and moment.replace(tzinfo=None)
