"""Schedules: reports that run by themselves, at times, on events, at the end of nights and shifts, and their calendar."""

from skyhub.schedules._calendar import report_calendar
from skyhub.schedules._due import MISSED_AFTER, watch_schedules
from skyhub.schedules._occasions import Occasion, Span, localization_occasions
from skyhub.schedules._schedules import SCHEDULES, ReportSchedule

__all__ = [
    "KINDS", "MISSED_AFTER", "SCHEDULES", "Occasion", "ReportSchedule", "Span", "localization_occasions", "report_calendar",
    "watch_schedules",
]  # fmt: skip

KINDS = (SCHEDULES,)
