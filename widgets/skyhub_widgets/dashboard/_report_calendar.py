"""The calendar of reports: a month of runs, done and to come."""

from __future__ import annotations

from calendar import Calendar, month_name
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from html import escape
from typing import Any

import ipywidgets as widgets

from skyhub_widgets.dashboard._view import Page, button, header, note

__all__ = ["ReportCalendar", "month_table"]

_SHOWN = {
    "done": ("✓", "good"),
    "failed": ("✗", "bad"),
    "missed": ("–", "warning"),
    "cancelled": ("⊘", "text-muted"),
    "running": ("▸", "accent"),
    "queued": ("▸", "accent"),
    "planned": ("○", "text-muted"),
}
"""Mark and colour of each state."""
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_NEXT = 5
_CELL = "border:1px solid var(--skyhub-border,#ccd3da);vertical-align:top;padding:3px 5px;height:52px"


class ReportCalendar:
    """A month of runs, and what runs next.

    Parameters
    ----------
    page
        The page that it is on.
    """

    def __init__(self, page: Page) -> None:
        self._page = page
        self._first = datetime.now(UTC).date().replace(day=1)
        self._month, self._next = widgets.HTML(), widgets.HTML()
        turns = (button("‹", lambda: self._turn(-1)), button("Today", self._today), button("›", lambda: self._turn(1)))
        for made, told in zip(turns, ("The month before", "This month", "The month after"), strict=True):
            made.tooltip = told
        self._schedules = button("Schedules", lambda: page.go("schedules"))
        self.box = widgets.VBox([header("Calendar", *turns, self._schedules), self._month, self._next])

    def show(self) -> None:
        """Bring the month up to date."""
        begin, end = self._first, _later(self._first)
        found = self._page.sky.reports.calendar(_midnight(begin), _midnight(end))
        self._month.value = month_table(begin, found["runs"], found["planned"], datetime.now(UTC).date())
        self._next.value = _coming(found["planned"][:_NEXT])

    def _turn(self, months: int) -> None:
        first = self._first
        self._first = _later(first) if months > 0 else (first - timedelta(days=1)).replace(day=1)
        self.show()

    def _today(self) -> None:
        self._first = datetime.now(UTC).date().replace(day=1)
        self.show()


def month_table(
    first: date, runs: Sequence[Mapping[str, Any]], planned: Sequence[Mapping[str, Any]], today: date
) -> str:
    """HTML of a month, with the number of runs of each day by their state; days are those of UTC.

    Parameters
    ----------
    first
        The first of the month.
    runs, planned
        What `sky.reports.calendar` gives.
    today
        The day that is marked.
    """
    states: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for run in runs:
        states[run["due_at"][:10]].append((run["state"], f"{run['due_at'][11:16]} {run['name']}: {run['state']}"))
    for row in planned:
        states[row["at"][:10]].append(("planned", f"{row['at'][11:16]} {row['report']}{_whose(row)}: planned"))
    head = "".join(f'<th scope="col" style="text-align:left;font-weight:600">{day}</th>' for day in _DAYS)
    weeks = Calendar().monthdatescalendar(first.year, first.month)
    body = "".join(
        f"<tr>{''.join(_cell(day, states[day.isoformat()], day == today, day.month == first.month) for day in week)}</tr>"
        for week in weeks
    )
    title = f"{month_name[first.month]} {first.year}"
    key = " · ".join(f"{mark} {state}" for state, (mark, _) in _SHOWN.items() if state != "queued")
    return (
        f'<table style="border-collapse:collapse;table-layout:fixed;width:100%;max-width:900px;font-size:13px">'
        f'<caption style="text-align:left;font-weight:600">{title} (UTC)</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{note(key)}"
    )


def _cell(day: date, states: Sequence[tuple[str, str]], is_today: bool, in_month: bool) -> str:
    if not in_month:
        return f'<td style="{_CELL};opacity:.35">{day.day}</td>'
    counts = Counter(state for state, _ in states)
    marks = " ".join(
        f'<span style="color:var(--skyhub-{colour});white-space:nowrap">{mark}&#8239;{counts[state]}</span>'
        for state, (mark, colour) in _SHOWN.items()
        if counts[state]
    )
    told = escape("\n".join(text for _, text in sorted(states, key=lambda item: item[1])), quote=True)
    edge = ";outline:2px solid var(--skyhub-accent);outline-offset:-2px" if is_today else ""
    number = f"<b>{day.day}</b>" if is_today else str(day.day)
    current = ' aria-current="date"' if is_today else ""
    return f'<td style="{_CELL}{edge}" title="{told}"{current}>{number}<br>{marks}</td>'


def _coming(planned: Sequence[Mapping[str, Any]]) -> str:
    if not planned:
        return note("Nothing more is planned in this month.")
    lines = "".join(
        f"<li>{escape(row['at'][:16].replace('T', ' '))} UTC: {escape(row['title'] + _whose(row))}</li>"
        for row in planned
    )
    return f'<p style="margin:6px 0 2px">Next:</p><ul style="margin:0 0 8px">{lines}</ul>'


def _whose(row: Mapping[str, Any]) -> str:
    told = [row["schedule"] or "", f"for {row['for_group']}" if row["for_group"] else ""]
    shown = ", ".join(part for part in told if part)
    return f" ({shown})" if shown else ""


def _later(first: date) -> date:
    """The first of the month after."""
    return (first + timedelta(days=31)).replace(day=1)


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
