"""An event as it is known, and what a notice changes of it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from skyhub.notices import Notice, Property, Role, dateobs_of, rate_tags

__all__ = ["Event", "dateobs_text", "new_event", "with_notice"]

RETRACTED = "retracted"
_SECOND = timedelta(seconds=1)
_EITHER_OR = (
    frozenset(("Significant", "Subthreshold")),
    frozenset(("BNS", "NSBH", "BBH", "MassGap", "Terrestrial", "Burst")),
    frozenset(
        ("GRB", "Not GRB", "Solar flare", "Particles", "Below horizon", "Unreliable location", "SGR", "Transient")
    ),
    frozenset(("long", "short")),
    frozenset(rate_tags(0.0)),
)
"""Tags of which the newest notice's stand alone."""


@dataclass(frozen=True)
class Event:
    """One version of an event."""

    event_id: int
    version: int
    dateobs: datetime
    trigger_time: datetime
    role: Role
    missions: tuple[str, ...]
    aliases: tuple[str, ...]
    tags: tuple[str, ...]
    properties: Mapping[str, Property]
    retracted: bool
    n_notices: int
    newest_notice_at: datetime | None
    """When the newest notice was issued that says what the event is: retractions do not."""
    acl: int

    @classmethod
    def of_row(cls, row: Mapping[str, Any]) -> Event:
        """From its row."""
        return cls(
            event_id=row["event_id"],
            version=row["version"],
            dateobs=row["dateobs"].replace(tzinfo=UTC),
            trigger_time=row["trigger_time"].replace(tzinfo=UTC),
            role=row["role"],
            missions=tuple(row["missions"]),
            aliases=tuple(row["aliases"]),
            tags=tuple(row["tags"]),
            properties=json.loads(row["properties"]),
            retracted=row["retracted"],
            n_notices=row["n_notices"],
            newest_notice_at=row["newest_notice_at"] and row["newest_notice_at"].replace(tzinfo=UTC),
            acl=row["acl"],
        )

    def row(self) -> dict[str, Any]:
        """As a row of ``events``."""
        far = self.properties.get("FAR")
        return {
            **vars(self),
            "dateobs": self.dateobs.replace(tzinfo=None),
            "trigger_time": self.trigger_time.replace(tzinfo=None),
            "newest_notice_at": self.newest_notice_at and self.newest_notice_at.replace(tzinfo=None),
            "missions": list(self.missions),
            "aliases": list(self.aliases),
            "tags": list(self.tags),
            "properties": json.dumps(dict(self.properties)),
            "far": far if isinstance(far, float) else None,
        }


def dateobs_text(dateobs: datetime | None) -> str | None:
    """How an event is called by its time, as ``2019-04-25T08:18:05``."""
    return None if dateobs is None else dateobs.strftime("%Y-%m-%dT%H:%M:%S")


def new_event(event_id: int, notice: Notice, acl: int) -> Event:
    """The first version of an event that a notice makes; the notice has a time."""
    assert notice.time is not None
    return Event(
        event_id=event_id,
        version=1,
        dateobs=dateobs_of(notice.time),
        trigger_time=notice.time,
        role=notice.role,
        missions=(notice.mission,),
        aliases=notice.aliases,
        tags=(*notice.tags, *((RETRACTED,) if notice.retraction else ())),
        properties=dict(notice.properties),
        retracted=notice.retraction,
        n_notices=1,
        newest_notice_at=None if notice.retraction else notice.issued_at,
        acl=acl,
    )


def with_notice(event: Event, notice: Notice) -> Event:
    """The next version of an event: what the newer of its notices say stands, and one that was retracted stays so."""
    late = bool(event.newest_notice_at and notice.issued_at and notice.issued_at < event.newest_notice_at)
    older, newer = (notice, event) if late else (event, notice)
    retracted = event.retracted or notice.retraction
    tags = [tag for tag in _merged_tags(older.tags, newer.tags) if tag != RETRACTED]
    issued = [at for at in (event.newest_notice_at, None if notice.retraction else notice.issued_at) if at]
    time = _finer_time(event, notice)
    return replace(
        event,
        version=event.version + 1,
        dateobs=dateobs_of(time),
        trigger_time=time,
        missions=_union(event.missions, (notice.mission,)),
        aliases=_union(event.aliases, notice.aliases),
        tags=(*tags, *((RETRACTED,) if retracted else ())),
        properties={**older.properties, **newer.properties},
        retracted=retracted,
        n_notices=event.n_notices + 1,
        newest_notice_at=max(issued, default=None),
    )


def _finer_time(event: Event, notice: Notice) -> datetime:
    """The time of the event; if it was told to a whole second, which may be cut off, the first that is told more finely."""
    if notice.time is None or event.trigger_time.microsecond or abs(notice.time - event.trigger_time) >= _SECOND:
        return event.trigger_time
    return notice.time


def _merged_tags(older: Sequence[str], newer: Sequence[str]) -> tuple[str, ...]:
    gone = frozenset[str]().union(*(group for group in _EITHER_OR if not group.isdisjoint(newer)))
    return _union([tag for tag in older if tag not in gone or tag in newer], newer)


def _union(one: Sequence[str], other: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*one, *other)))
