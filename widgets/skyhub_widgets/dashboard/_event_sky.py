"""The sky of an event: contours of the localizations that are chosen, galaxies, counterparts, Sun and Moon."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

import ipywidgets as widgets

from skyhub_widgets._skyplot import SkyPlot
from skyhub_widgets.dashboard._aladin import AladinView
from skyhub_widgets.dashboard._contours import contours_of
from skyhub_widgets.dashboard._event_horizon import HorizonChoice
from skyhub_widgets.dashboard._view import Page, note, row, stack

__all__ = ["EventSky"]

_LEVELS = (0.5, 0.9)
_LONGEST_NAME = 24
_ON_IMAGES = ("Galaxies", "Counterparts")
_SMALLEST_FOV, _AROUND = 0.5, 2.0
"""Degrees, and how many times the side of a square of the 90 % area is seen at first."""
_COLOURS = ("accent", "warning", "good", "#a855b5", "#0f9a94", "#c2571a", "#7a8b2f", "#d04a84")
"""One for each localization that is drawn at a time."""


class EventSky:
    """A sky plot, and a choice of the localizations whose borders are drawn.

    Parameters
    ----------
    page
        The page that it is on.
    pointed
        Called with the name of a point that was clicked.
    chosen
        Called with the numbers of the localizations when others were chosen.
    """

    def __init__(self, page: Page, pointed: Callable[[str], object], chosen: Callable[[list[str]], object]) -> None:
        self._page, self._chosen = page, chosen
        self._plot = SkyPlot(height=420)
        self._plot.on_click(pointed)
        self._choice, self._told = row(), widgets.HTML()
        self._boxes: dict[str, widgets.Checkbox] = {}
        self._maps: dict[str, Mapping[str, Any]] = {}
        self._borders: dict[str, list[Any]] = {}
        self._drawn: list[str] = []
        self._first: str | None = None
        self._points: dict[str, dict[str, Any]] = {}
        self._aladin = AladinView(self._for_aladin)
        lines = self._plot
        self._horizon = HorizonChoice(
            page, lambda name, ring, paint: lines.set_lines(name, ring, colour=paint), lines.remove
        )
        self.box = stack(self._told, self._choice, lines, self._horizon.box, self._aladin.box)

    def show(
        self, title: str, maps: Sequence[Mapping[str, Any]], first: str | None, wanted: Iterable[str], as_of: str | None
    ) -> None:
        """Draw the borders of the localization that is looked into (``first``), and of others that are ``wanted``."""
        self._plot.title = f"Sky of {title}"
        self._maps = {str(one["localization_id"]): one for one in maps}
        if first != self._first:
            self._aladin.close()
        self._first = first
        shown = [number for number in dict.fromkeys((first, *wanted)) if number in self._maps][: len(_COLOURS)]
        self._boxes = {number: self._checkbox(number, number in shown, number == first) for number in self._maps}
        self._choice.children = tuple(self._boxes.values()) if len(self._maps) > 1 else ()
        self._told.value = note(self._text(first))
        for name in self._drawn:
            self._plot.remove(name)
        self._drawn = []
        for number, colour in zip(shown, _COLOURS, strict=False):
            self._draw(str(number), colour, as_of)

    def in_one(self) -> AbstractContextManager[None]:
        """Within this, what is drawn is sent to the browser at the end, once."""
        held: AbstractContextManager[None] = self._plot.hold_sync()
        return held

    def show_horizon(self, trigger_time: str) -> None:
        """Offer horizons of telescopes at times after the T0 of an event."""
        self._horizon.about(trigger_time)

    def show_points(self, name: str, rows: Sequence[Mapping[str, Any]], label: str, colour: str) -> None:
        """Show places (``ra, dec``) of rows under a name."""
        ra, dec = ([one[axis] for one in rows] for axis in ("ra", "dec"))
        labels = [str(one[label]) for one in rows]
        self._plot.set_points(name, ra, dec, labels, colour)
        self._points[name] = {"name": name, "color": colour, "points": [*zip(ra, dec, labels, strict=True)]}

    def _for_aladin(self) -> dict[str, Any]:
        """The localization that is looked into, galaxies and counterparts."""
        points = [self._points[name] for name in _ON_IMAGES if name in self._points]
        if self._first is None:
            return {"ra": 0.0, "dec": 0.0, "fov": 180.0, "lines": [], "points": points}
        one = self._maps[self._first]
        lines = [{"name": f"Map {self._first}", "color": _COLOURS[0], "lines": self._borders[self._first]}]
        fov = min(180.0, max(_SMALLEST_FOV, _AROUND * one["area_90"] ** 0.5))
        return {"ra": one["max_ra"], "dec": one["max_dec"], "fov": fov, "lines": lines, "points": points}

    def _draw(self, number: str, colour: str, as_of: str | None) -> None:
        if number not in self._borders:
            found = contours_of(self._page.sky, number, _LEVELS, as_of)
            self._borders[number] = [line for lines in found.values() for line in lines]
        name = f"Map {number} ({', '.join(f'{level:.0%}' for level in _LEVELS)})"
        self._plot.set_lines(name, self._borders[number], colour=colour)
        self._drawn.append(name)

    def _checkbox(self, number: str, shown: bool, first: bool) -> widgets.Checkbox:
        one = self._maps[number]
        made = widgets.Checkbox(
            value=shown, disabled=first, indent=False, layout=widgets.Layout(width="auto", max_width="100%"),
            description=f"{number}: {one['notice_type'] or _short(one['name'])}, {_area(one)} deg²",
        )  # fmt: skip
        made.tooltip = f"Draw the borders of {one['name']}"
        made.observe(lambda _: self._chosen([n for n, box in self._boxes.items() if box.value]), "value")
        return made

    def _text(self, first: str | None) -> str:
        if first is None:
            return "No localization has come yet: Sun and Moon at T0, and the galactic plane."
        one = self._maps[first]
        others = " Borders of others may be drawn beside it." if len(self._maps) > 1 else ""
        return f"Map {first}, {one['name']}: 90 % in {_area(one)} deg²; Sun and Moon at T0.{others}"


def _area(one: Mapping[str, Any]) -> str:
    return f"{one['area_90']:.{0 if one['area_90'] >= 10 else 2}f}"


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"
