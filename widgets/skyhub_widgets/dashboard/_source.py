"""Source: all that is known of one object."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any, NamedTuple

import ipywidgets as widgets
from skyhub.errors import NotFound

from skyhub_widgets._cutouts import KINDS, CutoutTriplet, image_url
from skyhub_widgets._static import html_table, text_of
from skyhub_widgets._table import RecordTable
from skyhub_widgets.dashboard._columns import FILTER, MAGNITUDE, score, time_of
from skyhub_widgets.dashboard._noted import NOTED, noted_html, summary_html
from skyhub_widgets.dashboard._source_fits import FitSection
from skyhub_widgets.dashboard._source_light_curve import LightCurveSection
from skyhub_widgets.dashboard._source_panels import SourcePanels
from skyhub_widgets.dashboard._source_periodogram import PeriodogramSection
from skyhub_widgets.dashboard._source_spectra import SpectraSection
from skyhub_widgets.dashboard._together import together
from skyhub_widgets.dashboard._upload import UploadPanel
from skyhub_widgets.dashboard._view import Page, heading, note

__all__ = ["SourceView"]

_ALERT_COLUMNS: list[dict[str, Any]] = [
    {"field": "candid", "title": "Alert"},
    time_of("Time"),
    FILTER,
    MAGNITUDE,
    {"field": "magerr", "title": "Error", "unit": "mag", "kind": "number", "digits": 2},
    score("rb"),
    score("drb"),
]
_TOLD = NOTED | {"decision", "photometry", "requests", "sources"}
"""Kinds of live changes after which there may be more to know of an object."""


class _Known(NamedTuple):
    """What is read of an object for its page."""

    record: dict[str, Any]
    fits: list[dict[str, Any]]
    spectra: list[dict[str, Any]]
    cutouts: Mapping[str, str | None]
    """Of the newest alert, as data URLs."""


class SourceView:
    """One object: position, statistics, cutouts, light curve, what was noted of it, alerts, decisions.

    Parameters
    ----------
    page
        The page that the view is on.
    """

    def __init__(self, page: Page) -> None:
        self._page = page
        self._object_id = ""
        self._seq = 0
        self._alerts_shown: object = None
        self._name = heading("Source")
        self._head = widgets.HTML()
        self._panels = SourcePanels(page, self._renew)
        self._facts = widgets.HTML()
        self._cutouts = CutoutTriplet()
        self._light_curve = LightCurveSection(page, self._keep, self._renew)
        self._periodogram = PeriodogramSection(page, self._light_curve.widget)
        self._fits = FitSection(page, self._light_curve.widget)
        self._alerts = RecordTable(
            columns=_ALERT_COLUMNS, id_field="candid", table_key="alerts", title="Alerts", page_size=10
        )
        self._alerts.on_click(self._show_cutouts)
        self._noted = widgets.HTML()
        left = widgets.VBox([self._cutouts, self._facts], layout=widgets.Layout(flex="0 1 560px", min_width="300px"))
        middle = widgets.HBox(
            [left, self._light_curve.box],
            layout=widgets.Layout(flex_flow="row wrap", overflow="visible", grid_gap="12px"),
        )
        self._upload: UploadPanel | None = None
        self._upload_place = widgets.VBox()
        self._spectra = SpectraSection(page, self._keep, self._renew, self._ask_for_data)
        self._known = widgets.VBox(
            [
                self._panels, middle, self._periodogram.box, self._fits.box, self._spectra.box, self._upload_place,
                self._noted, self._alerts,
            ]
        )  # fmt: skip
        self.box = widgets.VBox([self._name, self._head, self._known])

    def show(self, params: Mapping[str, str]) -> None:
        """Show the object ``object_id`` of the address."""
        before, self._object_id = self._object_id, params.get("object_id", "")
        self._name.value = heading(self._object_id or "Source").value
        if not self._object_id:
            self._say("No object was named: find one by name or coordinates in the box above.")
            return
        try:
            known = self._read()
        except NotFound as error:
            self._say(error.message)
            return
        record = known.record
        if self._upload is not None and self._object_id != before:
            self._upload.hide()
        self._light_curve.show(record, params)
        self._periodogram.show(self._object_id)
        self._fits.show(self._object_id, known.fits)
        self._spectra.show(self._object_id, known.spectra, (record["redshift"] or {}).get("redshift"), params)
        self._show_known(known)
        self._keep()

    def hear(self, event: Mapping[str, Any]) -> None:
        """What others change of this object is shown at once, and what the viewer has changed is not read again."""
        self._fits.hear(event)
        is_shown = bool(self._object_id) and self.box.layout.display != "none"
        if not (is_shown and self._concerns(event) and event.get("seq", self._seq + 1) > self._seq):
            return
        try:
            self._renew()
        except NotFound as error:
            self._say(error.message)

    def _concerns(self, event: Mapping[str, Any]) -> bool:
        """Whether there may be news of the object: some changes name it, some a point, and some only how many there are."""
        if event["kind"] == "photometry_validations":
            return self._light_curve.holds(event["photometry_id"])
        return event["kind"] in _TOLD and event.get("object_id", self._object_id) == self._object_id

    def _renew(self) -> None:
        """Show what is known now; what the viewer has chosen stays."""
        known = self._read()
        self._light_curve.refresh(known.record)
        self._fits.show(self._object_id, known.fits)
        self._spectra.refresh(known.spectra)
        self._show_known(known)

    def _read(self) -> _Known:
        sky, name = self._page.sky, self._object_id
        return _Known(
            *together(
                lambda: sky.source(name),
                lambda: sky.fits.rows(object_id=name),
                lambda: sky.spectra.rows(object_id=name),
                lambda: sky.thumbnails([name]).get(name, {}),
            )
        )

    def _keep(self) -> None:
        """The address says what is shown of the object, so that it can be shared."""
        self._page.keep("source", object_id=self._object_id, **self._light_curve.params, **self._spectra.params)

    def _show_known(self, known: _Known) -> None:
        record = known.record
        self._seq = record["seq"]
        self._known.layout.display = None
        comments = self._page.sky.comments.rows(object_id=self._object_id) if record["n_comments"] else []
        self._head.value = _head(record) + summary_html(record)
        self._panels.show(record)
        self._noted.value = noted_html(record, comments)
        self._facts.value = _facts(record)
        self._show_alerts(record["alerts"], known.cutouts)

    def _show_alerts(self, alerts: list[dict[str, Any]], newest: Mapping[str, str | None]) -> None:
        """The alerts, and the newest cutouts; if they are the same as before the chosen cutouts stay."""
        if (self._object_id, alerts) == self._alerts_shown:
            return
        self._alerts_shown = (self._object_id, alerts)
        self._alerts.records = alerts
        self._draw_cutouts(newest)

    def _ask_for_data(self) -> None:
        """Show the upload, whose many fields are made at first need."""
        if self._upload is None:
            self._upload = UploadPanel(self._page, self._renew)
            self._upload_place.children = (self._upload.box,)
        self._upload.show(self._object_id)

    def _say(self, text: str) -> None:
        self._head.value = note(text)
        self._known.layout.display = "none"

    def _show_cutouts(self, candid: str) -> None:
        self._draw_cutouts({kind: self._image(candid, kind) for kind in KINDS})

    def _draw_cutouts(self, images: Mapping[str, str | bytes | None]) -> None:
        self._cutouts.object_id = self._object_id
        for kind in KINDS:
            setattr(self._cutouts, kind, image_url(images.get(kind), kind))

    def _image(self, candid: str, kind: str) -> bytes | None:
        try:
            return self._page.sky.transport.get_bytes(f"/api/alerts/{candid}/cutouts/{kind}.png")
        except NotFound:
            return None


def _head(record: Mapping[str, Any]) -> str:
    ra, dec = record["position"]["sexagesimal"]
    lon, lat = record["position"]["galactic"]
    saved = ", ".join(f"{s['group']} (by {s['saved_by']})" for s in record["saved"]) or "not saved by your groups"
    dust = f"E(B−V) = <span title='{escape(record['dust']['map'])}'>{record['dust']['ebv']:.3f}</span>"
    places = f"{record['ra']:.6f} {record['dec']:+.6f} deg · l, b = {lon:.3f}, {lat:+.3f} deg · {dust}"
    return f"<p style='margin:0 0 8px'><code>{ra} {dec}</code> · {places} · {escape(saved)}</p>"


def _facts(record: Mapping[str, Any]) -> str:
    statistics = record["statistics"]
    rows = [["detections", str(statistics["n_detections"])], ["upper limits", str(statistics["n_limits"])]]
    for name in ("first", "peak", "last"):
        point = statistics[name]
        if point:
            rows.append([name, f"{point['mag']:.2f} {point['filter']}, MJD {point['mjd']:.4f}"])
    if statistics["rise_mag_per_day"] is not None:
        rows.append(["rise", f"{text_of(statistics['rise_mag_per_day'], 3)} mag/day"])
    rows += [
        [f"{d['user']}'s decision", f"{d['verdict']}, {d['decided_at'][:16].replace('T', ' ')} UTC"]
        for d in record["decisions"]
    ]
    return html_table(["", ""], rows)
