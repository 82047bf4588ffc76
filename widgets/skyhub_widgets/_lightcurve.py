"""The light-curve widget."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import traitlets as t
from skyhub.errors import InvalidInput

from skyhub_widgets._base import SkyhubWidget
from skyhub_widgets._figure import figure_html, light_curve_figure
from skyhub_widgets._photometry import Photometry, pack, photometry_from
from skyhub_widgets._static import StaticHtml, html_table, text_of
from skyhub_widgets._styles import FILTER_STYLES

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["LightCurve"]


def _indices_to_bytes(indices: list[int], widget: object) -> bytes:
    return np.asarray(indices, dtype="<i4").tobytes()


def _indices_from_bytes(buffer: Any, widget: object) -> list[int]:
    return [] if buffer is None else np.frombuffer(buffer, dtype="<i4").tolist()


class LightCurve(SkyhubWidget):
    """Magnitudes or fluxes against time, with error bars, upper limits, zoom and selection.

    Parameters
    ----------
    photometry
        A card's ``photometry``, or any table with a time, a filter and a brightness; see :func:`photometry_from`.
    **traits
        Any of the attributes below.

    Attributes
    ----------
    photometry
        The points; assigning new ones redraws.
    y_axis
        ``mag`` (AB, inverted) or ``flux`` (µJy).
    x_axis
        ``mjd`` or ``days`` (days before ``reference_mjd``).
    reference_mjd
        Zero of the day axis (MJD, UTC); None is now.
    hidden_filters
        Filters that are switched off.
    selected
        Indices of the points in the selection box, in time order.
    height
        Height of the plot (CSS pixels).
    """

    module = "lightcurve"
    user_api: ClassVar[list[str]] = [
        "photometry", "y_axis", "x_axis", "reference_mjd", "hidden_filters", "selected", "selection", "height",
        "figure", "static", "table", "observe", "close",
    ]  # fmt: skip

    data = t.Dict().tag(sync=True)
    filter_styles = t.Dict(default_value=dict(FILTER_STYLES)).tag(sync=True)
    y_axis = t.Enum(["mag", "flux"], default_value="mag").tag(sync=True)
    x_axis = t.Enum(["mjd", "days"], default_value="mjd").tag(sync=True)
    reference_mjd = t.Float(None, allow_none=True).tag(sync=True)
    hidden_filters = t.List(t.Unicode()).tag(sync=True)
    selected = t.List(t.Int()).tag(sync=True, to_json=_indices_to_bytes, from_json=_indices_from_bytes)
    height = t.Int(280, min=120).tag(sync=True)

    def __init__(self, photometry: object = None, **traits: Any) -> None:
        self._photometry = photometry_from(photometry)
        super().__init__(data=pack(self._photometry), **traits)

    @property
    def photometry(self) -> Photometry:
        return self._photometry

    @photometry.setter
    def photometry(self, table: object) -> None:
        self._photometry = photometry_from(table)
        with self.hold_sync():
            self.selected = []
            self.data = pack(self._photometry)

    @t.validate("selected")
    def _check_selected(self, proposal: dict[str, Any]) -> list[int]:
        n = len(self._photometry["mjd"])
        indices: list[int] = proposal["value"]
        if any(not 0 <= index < n for index in indices):
            raise InvalidInput(
                f"Indices {min(indices)} to {max(indices)} were selected of {n} points.", where="selected"
            )
        return indices

    @property
    def selection(self) -> Photometry:
        """The selected points, as columns."""
        return {name: values[self.selected] for name, values in self._photometry.items()}

    def figure(self, width: float = 7.0, height: float = 3.2) -> Figure:
        """The light curve as a matplotlib figure; size in inches."""
        return light_curve_figure(self._photometry, self.y_axis, width, height)

    def static(self, format: str = "svg") -> StaticHtml:
        """The light curve for a report, as inline ``svg`` or ``png``."""
        n = len(self._photometry["mjd"])
        return figure_html(self.figure(), format, f"Light curve of {n} points")

    def table(self) -> StaticHtml:
        """The points as an HTML table, oldest first: for reports and for screen readers."""
        return StaticHtml(photometry_table(self._photometry))


def photometry_table(photometry: Photometry) -> str:
    """The points as an HTML table, oldest first."""
    digits = {"mjd": 5, "mag": 3, "magerr": 3, "limiting_mag": 2, "flux": 3, "fluxerr": 3}
    head = ["MJD", "filter", "mag (AB)", "error", "5σ limit", "flux (µJy)", "error", "origin"]
    names = ["mjd", "filter", "mag", "magerr", "limiting_mag", "flux", "fluxerr", "origin"]
    order = np.argsort(photometry["mjd"], kind="stable")
    columns = [photometry[name][order].tolist() for name in names]
    rows = ([text_of(v, digits.get(n)) for n, v in zip(names, row, strict=True)] for row in zip(*columns, strict=True))
    return html_table(head, rows)
