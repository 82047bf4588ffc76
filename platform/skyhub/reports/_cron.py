"""Times of cron expressions, and the runs that the sidecars of reports ask for: once for each time and group."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import takewhile

from cronsim import CronSim, CronSimError

from skyhub.db import ADMINISTRATOR, PERSONAL, Database, Viewer
from skyhub.errors import InvalidInput
from skyhub.reports._catalog import ReportTemplate
from skyhub.reports._runs import SCHEDULER, request_run

__all__ = ["cron_times", "due_times", "request_due_runs"]

_CATCH_UP = timedelta(hours=12)
_ASKED = "SELECT schedule_key, report_id FROM @report_runs WHERE schedule_key IN (SELECT unnest(?::VARCHAR[]))"


def due_times(cron: str, after: datetime, until: datetime) -> list[datetime]:
    """The times of a cron expression (UTC) in ``(after, until]``.

    Raises
    ------
    InvalidInput
        If the expression is none.
    """
    return list(cron_times(cron, after, until))


def cron_times(cron: str, after: datetime, until: datetime) -> Iterator[datetime]:
    """The same, one by one."""
    try:
        times = CronSim(cron, after.astimezone(UTC))
    except CronSimError as error:
        raise InvalidInput(
            f"{cron!r} is no schedule: five cron fields such as '0 16 * * *' are permitted ({error})."
        ) from error
    return takewhile(lambda moment: moment <= until, times)


def request_due_runs(db: Database, templates: Iterable[ReportTemplate], now: datetime) -> list[str]:
    """Ask for the newest due run of each scheduled report and group that has not been asked for.

    A run that was missed by less than twelve hours, because nothing ran, is caught up.
    """
    due: dict[str, tuple[ReportTemplate, str, datetime]] = {}
    for template in templates:
        schedule = template.sidecar.schedule
        times = due_times(schedule.cron, now - _CATCH_UP, now) if schedule else []
        if schedule is None or not times:
            continue
        groups = (
            [g for g in db.access.groups if not g.startswith(PERSONAL)] if schedule.groups == "all" else schedule.groups
        )
        for group in (g for g in groups if g in db.access.groups):
            due[f"{template.name}/{group}/{times[-1]:%Y-%m-%dT%H:%MZ}"] = template, group, times[-1]
    asked = {row["schedule_key"]: str(row["report_id"]) for row in db.reader.rows(ADMINISTRATOR, _ASKED, [list(due)])}
    for key, (template, group, time) in due.items():
        if key not in asked:
            viewer = Viewer(SCHEDULER, frozenset({group}), scopes=frozenset({"view", "report"}))
            asked[key] = request_run(db, viewer, template, {}, [group], key, time)
    return [asked[key] for key in due]
