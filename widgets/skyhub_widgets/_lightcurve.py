"""The light-curve widget."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, cast

import numpy as np
import numpy.typing as npt
import traitlets as t
from skyhub.errors import InvalidInput, SkyhubError

from skyhub_widgets._axes import X_AXES, Y_AXES, LightCurveAxes
from skyhub_widgets._base import SkyhubWidget
from skyhub_widgets._figure import figure_html, light_curve_figure
from skyhub_widgets._overlays import Overlay, overlays_from, pack_overlays
from skyhub_widgets._photometry import NAMES, Photometry, pack, photometry_from
from skyhub_widgets._point_desk import PointDesk
from skyhub_widgets._points_file import FORMATS, points_file, points_table
from skyhub_widgets._shown import Shown, first_detection, shown_photometry
from skyhub_widgets._static import StaticHtml, html_table, text_of
from skyhub_widgets._styles import FILTER_STYLES

if TYPE_CHECKING:
    import holoviews
    from astropy.table import QTable
    from matplotlib.figure import Figure

__all__ = ["LightCurve"]

_SECONDS_PER_DAY = 86400
_MJD_OF_UNIX_EPOCH = 40587
_NEEDED = {"rest_days": "redshift", "phase": "period", "absmag": "distance_modulus"}
_Check = Mapping[str, Any]


def _indices_to_bytes(indices: list[int], widget: object) -> bytes:
    return np.asarray(indices, dtype="<i4").tobytes()


def _indices_from_bytes(buffer: Any, widget: object) -> list[int]:
    return [] if buffer is None else np.frombuffer(buffer, dtype="<i4").tolist()


class LightCurve(SkyhubWidget):
    """Brightness against time or phase, with errors, limits and models, to look at closely, select from and export.

    Parameters
    ----------
    photometry
        A card's ``photometry``, or any table with a time, a filter and a brightness; see :func:`photometry_from`.
    desk
        Who flags and removes points and knows their history, such as :class:`SkyPoints`; None offers none of it.
    overlays
        Models, see the attribute.
    **traits
        Any of the attributes below.

    Attributes
    ----------
    photometry
        The points; assigning others begins a new light curve, with everything in view. `refresh` keeps the view.
    y_axis
        ``mag`` (AB, inverted), ``flux`` (µJy) or ``absmag`` (needs ``distance_modulus``; no K correction).
    x_axis
        ``mjd``, ``utc`` (calendar), ``days_ago``, ``days`` (since t0), ``rest_days`` (the same divided by 1 + z; needs
        ``redshift``) or ``phase`` (needs ``period``).
    t0
        Zero of the days (MJD, UTC), and where bins meet; None is the first detection.
    redshift, distance_modulus
        Of the source; the modulus in mag.
    period, epoch, cycles
        Period (d), where phases begin (MJD; None is t0), and whether phases are shown once (1) or twice (2).
    bin_days
        Width of bins (d), 0 for none: weighted mean fluxes of each filter, instrument and origin.
    ebv, extinction_corrected
        E(B−V) (mag) of the Milky Way's dust before the source, and whether it is taken away, models included.
    overlays
        Models: dictionaries with ``label``, ``filter``, ``mjd``, and ``mag`` (AB) or ``flux`` (µJy).
    hidden_filters, hidden_instruments, hidden_origins
        What is switched off in the legend.
    selected
        Indices of the selected points of ``photometry``, also when bins are shown.
    height
        Height of the plot (CSS pixels).
    """

    module = "lightcurve"
    user_api: ClassVar[list[str]] = [
        "photometry", "refresh", "y_axis", "x_axis", "t0", "redshift", "distance_modulus", "period", "epoch", "cycles",
        "bin_days", "ebv", "extinction_corrected", "overlays", "hidden_filters", "hidden_instruments", "hidden_origins",
        "selected", "selection", "height", "desk", "on_change", "axes", "shown", "figure", "static", "table", "to_table",
        "to_file", "as_holoviews", "observe", "close",
    ]  # fmt: skip

    data = t.Dict().tag(sync=True)
    lines = t.List(t.Dict()).tag(sync=True)
    may = t.List(t.Unicode()).tag(sync=True)
    filter_styles = t.Dict(default_value=dict(FILTER_STYLES)).tag(sync=True)
    y_axis = t.Enum(Y_AXES, default_value="mag").tag(sync=True)
    x_axis = t.Enum(X_AXES, default_value="mjd").tag(sync=True)
    t0 = t.Float(None, allow_none=True).tag(sync=True)
    redshift = t.Float(None, allow_none=True).tag(sync=True)
    distance_modulus = t.Float(None, allow_none=True).tag(sync=True)
    period = t.Float(None, allow_none=True).tag(sync=True)
    epoch = t.Float(None, allow_none=True).tag(sync=True)
    cycles = t.Enum([1, 2], default_value=2).tag(sync=True)
    bin_days = t.Float(0.0).tag(sync=True)
    ebv = t.Float(None, allow_none=True).tag(sync=True)
    extinction_corrected = t.Bool(False).tag(sync=True)
    hidden_filters = t.List(t.Unicode()).tag(sync=True)
    hidden_instruments = t.List(t.Unicode()).tag(sync=True)
    hidden_origins = t.List(t.Unicode()).tag(sync=True)
    selected = t.List(t.Int()).tag(sync=True, to_json=_indices_to_bytes, from_json=_indices_from_bytes)
    height = t.Int(320, min=120).tag(sync=True)

    def __init__(
        self,
        photometry: object = None,
        desk: PointDesk | None = None,
        overlays: Sequence[Mapping[str, Any]] = (),
        **traits: Any,
    ) -> None:
        self._photometry = photometry_from(photometry)
        self._overlays = overlays_from(overlays)
        self._key = 0
        self._shown = Shown(self._photometry)
        self._changed: list[Callable[[], object]] = []
        super().__init__(**traits)
        self.desk = desk
        self._draw()
        self.observe(self._redraw, ["bin_days", "ebv", "extinction_corrected", "t0"])
        self.on_msg(self._received)

    @property
    def photometry(self) -> Photometry:
        return self._photometry

    @photometry.setter
    def photometry(self, table: object) -> None:
        self._photometry = photometry_from(table)
        self._key += 1
        with self.hold_sync():
            self.selected = []
            self._draw()

    @property
    def overlays(self) -> list[Overlay]:
        return self._overlays

    @overlays.setter
    def overlays(self, models: Sequence[Mapping[str, Any]]) -> None:
        self._overlays = overlays_from(models)
        self.lines = pack_overlays(self._overlays, self._dust)

    @property
    def desk(self) -> PointDesk | None:
        """Who flags and removes points and knows their history."""
        return self._desk

    @desk.setter
    def desk(self, desk: PointDesk | None) -> None:
        self._desk = desk
        self.may = list(desk.may) if desk else []

    @property
    def axes(self) -> LightCurveAxes:
        """What is plotted against what."""
        t0 = self._zero
        return LightCurveAxes(
            self.y_axis,
            self.x_axis,
            t0,
            time.time() / _SECONDS_PER_DAY + _MJD_OF_UNIX_EPOCH,
            self.redshift,
            self.distance_modulus,
            self.period,
            t0 if self.epoch is None else self.epoch,
            self.cycles,
        )

    @property
    def shown(self) -> Photometry:
        """The points as they are drawn: without those switched off, corrected, in bins, with ``count`` of each bin."""
        points = self._shown.points
        hidden = dict(zip(NAMES, (self.hidden_filters, self.hidden_instruments, self.hidden_origins), strict=True))
        seen = np.ones(len(points["mjd"]), dtype=bool)
        for name, names in hidden.items():
            seen &= ~np.isin(points[name].astype(str), names) if names else True
        return {name: values[seen] for name, values in points.items()}

    @property
    def selection(self) -> Photometry:
        """The selected points, as columns."""
        return {name: values[self.selected] for name, values in self._photometry.items()}

    def refresh(self, table: object) -> None:
        """Take the points of the same light curve anew; what is in view stays, and so does the selection."""
        chosen = set(self.selection["photometry_id"].tolist()) - {""}
        self._photometry = photometry_from(table)
        ids = self._photometry["photometry_id"].tolist()
        with self.hold_sync():
            self._draw()
            self.selected = [index for index, one in enumerate(ids) if one in chosen]

    def on_change(self, callback: Callable[[], object]) -> None:
        """Call ``callback()`` when points were flagged or removed here."""
        self._changed.append(callback)

    def figure(self, width: float = 7.0, height: float = 3.2) -> Figure:
        """What is shown as a matplotlib figure; size in inches."""
        return light_curve_figure(self.shown, self.axes, self._overlays, self._dust, (width, height))

    def static(self, format: str = "svg") -> StaticHtml:
        """What is shown, for a report, as inline ``svg`` or ``png``."""
        n = len(self.shown["mjd"])
        return figure_html(self.figure(), format, f"Light curve of {n} points")

    def table(self) -> StaticHtml:
        """The shown points as an HTML table, oldest first: for reports and for screen readers."""
        return StaticHtml(photometry_table(self.shown))

    def to_table(self) -> QTable:
        """The shown points as an astropy table with units, oldest first; ``meta`` says what was done with them."""
        return points_table(self.shown, self.axes, self._said())

    def to_file(self, format: str = "ecsv") -> bytes:
        """The shown points as a file: ``csv``, ``ecsv`` or ``parquet``."""
        return points_file(self.to_table(), format)

    def as_holoviews(self, datashade: bool = False) -> holoviews.Element:
        """What is shown as a HoloViews element, with its legend; see :func:`light_curve_elements`."""
        from skyhub_widgets._holoviews import light_curve_elements

        return light_curve_elements(self.shown, self.axes, self._overlays, self._dust, datashade)

    @property
    def _zero(self) -> float:
        given = first_detection(self._photometry) if self.t0 is None else self.t0
        times = self._photometry["mjd"]
        return given if given is not None else float(times.min()) if len(times) else 0.0

    @property
    def _dust(self) -> float:
        return self.ebv if self.extinction_corrected and self.ebv is not None else 0.0

    def _draw(self) -> None:
        self._shown = shown_photometry(self._photometry, self._dust, self.bin_days, self._zero)
        data = {**pack(self._shown.points), "key": self._key, "first": first_detection(self._photometry)}
        if self._shown.bin_of is not None:
            data["bin"] = self._shown.bin_of.astype("<i4").tobytes()
            data["count"] = self._shown.points["count"].astype("<u4").tobytes()
        self.data = data
        self.lines = pack_overlays(self._overlays, self._dust)

    def _redraw(self, change: _Check) -> None:
        if change["name"] != "t0" or self.bin_days:
            self._draw()

    def _said(self) -> dict[str, Any]:
        axes = self.axes
        said: dict[str, Any] = {"photometric_system": "AB", "time": "MJD (UTC)", "ebv_corrected": self._dust}
        said |= {"bin_days": self.bin_days} if self.bin_days else {}
        said |= {"t0": axes.t0} if self.x_axis in ("days", "rest_days") or self.bin_days else {}
        said |= {"redshift": self.redshift} if self.x_axis == "rest_days" else {}
        said |= {"period": self.period, "epoch": axes.epoch} if self.x_axis == "phase" else {}
        return said | ({"distance_modulus": self.distance_modulus} if self.y_axis == "absmag" else {})

    @t.validate("selected")
    def _check_selected(self, proposal: _Check) -> list[int]:
        n = len(self._photometry["mjd"])
        indices: list[int] = proposal["value"]
        if any(not 0 <= index < n for index in indices):
            raise InvalidInput(
                f"Indices {min(indices)} to {max(indices)} were selected of {n} points.", where="selected"
            )
        return indices

    @t.validate("period", "bin_days", "ebv", "redshift", "t0", "epoch", "distance_modulus")
    def _check_number(self, proposal: _Check) -> float | None:
        name, value = proposal["trait"].name, proposal["value"]
        least = {"period": np.nextafter(0, 1), "bin_days": 0.0, "ebv": 0.0, "redshift": np.nextafter(-1, 0)}.get(name)
        if value is not None and not (np.isfinite(value) and (least is None or value >= least)):
            permitted = {"period": "above 0", "redshift": "above -1"}.get(name, "0 or more" if least == 0 else "finite")
            raise InvalidInput(f"{name} is {value}: give a number {permitted}.", where=name)
        return cast(float | None, value)

    @t.validate("x_axis", "y_axis")
    def _check_axis(self, proposal: _Check) -> str:
        axis: str = proposal["value"]
        needed = _NEEDED.get(axis)
        if needed and getattr(self, needed) is None:
            name = proposal["trait"].name
            raise InvalidInput(f"{name} is {axis!r}, which needs {needed}: give it first.", where=needed)
        return axis

    @t.observe("redshift", "period", "distance_modulus")
    def _leave_axis(self, change: _Check) -> None:
        """Without what an axis needs there is no such axis."""
        if change["new"] is None and _NEEDED.get(self.x_axis) == change["name"]:
            self.x_axis = "mjd"
        if change["new"] is None and _NEEDED.get(self.y_axis) == change["name"]:
            self.y_axis = "mag"

    def _received(self, widget: object, content: dict[str, Any], buffers: object) -> None:
        try:
            if content["type"] == "export":
                self._export(content["format"])
            elif self._desk is not None and content["type"] in self.may:
                self._done(content, self._desk)
        except SkyhubError as error:
            self._post({"type": "told", "message": error.message})

    def _export(self, form: str) -> None:
        if form == "svg":
            html = self.static("svg").html
            content, mime = html[html.index("<svg") : html.rindex("</svg>") + 6].encode(), "image/svg+xml"
        else:
            content, mime = self.to_file(form), FORMATS[form]
        self.send({"type": "file", "name": f"light-curve.{form}", "mime": mime}, buffers=[content])

    def _done(self, content: dict[str, Any], desk: PointDesk) -> None:
        chosen: npt.NDArray[Any] = np.asarray(content["indices"], dtype=int)
        ids = [one for one in self._photometry["photometry_id"][chosen].tolist() if one]
        if len(ids) < len(chosen) or not ids:
            raise InvalidInput("These points have no number: they are not from the data service.", where="indices")
        if content["type"] == "history":
            self._post({"type": "told", "versions": desk.history(ids[0])})
            return
        points = self._photometry
        if content["type"] == "flag":
            desk.flag(ids, content["validated"], content["explanation"])
            marks = points["validated"].copy()
            marks[chosen] = float(content["validated"])
            self.refresh({**points, "validated": marks})
            word = "good" if content["validated"] else "bad"
        else:
            desk.remove(ids)
            kept = np.setdiff1d(np.arange(len(points["mjd"])), chosen)
            self.refresh({name: values[kept] for name, values in points.items()})
            word = "removed"
        self._post({"type": "told", "message": f"{len(ids)} {'point' if len(ids) == 1 else 'points'}: {word}."})
        for callback in self._changed:
            callback()


def photometry_table(photometry: Photometry) -> str:
    """The points as an HTML table, oldest first."""
    digits = {"mjd": 5, "mag": 3, "magerr": 3, "limiting_mag": 2, "flux": 3, "fluxerr": 3}
    head = ["MJD", "filter", "mag (AB)", "error", "5σ limit", "flux (µJy)", "error", "instrument", "origin"]
    names = ["mjd", "filter", "mag", "magerr", "limiting_mag", "flux", "fluxerr", "instrument", "origin"]
    order = np.argsort(photometry["mjd"], kind="stable")
    columns = [photometry[name][order].tolist() for name in names]
    rows = ([text_of(v, digits.get(n)) for n, v in zip(names, row, strict=True)] for row in zip(*columns, strict=True))
    return html_table(head, rows)
