"""Fits of an object on its page: asked for, followed, listed, drawn over the light curve."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import ipywidgets as widgets
import numpy as np
from skyhub.errors import InvalidInput, NotFound, SkyhubError
from skyhub.science.rounding import written_with_error

from skyhub_widgets._lightcurve import LightCurve
from skyhub_widgets._static import data_url, download_link, html_table
from skyhub_widgets._table import RecordTable
from skyhub_widgets.dashboard._fields import words_of
from skyhub_widgets.dashboard._view import Page, alert, button, header, may, note, row

__all__ = ["FitSection"]

_COLUMNS: list[dict[str, Any]] = [
    {"field": "analysis_id", "title": "Fit"},
    {"field": "model", "title": "Model"},
    {"field": "chi2", "title": "χ²", "kind": "number", "digits": 1},
    {"field": "dof", "title": "Degrees of freedom", "kind": "integer"},
    {"field": "redshift", "title": "z", "kind": "number", "digits": 4},
    {"field": "author", "title": "By"},
    {"field": "known_at", "title": "Made", "kind": "time", "unit": "UTC"},
]
_NEEDED = ("report", "save")


class FitSection:
    """The fits of one object; a click in the list draws one over the light curve.

    Parameters
    ----------
    page
        The page that the section is on.
    light_curve
        Where models are drawn.
    """

    def __init__(self, page: Page, light_curve: LightCurve) -> None:
        self._page, self._light_curve = page, light_curve
        self._object_id, self._asked = "", ""
        layout = widgets.Layout(width="min(340px, 100%)")
        self.model = widgets.Dropdown(description="Model", layout=layout)
        self.redshift = widgets.Text(
            "noted", description="Redshift", placeholder="noted, free or a value", layout=layout
        )
        self.filters = widgets.Text("", description="Filters", placeholder="all", layout=layout)
        self.annotate = widgets.Checkbox(
            False, description="Annotate", indent=False, layout=widgets.Layout(width="110px")
        )
        self.cited = widgets.Checkbox(
            False,
            description="Cited points",
            indent=False,
            tooltip="Also points of circulars, which others measured",
            layout=widgets.Layout(width="130px"),
        )
        self.run = button("Fit", self._ask)
        self._form = row(self.model, self.redshift, self.filters, self.cited, self.annotate, self.run)
        self._form.layout.display = "none"
        self.unfold = button("Fit a model", self._unfold)
        self.unfold.layout.display = None if all(may(page, scope) for scope in _NEEDED) else "none"
        self.refusal, self.message, self.shown = widgets.HTML(), widgets.HTML(), widgets.VBox()
        for control in (self.model, self.redshift, self.filters, self.cited):
            control.observe(lambda _: self.refresh(), "value")
        self.table = RecordTable(
            columns=_COLUMNS, id_field="analysis_id", table_key="source-fits", title="Fits", page_size=5,
            empty_text="There is no fit that you may see.",
        )  # fmt: skip
        self.table.on_click(self._choose)
        self.box = widgets.VBox(
            [header("Fits", self.unfold), self._form, self.refusal, self.message, self.table, self.shown]
        )

    def show(self, object_id: str, fits: Sequence[Mapping[str, Any]]) -> None:
        """Show an object's fits, as `Fits.rows` gives them; of another object none is drawn yet."""
        if object_id != self._object_id:
            self._object_id, self._asked, self.message.value = object_id, "", ""
            self._light_curve.overlays, self.shown.children = [], ()
        self.refresh()
        self._list(fits)

    def _list(self, fits: Sequence[Mapping[str, Any]]) -> None:
        self.table.records = list(fits)
        self.table.layout.display = None if self.table.records else "none"

    def refresh(self) -> None:
        """Offer a fit, or say why the points or the redshift that are known now do not do for it."""
        reason = self._why_not() if self._form.layout.display is None else ""
        self.run.disabled, self.refusal.value = bool(reason), note(reason) if reason else ""

    def hear(self, event: Mapping[str, Any]) -> None:
        """The run that was asked for has changed its state."""
        if event["kind"] != "report" or event.get("report_id") != self._asked:
            return
        self.message.value = note(f"The fit is {event['state']}.")
        if event["state"] == "failed":
            self.message.value = alert(f"The fit failed: {self._page.sky.reports.run(self._asked)['detail']}")
        elif event["state"] == "done":
            fits = self._page.sky.fits.rows(object_id=self._object_id)
            self._list(fits)
            for record in fits:
                if record["report_id"] == self._asked:
                    self._choose(record["analysis_id"])

    def _unfold(self) -> None:
        """Show the form, or hide it; the list of models takes a moment and is made at first need."""
        self._form.layout.display = None if self._form.layout.display == "none" else "none"
        if not self.model.options:
            from skyhub.science.models import MODELS
            from skyhub.science.sncosmo_files import SALT_MODELS

            salt = [(f"{name}: type Ia supernova", name) for name in SALT_MODELS]
            self.model.options = [*salt, *((model.title, name) for name, model in MODELS.items())]
            self.model.value = salt[0][1]
        self.refresh()

    def _why_not(self) -> str:
        from skyhub.science.fit_needs import why_not
        from skyhub.science.photometry import is_cited

        try:
            redshift = self._chosen_redshift()
        except InvalidInput as error:
            return error.message
        names, flux, origins = (self._light_curve.photometry[name] for name in ("filter", "flux", "origin"))
        own = [self.cited.value or not is_cited(str(origin)) for origin in origins]
        fluxes = Counter(str(name) for name in np.asarray(names)[np.isfinite(flux) & np.array(own, dtype=bool)])
        chosen = words_of(self.filters.value) or list(fluxes)
        known = self._light_curve.redshift if redshift == "noted" else redshift
        return why_not(self.model.value, {name: fluxes[name] for name in chosen}, known)

    def _chosen_redshift(self) -> float | str:
        value = self.redshift.value.strip() or "noted"
        try:
            return value if value in ("noted", "free") else float(value)
        except ValueError:
            raise InvalidInput(f"The redshift is {value!r}: noted, free or a number is permitted.") from None

    def _ask(self) -> None:
        try:
            given = {"filters": words_of(self.filters.value), "redshift": self._chosen_redshift()}
            options = {**given, "cited": self.cited.value, "annotate": self.annotate.value}
            self._asked = self._page.sky.fits.request(self._object_id, self.model.value, **options)
        except SkyhubError as error:
            self.message.value = alert(error.message)
        else:
            self.message.value = note("The fit was asked for; it is shown here when it is done.")

    def _choose(self, number: str) -> None:
        fits = self._page.sky.fits
        try:
            record = fits.get(number)
            self._light_curve.overlays = fits.overlays(number)
        except SkyhubError as error:
            self.message.value = alert(error.message)
            return
        parts = [widgets.HTML(_result(record)), self._corner(number)]
        offer = [button("Clear the model", self._clear)]
        if record["report_id"]:
            offer.append(button("Get the notebook", lambda: self._offer(number)))
        if record["author"] == self._page.me["name"] or "administer" in self._page.me["scopes"]:
            offer.append(button("Remove", lambda: self._remove(number)))
        result = row(*parts)
        result.layout.align_items = "flex-start"
        self.shown.children = (result, row(*offer))

    def _corner(self, number: str) -> widgets.Widget:
        try:
            source = data_url("image/png", self._page.sky.fits.corner(number))
        except NotFound:
            return widgets.HTML(note("No posterior was drawn."))
        style = "max-width:min(420px,100%);background:#fff"
        return widgets.HTML(f'<img alt="Corner plot of the posterior" style="{style}" src="{source}">')

    def _offer(self, number: str) -> None:
        try:
            content = self._page.sky.fits.notebook(number)
        except SkyhubError as error:
            self.message.value = alert(error.message)
            return
        name = f"fit-{number}.ipynb"
        self.message.value = download_link(name, "application/x-ipynb+json", content, f"Save {name}")

    def _clear(self) -> None:
        self._light_curve.overlays, self.shown.children = [], ()

    def _remove(self, number: str) -> None:
        try:
            self._page.sky.fits.remove(number)
        except SkyhubError as error:
            self.message.value = alert(error.message)
            return
        self._clear()
        self._list(self._page.sky.fits.rows(object_id=self._object_id))


def _result(record: Mapping[str, Any]) -> str:
    """The parameters with their errors, χ², and what is to be said."""
    listed = [
        [
            "_".join(part for part in (p["name"], p["filter"]) if part),
            written_with_error(p["value"], p["error"]),
            p["unit"],
        ]
        for p in record["parameters"]
    ]
    each = f" = {record['chi2'] / record['dof']:.2f}" if record["dof"] > 0 else ""
    told = f"{record['model']}: χ²/dof = {record['chi2']:.1f}/{record['dof']}{each}, {record['n_points']} points"
    notes = "".join(note(f"{text}.") for text in record["notes"])
    return f"<p>{escape(told)}</p>{html_table(['parameter', 'value', 'unit'], listed)}{notes}"
