"""The horizon of a telescope on the sky of an event, at a time that a slider moves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import ipywidgets as widgets
from skyhub.errors import SkyhubError

from skyhub_widgets.dashboard._view import Page, alert, note, row

__all__ = ["HorizonChoice"]

_NOBODY = ("no telescope", "")
_LINES = (
    ("horizon", "Horizon", "text"),
    ("airmass_2", "Airmass 2", "muted"),
    ("night_side", "90° from the Sun", "warning"),
)
Draw = Callable[[str, Sequence[Any], str], object]


class HorizonChoice:
    """Which telescope, and when.

    Parameters
    ----------
    page
        The page that it is on.
    draw, remove
        Draw lines under a name in a colour, and take them away.
    """

    def __init__(self, page: Page, draw: Draw, remove: Callable[[str], object]) -> None:
        self._page, self._draw, self._remove = page, draw, remove
        self._t0 = datetime.now(UTC)
        self._telescope = widgets.Dropdown(
            description="Horizon of", options=[_NOBODY], layout=widgets.Layout(width="240px", max_width="100%")
        )
        self._from = widgets.Dropdown(
            options=[("from now", "now"), ("from T0", "t0")], layout=widgets.Layout(width="140px")
        )
        self._hours = widgets.FloatSlider(
            min=0, max=24, step=0.25, value=0, description="Hours", readout_format=".2f", continuous_update=False,
            layout=widgets.Layout(width="320px", max_width="100%"),
        )  # fmt: skip
        self._said = widgets.HTML()
        for control in (self._telescope, self._from, self._hours):
            control.observe(lambda _: self.show(), "value")
        self.box = row(self._telescope, self._hours, self._from, self._said)

    def about(self, trigger_time: str) -> None:
        """Take the T0 of an event, and list the telescopes at the first time."""
        self._t0 = datetime.fromisoformat(trigger_time).replace(tzinfo=UTC)
        if len(self._telescope.options) == 1:
            names = [one["nickname"] for one in self._page.sky.telescopes.rows() if one["latitude"] is not None]
            self._telescope.options = [_NOBODY, *((name, name) for name in sorted(names))]
        self.show()

    def show(self) -> None:
        """Draw the horizon that is chosen, or none."""
        self._hours.layout.display = self._from.layout.display = None if self._telescope.value else "none"
        self._said.value = ""
        for _, title, _ in _LINES:
            self._remove(title)
        if not self._telescope.value:
            return
        begin = self._t0 if self._from.value == "t0" else datetime.now(UTC)
        time = begin + timedelta(hours=self._hours.value)
        try:
            found = self._page.sky.observability.sky(self._telescope.value, time)
        except SkyhubError as error:
            self._said.value = alert(error.message)
            return
        for field, title, colour in _LINES:
            self._draw(title, [found[field]], colour)
        self._said.value = note(f"{found['time'][:16].replace('T', ' ')} UTC, Sun at {found['sun_altitude']:.0f}°")
