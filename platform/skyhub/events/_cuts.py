"""Which notices are passed over, and why."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase

from skyhub.config import EventSettings
from skyhub.notices import Notice

__all__ = ["passed_over"]


def passed_over(notice: Notice, settings: EventSettings, area_90: float | None = None) -> str | None:
    """Why a notice is passed over by the settings; None if it is kept. Retractions fall under role and type alone.

    Parameters
    ----------
    notice
        The notice.
    settings
        What is kept.
    area_90
        Area of the 90 % region of its localization (deg²), if there is one.
    """
    return next(_reasons(notice, settings, area_90), None)


def _reasons(notice: Notice, settings: EventSettings, area_90: float | None) -> Iterator[str]:
    if notice.role not in settings.roles:
        yield f"its role is {notice.role}: {', '.join(settings.roles)} are kept (events.roles)."
    if not any(fnmatchcase(notice.notice_type, pattern) for pattern in settings.types):
        yield f"its type is {notice.notice_type}: {', '.join(settings.types)} are kept (events.types)."
    for pattern in settings.ignored_types:
        if fnmatchcase(notice.notice_type, pattern):
            yield f"its type is {notice.notice_type}: {pattern} is passed over (events.ignored_types)."
    if notice.retraction:
        return
    for tag in settings.ignored_tags:
        if tag in notice.tags:
            yield f"it has the tag {tag}, which is passed over (events.ignored_tags)."
    yield from _of_numbers(notice, settings)
    if settings.largest_area is not None and area_90 is not None and area_90 > settings.largest_area:
        yield f"its 90 % region has {area_90:.0f} deg²: {settings.largest_area:g} at most are kept (events.largest_area)."


def _of_numbers(notice: Notice, settings: EventSettings) -> Iterator[str]:
    highest = (
        dict(settings.highest) if settings.highest_far is None else {**settings.highest, "FAR": settings.highest_far}
    )
    for name, value in notice.properties.items():
        if isinstance(value, bool | str):
            continue
        if name in settings.lowest and value < settings.lowest[name]:
            yield f"its {name} is {value:g}: {settings.lowest[name]:g} at least are kept (events.lowest)."
        if name in highest and value > highest[name]:
            yield f"its {name} is {value:g}: {highest[name]:g} at most are kept (events.highest)."
