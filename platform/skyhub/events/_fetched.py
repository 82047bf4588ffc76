"""Maps that were fetched for notices: stored as localizations of their events, as if they had come with the notice."""

from __future__ import annotations

from concurrent.futures import Future
from datetime import UTC, datetime
from typing import Any

from skyhub.db import ADMINISTRATOR, Database, Stale, Transaction, Viewer, settled
from skyhub.errors import InvalidInput
from skyhub.events._answer import announcement
from skyhub.events._elsewhere import MapsElsewhere, next_try, put_state, state_in_force
from skyhub.events._event import Event
from skyhub.events._identity import EVENTS, localizations_of
from skyhub.events._read import notice_bytes
from skyhub.localizations import Localization, bring, keep_localization
from skyhub.notices import MapLink, read_notice
from skyhub.science.skymaps import read_sky_map

__all__ = ["finish_map"]

_EVENT = """
    SELECT e.*, n.notice_type, n.acl AS notice_acl FROM @event_notices AS n JOIN @events AS e USING (event_id)
    WHERE n.event_notice_id = ?
"""


def finish_map(
    db: Database,
    viewer: Viewer,
    event_notice_id: int,
    url: str,
    content: bytes | None = None,
    detail: str = "",
    final: bool = False,
) -> dict[str, Any]:
    """Store the map that was fetched for a notice, or note why it was not: then it is asked for again, or given up.

    Parameters
    ----------
    db, viewer
        The database, and who fetched it.
    event_notice_id, url
        What was claimed.
    content
        The file; None if there is none.
    detail, final
        Why there is none, and whether it is of no use to ask again.

    Returns
    -------
    dict
        ``state``: got, waiting or given_up, with ``detail`` and ``localization_id``.

    Raises
    ------
    NotFound, Conflict
        If it was not claimed.
    """
    if content is None:
        return _not_got(db, event_notice_id, url, detail, final)
    try:
        sky_map = read_sky_map(content)
    except InvalidInput as error:
        return _not_got(db, event_notice_id, url, f"what lies there is no sky map: {error.message}", False)
    record = keep_localization(db, viewer, sky_map, _name(db, event_notice_id, url))
    return settled(lambda: _attempt(db, viewer, event_notice_id, url, record))


def _attempt(
    db: Database, viewer: Viewer, event_notice_id: int, url: str, record: Localization
) -> Future[dict[str, Any]]:
    commit = db.writer.commits
    [row] = db.reader.rows(ADMINISTRATOR, _EVENT, [event_notice_id])
    event = Event.of_row(row)
    earlier = localizations_of(db, event.event_id)
    brought = bring(db, viewer, [record], event.dateobs, row["notice_acl"], earlier)

    def write(transaction: Transaction) -> dict[str, Any]:
        if transaction.touched_since(EVENTS, commit):
            raise Stale
        claimed = state_in_force(transaction, event_notice_id, url)
        transaction.touch(EVENTS)
        [number] = brought.store(transaction)
        put_state(transaction, claimed, "got", claimed["attempts"], localization_id=number)
        told = announcement(event, "located", viewer.name, event_notice_id, row["notice_type"])
        transaction.announce("events", told, event.acl)
        return {"state": "got", "detail": None, "localization_id": str(number)}

    return db.writer.submit(write)


def _not_got(db: Database, event_notice_id: int, url: str, detail: str, final: bool) -> dict[str, Any]:
    settings, now = db.part(MapsElsewhere).settings, datetime.now(UTC)

    def write(transaction: Transaction) -> dict[str, Any]:
        claimed = state_in_force(transaction, event_notice_id, url)
        tries = claimed["attempts"]
        state = "given_up" if final or tries >= settings.tries else "waiting"
        next_at = None if state == "given_up" else next_try(settings, tries, now)
        put_state(transaction, claimed, state, tries, next_at, detail[:500])
        return {"state": state, "detail": detail, "localization_id": None}

    return db.writer.write(write)


def _name(db: Database, event_notice_id: int, url: str) -> str:
    """How the notice calls the map."""
    notice = read_notice(notice_bytes(db, ADMINISTRATOR, event_notice_id))
    names = (one.name for one in notice.localizations if isinstance(one.source, MapLink) and one.source.url == url)
    return next(names, url.rsplit("/", 1)[-1])
