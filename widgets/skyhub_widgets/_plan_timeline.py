"""The timeline of a plan: its night, when what is observed how high, and how the probability grows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import traitlets as t
from skyhub.errors import InvalidInput

from skyhub_widgets._base import SkyhubWidget
from skyhub_widgets._plan_data import NO_PLAN, PlannedNight, joint_night, planned_night
from skyhub_widgets._plan_svg import timeline_svg
from skyhub_widgets._static import StaticHtml, html_table, text_of

__all__ = ["PlanTimeline"]


class PlanTimeline(SkyhubWidget):
    """A plan along its nights: exposures by filter under twilights and Moon, airmass, and probability with its bound.

    Plans of several telescopes have a lane for each, under its own twilights and Moon, and a line of probability for each.

    Parameters
    ----------
    plan, timeline
        What ``sky.plans.draft`` or ``load``, and ``sky.plans.timeline`` give; none is an empty widget.
    **traits
        Any of the attributes below.

    Attributes
    ----------
    selected
        The field that is lit, by its number as text; empty for none.
    title
        What is shown; screen readers say it.
    height
        Height of the plots (CSS pixels).
    """

    module = "plan"
    user_api: ClassVar[list[str]] = [
        "show", "show_together", "clear", "follow", "selected", "title", "height", "static", "table", "observe", "close",
    ]  # fmt: skip

    data = t.Dict().tag(sync=True)
    curve = t.Dict().tag(sync=True)
    selected = t.Unicode("").tag(sync=True)
    title = t.Unicode("Plan").tag(sync=True)
    height = t.Int(420, min=200).tag(sync=True)

    def __init__(
        self, plan: Mapping[str, Any] | None = None, timeline: Mapping[str, Any] | None = None, **traits: Any
    ) -> None:
        self._night: PlannedNight = NO_PLAN
        super().__init__(data=NO_PLAN.packed(), **traits)
        if plan is not None:
            self.show(plan, timeline or {})

    def show(self, plan: Mapping[str, Any], timeline: Mapping[str, Any]) -> None:
        """Show another plan; the field that is lit stays so, if it is in it.

        Raises
        ------
        InvalidInput
            If the timeline is none, or of another plan.
        """
        self._take(planned_night(plan, timeline))

    def show_together(self, joint: Mapping[str, Any], timelines: Mapping[str, Any]) -> None:
        """Show plans of several telescopes: what ``sky.plans.together`` and ``sky.plans.timelines`` give.

        Raises
        ------
        InvalidInput
            If the timelines are none, or of other plans.
        """
        self._take(joint_night(joint, timelines))

    def clear(self) -> None:
        """Show nothing."""
        self._take(NO_PLAN)

    def follow(self, mjd: Sequence[float], airmass: Sequence[float | None]) -> None:
        """Draw the airmass of the field that is lit along the night.

        Parameters
        ----------
        mjd
            Times (UTC).
        airmass
            At these times; None where it is down.

        Raises
        ------
        InvalidInput
            If the lengths differ.
        """
        if len(mjd) != len(airmass):
            raise InvalidInput(f"{len(mjd)} times and {len(airmass)} values were given: one each.", "airmass")
        self.curve = {"mjd": list(mjd), "airmass": list(airmass)}

    def static(self) -> StaticHtml:
        """The plots for a report, as inline SVG."""
        return StaticHtml(timeline_svg(self._night, self.title))

    def table(self) -> StaticHtml:
        """The observations as an HTML table."""
        night = self._night
        head = ["field", "filter", "start (MJD)", "airmass", "probability when it ends"]
        rows = [
            [name, band, text_of(start, 5), text_of(height, 2), text_of(probability, 4)]
            for name, band, start, height, probability in zip(
                night.fields, night.filters, night.start.tolist(), night.airmass.tolist(), night.probability.tolist(),
                strict=True,
            )
        ]  # fmt: skip
        return StaticHtml(html_table(head, rows, self.title))

    @t.observe("selected")
    def _forget_curve(self, change: object) -> None:
        self.curve = {}

    def _take(self, night: PlannedNight) -> None:
        self._night = night
        with self.hold_sync():
            if self.selected not in night.fields:
                self.selected = ""
            self.data = night.packed()
