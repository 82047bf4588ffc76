"""When notices and localizations of an event came, drawn along the logarithm of the time since T0."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from typing import Any, TypeAlias

__all__ = ["timeline_html"]

_RIGHT, _TOP, _LANE, _RADIUS = 24, 8, 30, 6
_NARROW = 640
"""A page that is narrower (px) has the drawing that is made for it: all of it is in sight."""
_RULES = (
    f"<style>.skyhub-narrow-timeline{{display:none}}@media (max-width:{_NARROW}px){{.skyhub-narrow-timeline{{display:block}}"
    ".skyhub-wide-timeline{display:none}}</style>"
)
_FIRST = 10.0
"""Seconds after T0 at the left edge; what came before is drawn there."""
_SHORTEST = 600.0
_TICKS = (
    ("10 s", 10), ("1 min", 60), ("10 min", 600), ("1 h", 3600), ("6 h", 21600), ("1 d", 86400), ("3 d", 259200),
    ("10 d", 864000), ("30 d", 2592000), ("1 yr", 31557600), ("10 yr", 315576000),
)  # fmt: skip
_INK, _LINE = "var(--skyhub-text-muted, #54616f)", "var(--skyhub-border, #c9d1da)"
_COLOURS = {"notice": "var(--skyhub-accent, #0b5cad)", "retraction": "var(--skyhub-bad, #b3261e)",
            "map": "var(--skyhub-good, #1a7042)"}  # fmt: skip
_UNITS = (("d", 86400.0), ("h", 3600.0), ("min", 60.0))
_LEAST_AREA, _DECADES = 0.1, 5.6

_Point: TypeAlias = tuple[float, str, str, float]
"""When (s after T0), of which sort, what it is, and how large it is drawn."""


@dataclass(frozen=True)
class _Frame:
    """How wide a drawing is, where its lanes begin, and until when they go (s after T0)."""

    name: str
    width: int
    left: int
    last: float

    def x(self, seconds: float) -> float:
        """Where a time is drawn."""
        part = math.log(max(seconds, _FIRST) / _FIRST) / math.log(self.last / _FIRST)
        return self.left + part * (self.width - self.left - _RIGHT)


def timeline_html(event: Mapping[str, Any], as_of: str | None = None) -> str:
    """A drawing of an event's history: a lane of notices and one of localizations, by when they were issued, else came here.

    Parameters
    ----------
    event
        The event with its notices and localizations, as `sky.events.get` gives it.
    as_of
        The time as of which it is told; it is drawn as a line.
    """
    t0 = _utc(event["trigger_time"])
    notices = [(_since(t0, one["issued_at"] or one["known_at"]), one) for one in event["notices"]]
    brought = {_number(each): when for when, one in reversed(notices) for each in one["localizations"]}
    maps = [(brought.get(_number(one), _since(t0, one["known_at"])), one) for one in event["localizations"]]
    if not notices:
        return ""
    now = [] if as_of is None else [_since(t0, as_of)]
    last = max([*(when for when, _ in (*notices, *maps)), *now, _SHORTEST])
    lanes = (
        ("Notices", [(when, _kind(one), _notice_text(one), 1.0) for when, one in notices]),
        ("Localizations", [(when, "map", _map_text(one), _size(one)) for when, one in maps]),
    )
    frames = (_Frame("wide", 900, 112, last), _Frame("narrow", 360, 84, last))
    spoken = escape(_spoken(event), quote=True)
    return _RULES + "".join(_drawing(frame, lanes, now, spoken) for frame in frames)


def _drawing(frame: _Frame, lanes: Sequence[tuple[str, Sequence[_Point]]], now: Sequence[float], spoken: str) -> str:
    height = _TOP + len(lanes) * _LANE + 24
    parts = [
        *_axis(frame, height - 20),
        *(part for number, (title, points) in enumerate(lanes) for part in _lane(number, title, points, frame)),
        *(_line(frame.x(when), height - 20) for when in now),
    ]
    return (
        f'<svg class="skyhub-{frame.name}-timeline" role="img" aria-label="{spoken}" viewBox="0 0 {frame.width} {height}" '
        f'style="width:100%;max-width:{max(frame.width, _NARROW)}px;height:auto" font-family="inherit" font-size="12" '
        f'fill="{_INK}">{"".join(parts)}</svg>'
    )


def _axis(frame: _Frame, bottom: float) -> Iterator[str]:
    free, x = -math.inf, frame.x
    for text, seconds in _TICKS:
        if seconds > frame.last or x(seconds) < free:
            continue
        free = x(seconds) + 48
        yield f'<line x1="{x(seconds):.1f}" x2="{x(seconds):.1f}" y1="{_TOP}" y2="{bottom}" stroke="{_LINE}"/>'
        yield f'<text x="{x(seconds):.1f}" y="{bottom + 15}" text-anchor="middle">{text}</text>'
    yield f'<text x="0" y="{bottom + 15}">after T0</text>'


def _lane(number: int, title: str, points: Sequence[_Point], frame: _Frame) -> Iterator[str]:
    y = _TOP + (number + 0.5) * _LANE
    yield f'<text x="0" y="{y + 4:.1f}">{title}</text>'
    yield f'<line x1="{frame.left}" x2="{frame.width - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="{_LINE}"/>'
    for when, kind, text, size in points:
        yield (
            f'<circle cx="{frame.x(when):.1f}" cy="{y:.1f}" r="{_RADIUS * size:.1f}" fill="{_COLOURS[kind]}" fill-opacity="0.8">'
            f"<title>{escape(text)}, {_span(when)}</title></circle>"
        )


def _line(x: float, bottom: float) -> str:
    return f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP}" y2="{bottom}" stroke="{_INK}" stroke-dasharray="3 3"/>'


def _number(localization: Mapping[str, Any]) -> str:
    return str(localization["localization_id"])


def _kind(notice: Mapping[str, Any]) -> str:
    return "retraction" if notice["retraction"] else "notice"


def _notice_text(notice: Mapping[str, Any]) -> str:
    return str(notice["notice_type"] or "notice")


def _map_text(one: Mapping[str, Any]) -> str:
    return f"map {one['localization_id']}, 90 % in {one['area_90']:.4g} deg²"


def _size(one: Mapping[str, Any]) -> float:
    """Smaller maps are smaller: by the logarithm of the area, from a half to one and a half."""
    return 0.5 + min(1.0, math.log10(max(one["area_90"], _LEAST_AREA) / _LEAST_AREA) / _DECADES)


def _spoken(event: Mapping[str, Any]) -> str:
    kinds = ", ".join(_notice_text(one) for one in event["notices"])
    return f"Timeline of {len(event['notices'])} notices ({kinds}) and {len(event['localizations'])} localizations"


def _span(seconds: float) -> str:
    sign = "−" if seconds < 0 else "+"
    units = ((unit, length) for unit, length in _UNITS if abs(seconds) >= 1.5 * length)
    unit, length = next(units, ("s", 1.0))
    return f"T0 {sign} {abs(seconds) / length:.3g} {unit}"


def _since(t0: datetime, text: str) -> float:
    return (_utc(text) - t0).total_seconds()


def _utc(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)
