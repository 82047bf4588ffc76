"""The calendar of reports: the runs of some days, and those that the clock will make."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from skyhub.db import PERSONAL, Database, Viewer, iso, naive_utc
from skyhub.errors import InvalidInput, SkyhubError
from skyhub.reports import cron_times, known_templates, report_templates, runs_due
from skyhub.schedules._occasions import timed_occasions
from skyhub.schedules._schedules import SCHEDULES

__all__ = ["report_calendar"]

_LONGEST = timedelta(days=62)
_MOST = 1000
"""Planned runs of one schedule."""
_SCHEDULES = "SELECT * FROM @schedules WHERE active ORDER BY schedule_id"


def report_calendar(
    db: Database, viewer: Viewer, begin: datetime, end: datetime, as_of: datetime | None = None
) -> dict[str, Any]:
    """What ran, and what the clock will make run, in ``[begin, end)``.

    Parameters
    ----------
    db, viewer
        The database, and who asks.
    begin, end
        The times (UTC), 62 days apart at most.
    as_of
        As it was known at this time; what was to come then is planned.

    Returns
    -------
    dict
        ``runs``: the runs that the viewer may see and that were due then. ``planned``: ``at, report, title, schedule, trigger,
        for_group`` of those to come, of at most a thousand of each schedule; events, localizations and shifts that nobody
        knows yet are not among them.

    Raises
    ------
    InvalidInput
        If the end is not after the beginning, or too long after it.
    """
    if not begin < end <= begin + _LONGEST:
        raise InvalidInput(
            f"from {iso(begin)} to {iso(end)}: up to {_LONGEST.days} days after the beginning are permitted.", "end"
        )
    now = max(as_of or datetime.now(UTC), begin - timedelta(microseconds=1))
    last = end - timedelta(microseconds=1)
    rows = [*_of_releases(db, viewer, now, last), *_of_people(db, viewer, now, last, as_of)] if now < last else []
    planned = sorted(rows, key=lambda row: row["at"])
    runs = runs_due(db, viewer, naive_utc(begin), naive_utc(end), as_of)
    return {"runs": runs, "planned": [{**row, "at": iso(row["at"])} for row in planned]}


def _of_releases(db: Database, viewer: Viewer, after: datetime, until: datetime) -> Iterator[dict[str, Any]]:
    """What the reports' own sidecars say, for the viewer's groups."""
    mine = {g for g in db.access.group_names(db.access.group_ids(viewer)) if not g.startswith(PERSONAL)}
    for template in report_templates().values():
        schedule = template.sidecar.schedule
        if schedule is None:
            continue
        groups = sorted(mine if schedule.groups == "all" else mine.intersection(schedule.groups))
        for at in islice(cron_times(schedule.cron, after, until), _MOST):
            row = {"at": at, "report": template.name, "title": template.sidecar.title, "schedule": None}
            yield from ({**row, "trigger": "cron", "for_group": group} for group in groups)


def _of_people(
    db: Database, viewer: Viewer, after: datetime, until: datetime, as_of: datetime | None
) -> Iterator[dict[str, Any]]:
    titles = {name: template.sidecar.title for name, template in known_templates(db, viewer, as_of).items()}
    for row in db.reader.rows(viewer, _SCHEDULES, (), as_of):
        schedule = SCHEDULES.record(row)
        shown: dict[str, Any] = {"report": schedule.report, "title": titles.get(schedule.report, schedule.report)}
        shown |= {"schedule": schedule.name, "trigger": schedule.trigger, "for_group": schedule.for_group}
        try:
            for occasion in islice(timed_occasions(db, viewer, schedule, after, until), _MOST):
                yield {"at": occasion.at, **shown}
        except SkyhubError:  # its telescope is gone: nothing is planned
            continue
