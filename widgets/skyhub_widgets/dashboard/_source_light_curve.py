"""The light curve of an object on its page: with what may be done with its points, as the address says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import ipywidgets as widgets

from skyhub_widgets._lightcurve import LightCurve
from skyhub_widgets._point_desk import SkyPoints
from skyhub_widgets.dashboard._address_state import AddressState
from skyhub_widgets.dashboard._view import Page

__all__ = ["LightCurveSection"]

_SHOWN = (
    "t0", "period", "epoch", "cycles", "bin_days", "ebv", "extinction_corrected", "y_axis", "x_axis", "hidden_filters",
    "hidden_instruments", "hidden_origins",
)  # fmt: skip


class LightCurveSection:
    """The light curve of one object.

    Parameters
    ----------
    page
        The page that the section is on.
    changed
        Called when the viewer has changed what is shown.
    done
        Called when the viewer has flagged or removed points.
    """

    def __init__(self, page: Page, changed: Callable[[], object], done: Callable[[], object]) -> None:
        self._desk = SkyPoints(page.sky, "", page.me["scopes"])
        self.widget = LightCurve(desk=self._desk)
        self.widget.on_change(done)
        self._state = AddressState(self.widget, "lc_", _SHOWN, changed)
        self._refused = widgets.HTML()
        self.box = widgets.VBox(
            [self._refused, self.widget], layout=widgets.Layout(flex="1 1 480px", min_width="300px")
        )

    @property
    def params(self) -> dict[str, str]:
        """What is shown, as parameters of the address."""
        return self._state.params

    def show(self, record: Mapping[str, Any], params: Mapping[str, str]) -> None:
        """Show an object's light curve as the address says.

        What the viewer has chosen stays if it is the same object and the address says nothing of its light curve.
        """
        same, self._desk.object_id = self._desk.object_id == record["object_id"], record["object_id"]
        with self.widget.hold_sync():
            if same:
                self.refresh(record)
            else:
                self._tell_place(record)
                self.widget.photometry = record["photometry"]
            if same and not self._state.is_in(params):
                return
            self._refused.value = self._state.take(params, ebv=record["dust"]["ebv"])

    def refresh(self, record: Mapping[str, Any]) -> None:
        """Show what is known of the same object by now; what is in view stays."""
        self._tell_place(record)
        self.widget.refresh(record["photometry"])

    def holds(self, photometry_id: str | int) -> bool:
        """Whether a point is one of those that are shown."""
        return str(photometry_id) in self.widget.photometry["photometry_id"].tolist()

    def _tell_place(self, record: Mapping[str, Any]) -> None:
        self.widget.redshift = (record["redshift"] or {}).get("redshift")
        self.widget.distance_modulus = (record["distance"] or {}).get("distance_modulus")
