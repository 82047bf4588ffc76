"""The periodogram widget."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, cast

import numpy as np
import traitlets as t
from skyhub.errors import InvalidInput

from skyhub_widgets._base import SkyhubWidget
from skyhub_widgets._figure import figure_html
from skyhub_widgets._lightcurve import LightCurve
from skyhub_widgets._periodogram_figure import periodogram_figure
from skyhub_widgets._periodogram_texts import band_rows, false_alarm_text, levels_of, peaks_html, relation_of
from skyhub_widgets._static import StaticHtml

if TYPE_CHECKING:
    import holoviews
    from matplotlib.figure import Figure
    from skyhub.client import ObjectPeriodogram

__all__ = ["Periodogram"]

_NEEDED = ("spectrum", "peaks", "window", "bands", "period", "epoch", "grid", "oversampling", "harmonics")


class Periodogram(SkyhubWidget):
    """Power against period or frequency, with peaks to choose from, and the period that is chosen.

    Parameters
    ----------
    found
        What ``sky.periodogram`` gives, or the document of its route; None is an empty widget.
    light_curve
        The light curve that a chosen period folds; see `link`.
    **traits
        Any of the attributes below.

    Attributes
    ----------
    found
        The document; assigning another one chooses its best period, which folds nothing yet.
    period
        The chosen period (d).
    x_axis
        ``period`` (logarithmic) or ``frequency`` (1/d).
    height
        Height of the plot (CSS pixels).
    """

    module = "periodogram"
    user_api: ClassVar[list[str]] = [
        "found", "period", "x_axis", "height", "link", "unlink", "false_alarm", "figure", "static", "table",
        "as_holoviews", "observe", "close",
    ]  # fmt: skip

    data = t.Dict().tag(sync=True)
    period = t.Float(None, allow_none=True).tag(sync=True)
    x_axis = t.Enum(["period", "frequency"], default_value="period").tag(sync=True)
    height = t.Int(220, min=120).tag(sync=True)

    def __init__(
        self,
        found: ObjectPeriodogram | Mapping[str, Any] | None = None,
        light_curve: LightCurve | None = None,
        **traits: Any,
    ) -> None:
        self._found: dict[str, Any] | None = None
        self._curve: LightCurve | None = None
        super().__init__(**traits)
        if found is not None:
            self._take(found, traits.get("period"))
        self.observe(self._fold, "period")
        if light_curve is not None:
            self.link(light_curve)

    @property
    def found(self) -> dict[str, Any] | None:
        return self._found

    @found.setter
    def found(self, found: ObjectPeriodogram | Mapping[str, Any] | None) -> None:
        self.unobserve(self._fold, "period")
        try:
            if found is not None:
                self._take(found, None)
                return
            self._found = None
            with self.hold_sync():
                self.data, self.period = {}, None
        finally:
            self.observe(self._fold, "period")

    @property
    def false_alarm(self) -> str:
        """How probable it is that noise has as high a peak, in words."""
        return false_alarm_text(self._found) if self._found else ""

    def link(self, light_curve: LightCurve) -> None:
        """Fold a light curve with each period that is chosen here, and take over periods that are chosen there."""
        self.unlink()
        self._curve = light_curve
        light_curve.observe(self._take_over, "period")

    def unlink(self) -> None:
        """End the link with a light curve."""
        if self._curve is not None:
            self._curve.unobserve(self._take_over, "period")
            self._curve = None

    def figure(self, width: float = 7.0, height: float = 2.8) -> Figure:
        """The periodogram as a matplotlib figure; size in inches."""
        return periodogram_figure(self._found, self.x_axis, self.period, (width, height))

    def static(self, format: str = "svg") -> StaticHtml:
        """The periodogram and what its peaks are, for a report: an inline ``svg`` or ``png``, and a table."""
        drawn = figure_html(self.figure(), format, "Periodogram").html
        return StaticHtml(drawn + self.table().html)

    def table(self) -> StaticHtml:
        """The peaks as an HTML table, the highest first."""
        return StaticHtml(peaks_html(self._found))

    def as_holoviews(self) -> holoviews.Element:
        """The periodogram as a HoloViews element; see :func:`periodogram_elements`."""
        from skyhub_widgets._holoviews import periodogram_elements

        return periodogram_elements(self._found, self.x_axis, self.period)

    def _take(self, found: ObjectPeriodogram | Mapping[str, Any], period: float | None) -> None:
        document: dict[str, Any] = dict(found if isinstance(found, Mapping) else found.document)
        missing = [name for name in _NEEDED if name not in document]
        if missing:
            raise InvalidInput(
                f"The periodogram has no {', '.join(missing)}. Give what sky.periodogram(object_id) returns.",
                where="found",
            )
        self._found = document
        spectrum = document["spectrum"]
        with self.hold_sync():
            self.data = {
                "frequency": np.asarray(spectrum["frequency"], dtype="<f8").tobytes(),
                "power": np.asarray(spectrum["power"], dtype="<f4").tobytes(),
                "peaks": [{**peak, "text": relation_of(peak)} for peak in document["peaks"]],
                "window": document["window"],
                "levels": levels_of(document),
                "bands": band_rows(document),
                "span": 1 / (document["oversampling"] * document["grid"]["step"]),
                "said": self.false_alarm,
            }
            self.period = document["period"] if period is None else period

    def _fold(self, change: Mapping[str, Any]) -> None:
        if self._curve is None or change["new"] is None:
            return
        with self._curve.hold_sync():
            self._curve.period = change["new"]
            self._curve.epoch = self._found["epoch"] if self._found else self._curve.epoch
            self._curve.x_axis = "phase"

    def _take_over(self, change: Mapping[str, Any]) -> None:
        if self._found is not None and change["new"] is not None:
            self.period = change["new"]

    @t.validate("period")
    def _check_period(self, proposal: Mapping[str, Any]) -> float | None:
        value = proposal["value"]
        if value is not None and not 0 < value < np.inf:
            raise InvalidInput(f"period is {value}: give a number above 0.", where="period")
        return cast(float | None, value)
