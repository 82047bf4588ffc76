"""Periods of an object on its page: searched when it is asked for, and folding the light curve when one is chosen."""

from __future__ import annotations

import ipywidgets as widgets
from skyhub.client import ObjectPeriodogram
from skyhub.science.periodograms import MAX_HARMONICS

from skyhub_widgets._lightcurve import LightCurve
from skyhub_widgets._periodogram import Periodogram
from skyhub_widgets.dashboard._newest_answer import NewestAnswer
from skyhub_widgets.dashboard._view import Page, alert, button, header, note, row, stack

__all__ = ["PeriodogramSection"]

_LEFT_OUT = 5
_SEARCH, _STOP = "Search for periods", "Stop the search"


class PeriodogramSection:
    """The periodogram of one object.

    Parameters
    ----------
    page
        The page that the section is on.
    light_curve
        What a chosen period folds.
    """

    def __init__(self, page: Page, light_curve: LightCurve) -> None:
        self._page, self._object_id = page, ""
        self.widget = Periodogram(light_curve=light_curve)
        self._shortest = widgets.BoundedFloatText(
            0.1, min=0.001, max=1000, step=0.01, description="From (d)", layout=widgets.Layout(width="180px")
        )
        self._shortest.tooltip = "Shortest period (d)"
        self._harmonics = widgets.BoundedIntText(
            1, min=1, max=MAX_HARMONICS, description="Harmonics", layout=widgets.Layout(width="160px")
        )
        self._harmonics.tooltip = "1: sinusoids, with false-alarm probabilities; 3: other shapes, such as RR Lyrae"
        self._said = widgets.HTML()
        self._button = button(_SEARCH, self._search)
        self._answers = NewestAnswer(page.in_main, in_turn=False)
        controls = row(self._shortest, self._harmonics)
        self.box = stack(header("Periodogram", self._button), controls, self._said, self.widget)
        self.show("")

    def show(self, object_id: str) -> None:
        """Show what was found of an object, which is nothing yet of another one."""
        if object_id == self._object_id and (self.widget.found is not None or self._answers.is_waiting):
            return
        self._object_id = object_id
        self._forget("")

    def _search(self) -> None:
        """Search, or give the search up that is under way."""
        if self._answers.is_waiting:
            self._forget("")
            return
        name, asked = self._object_id, {"min_period": self._shortest.value, "harmonics": self._harmonics.value}
        self._forget(note("Searching …"))
        self._button.description = _STOP
        self._answers.ask(
            lambda going: self._page.sky.periodogram(name, going=going, **asked),
            self._told,
            lambda error: self._forget(alert(error.message)),
        )

    def _told(self, found: ObjectPeriodogram) -> None:
        self.widget.found = found
        self.widget.layout.display = None
        few = [f"{band['filter']} ({band['n_points']})" for band in found.document["left_out"]]
        more = f" and {len(few) - _LEFT_OUT} more" if len(few) > _LEFT_OUT else ""
        left_out = f" Too few points: {', '.join(few[:_LEFT_OUT])}{more}." if few else ""
        self._said.value = note(
            f"{found.document['n_points']} fluxes, one of each exposure.{left_out} Choose a peak to fold the light curve."
        )
        self._button.description = _SEARCH

    def _forget(self, said: str) -> None:
        self._answers.drop()
        self._button.description = _SEARCH
        self.widget.found, self.widget.layout.display, self._said.value = None, "none", said
