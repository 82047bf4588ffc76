"""The slider of an event: as it was known at round times after T0, when each notice had come, or now."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import ipywidgets as widgets

__all__ = ["KnownWhen"]

_NOW = 0.0
_ROUND = (
    ("10 min", 1 / 6), ("30 min", 0.5), ("1 h", 1.0), ("2 h", 2.0), ("6 h", 6.0), ("1 d", 24.0), ("3 d", 72.0), ("7 d", 168.0),
)  # fmt: skip
_INSTANT = timedelta(milliseconds=1)
"""Times are told to the millisecond: a notice was known at the end of the one that is told."""


class KnownWhen:
    """The slider.

    Parameters
    ----------
    changed
        Called when somebody has chosen another time.
    """

    def __init__(self, changed: Callable[[], object]) -> None:
        self._changed, self._filling = changed, False
        self._t0: datetime | None = None
        self.control = widgets.SelectionSlider(
            options=_options({}), value=_NOW, description="As known", continuous_update=False,
            layout=widgets.Layout(width="420px", max_width="100%"),
        )  # fmt: skip
        self.control.observe(self._moved, "value")

    @property
    def is_now(self) -> bool:
        """Whether it stands at the present."""
        return bool(self.control.value == _NOW)

    @property
    def as_of(self) -> str | None:
        """The time that is chosen; None for now."""
        if self.is_now or self._t0 is None:
            return None
        return (self._t0 + timedelta(hours=self.control.value)).isoformat().replace("+00:00", "Z")

    def offer(self, event: Mapping[str, Any]) -> None:
        """Offer the times at which the notices of an event came, as it is known now."""
        self._t0 = _utc(event["trigger_time"])
        times: dict[float, str] = {}
        for notice in event["notices"]:
            hours = (_utc(notice["known_at"]) + _INSTANT - self._t0).total_seconds() / 3600
            if hours > 0:
                times[hours] = notice["notice_type"]
        self._fill(_options(times))

    def forget(self) -> None:
        """Stand at the present, and know no event."""
        self._t0 = None
        self._fill(_options({}), _NOW)

    def _fill(self, options: tuple[tuple[str, float], ...], value: float | None = None) -> None:
        wanted = self.control.value if value is None else value
        self._filling = True
        try:
            if self.control.options != options:
                self.control.options = options
            self.control.value = wanted if wanted in dict(options).values() else _NOW
        finally:
            self._filling = False

    def _moved(self, change: object) -> None:
        if not self._filling:
            self._changed()


def _options(notices: Mapping[float, str]) -> tuple[tuple[str, float], ...]:
    """Labels and hours after T0, in their order, and now."""
    times = {hours: f"T0 + {text}" for text, hours in _ROUND}
    times |= {hours: f"{kind}, T0 + {_span(hours)}" for hours, kind in notices.items()}
    return (*((times[hours], hours) for hours in sorted(times)), ("now", _NOW))


def _span(hours: float) -> str:
    if hours < 1:
        return f"{hours * 60:.3g} min"
    return f"{hours:.3g} h" if hours < 48 else f"{hours / 24:.4g} d"


def _utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
