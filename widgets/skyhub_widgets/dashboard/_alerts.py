"""Alerts: any of them by number, object or place, with its packet and what each filter makes of it."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

import ipywidgets as widgets
from skyhub.errors import NotFound, SkyhubError

from skyhub_widgets._cutouts import KINDS, CutoutTriplet, image_url
from skyhub_widgets._lightcurve import LightCurve
from skyhub_widgets._static import html_table, text_of
from skyhub_widgets._table import RecordTable
from skyhub_widgets.dashboard._alert_comments import comments_on
from skyhub_widgets.dashboard._columns import FILTER, MAGNITUDE, OBJECT_AND_POSITION, score, time_of
from skyhub_widgets.dashboard._view import Page, alert, button, heading, may, note, row

__all__ = ["AlertsView"]

_COLUMNS: list[dict[str, Any]] = [
    {"field": "key", "title": "Survey and candid"},
    *OBJECT_AND_POSITION,
    time_of("Time"),
    FILTER,
    MAGNITUDE,
    score("rb"),
    score("drb"),
    {"field": "n_detections", "title": "Detections", "kind": "integer"},
    {"field": "separation", "title": "Away", "unit": "arcsec", "kind": "number", "digits": 2},
]
_MARKS = {True: ("passes", "var(--skyhub-good, #1a7042)"), False: ("fails", "var(--skyhub-bad, #b3261e)")}


class AlertsView:
    """The page of alerts.

    Parameters
    ----------
    page
        The page that the view is on.
    """

    def __init__(self, page: Page) -> None:
        self._page = page
        self._cursor: str | None = None
        self._rows: dict[str, dict[str, Any]] = {}
        self._shown = ""
        wide = widgets.Layout(width="auto", flex="1 1 260px", max_width="520px")
        self._text = widgets.Text(
            placeholder="candid, object, or coordinates such as 150.1 2.2", layout=wide, continuous_update=False
        )
        narrow = widgets.Layout(width="150px")
        self._radius = widgets.BoundedFloatText(value=5, min=0.01, max=3600, description="within ″", layout=narrow)
        self._radius.style.description_width = "auto"
        self._said = widgets.HTML(note("Give the number of an alert, the name of an object, or a place."))
        self._table = RecordTable(
            columns=_COLUMNS, id_field="key", table_key="found-alerts", page_size=10, empty_text="No alerts yet."
        )
        self._table.on_click(lambda key: self._present(self._rows[key]))
        self._further = button("Further alerts", lambda: self._find(self._cursor))
        self._further.layout.display = "none"
        self._detail = widgets.VBox()
        ask = row(self._text, self._radius, button("Find", self._go))
        self._text.observe(lambda _: self._go(), "value")  # Enter
        self.box = widgets.VBox([heading("Alerts"), ask, self._said, self._table, self._further, self._detail])

    def show(self, params: Mapping[str, str]) -> None:
        """Find what the address asks for: ``q`` and ``radius``."""
        asked = f"{params.get('q', '')} {params.get('radius', '')}"
        if params.get("q") and asked != self._shown:
            self._shown = asked
            with self._text.hold_trait_notifications():
                self._text.value = params["q"]
            self._radius.value = float(params.get("radius") or self._radius.value)
            self._find(None)

    def hear(self, event: Mapping[str, Any]) -> None:
        """Alerts are found anew when somebody asks."""

    def _go(self) -> None:
        self._page.go("alerts", q=self._text.value.strip(), radius=self._radius.value)

    def _find(self, cursor: str | None) -> None:
        try:
            found = self._page.sky.find_alerts(self._text.value, self._radius.value, cursor=cursor)
        except SkyhubError as error:
            self._said.value = alert(error.message)
            return
        known = self._rows if cursor else {}
        self._rows = known | {f"{a['survey']} {a['candid']}": a for a in found["alerts"]}
        self._cursor = found["cursor"]
        self._further.layout.display = None if self._cursor else "none"
        self._table.records = [{**record, "key": key} for key, record in self._rows.items()]
        self._said.value = note(f"{len(self._rows)} alerts{', and further ones' if self._cursor else ''}.")
        self._detail.children = ()
        if self._rows and not cursor:
            self._present(next(iter(self._rows.values())))

    def _present(self, found: Mapping[str, Any]) -> None:
        sky, survey, candid = self._page.sky, found["survey"], found["candid"]
        try:
            record = sky.alert(candid, survey=survey)
            verdicts = sky.alert_verdicts(candid, survey=survey)
            curve = sky.source(found["object_id"])["photometry"]
        except SkyhubError as error:
            self._detail.children = (widgets.HTML(alert(error.message)),)
            return
        cutouts = CutoutTriplet(object_id=found["object_id"])
        for kind in KINDS:
            setattr(cutouts, kind, image_url(self._image(candid, survey, kind), kind))
        beside = [cutouts, self._saving(found["object_id"]), comments_on(self._page, found)]
        left = widgets.VBox(beside, layout=widgets.Layout(flex="1 1 340px"))
        right = widgets.VBox([LightCurve(curve)], layout=widgets.Layout(flex="2 1 480px", min_width="300px"))
        middle = widgets.HBox([left, right], layout=widgets.Layout(flex_flow="row wrap", overflow="visible"))
        text = widgets.HTML(verdicts_html(verdicts) + packet_html(record))
        title = heading(f"{survey} {candid} of {found['object_id']}")
        self._detail.children = (title, middle, text)

    def _saving(self, object_id: str) -> widgets.Widget:
        """A choice of groups to save the object for, and the way to its page."""
        opened = button("Open the source", lambda: self._page.go("source", object_id=object_id))
        if not may(self._page, "save") or not self._page.me["groups"]:
            return row(opened)
        groups = widgets.SelectMultiple(
            options=self._page.me["groups"],
            rows=min(4, len(self._page.me["groups"])),
            layout=widgets.Layout(width="200px"),
        )
        said = widgets.HTML()

        def save() -> None:
            try:
                answer = self._page.sky.sources.save(object_id, list(groups.value) or None)
                said.value = note(f"A source of {', '.join(entry['group'] for entry in answer['saved'])}.")
            except SkyhubError as error:
                said.value = alert(error.message)

        return row(groups, button("Save as source", save), opened, said)

    def _image(self, candid: str, survey: str, kind: str) -> bytes | None:
        try:
            path = f"/api/alerts/{candid}/cutouts/{kind}.png"
            return self._page.sky.transport.get_bytes(path, survey=survey)
        except NotFound:
            return None


def verdicts_html(verdicts: list[dict[str, Any]]) -> str:
    """What each filter makes of an alert, unfolded to its cuts."""
    if not verdicts:
        return note("None of your filters looks at alerts of this survey.")
    return "<h3 style='margin:10px 0 4px'>What your filters make of it</h3>" + "".join(map(_verdict, verdicts))


def _verdict(row: dict[str, Any]) -> str:
    then, now = row["at_alert"], row["now"]
    told = then or now
    word, colour = _MARKS[bool(told["passes"])]
    if then and now and then["passes"] != now["passes"]:
        word += f"; now it {_MARKS[bool(now['passes'])][0]}"
    name = f"{escape(row['filter']['name'])} · {escape(row['filter']['group'] or 'public')} · version {told['version']}"
    cuts = [
        [cut["cut"], text_of(cut["value"]) if cut["error"] is None else cut["error"], _said(cut["verdict"])]
        for cut in told["cuts"]
    ]
    summary = f"<summary><b style='color:{colour}'>{word}</b> {name}</summary>"
    return f"<details style='margin:2px 0'>{summary}{html_table(['cut', 'value', ''], cuts)}</details>"


def _said(verdict: bool | None) -> str:
    return "unknown" if verdict is None else "holds" if verdict else "does not hold"


def packet_html(record: Mapping[str, Any]) -> str:
    """All fields of a packet, folded."""
    rows = [[name, text_of(value)] for name, value in _flat(record["packet"])]
    title = f"<summary>All {len(rows)} fields of the packet (schema {escape(str(record['schema_version']))})</summary>"
    return f"<details style='margin:8px 0'>{title}{html_table(['field', 'value'], rows)}</details>"


def _flat(fields: Mapping[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    for name, value in fields.items():
        found += _flat(value, f"{prefix}{name}.") if isinstance(value, Mapping) else [(f"{prefix}{name}", value)]
    return found
