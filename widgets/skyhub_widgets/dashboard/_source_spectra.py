"""The spectra of an object on its page: drawn, listed, taken away as files, removed by those who may."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import ipywidgets as widgets
from skyhub.errors import SkyhubError

from skyhub_widgets._spectrum import Spectrum
from skyhub_widgets._static import download_link
from skyhub_widgets._table import RecordTable
from skyhub_widgets.dashboard._address_state import AddressState
from skyhub_widgets.dashboard._source_comparison import ComparisonPanel
from skyhub_widgets.dashboard._view import Page, alert, button, header, may, note, row, stack

__all__ = ["SpectraSection"]

_SHOWN = (
    "frame", "redshift", "species", "expansion_velocity", "medium", "normalisation", "offset", "smoothing",
    "smoothing_width", "bin_width", "colour_by", "x_range", "hidden", "region",
)  # fmt: skip
_MOST_DRAWN = 12
_NONE = "There is no spectrum of this object that you may see."
_COLUMNS: list[dict[str, Any]] = [
    {"field": "spectrum_id", "title": "Spectrum"},
    {"field": "observed_at", "title": "Observed", "kind": "time", "unit": "UTC"},
    {"field": "instrument", "title": "Instrument"},
    {"field": "type", "title": "Of"},
    {"field": "wavelength_min", "title": "From", "unit": "Å", "kind": "number", "digits": 0},
    {"field": "wavelength_max", "title": "To", "unit": "Å", "kind": "number", "digits": 0},
    {"field": "observers", "title": "Observers"},
    {"field": "reducers", "title": "Reducers"},
    {"field": "author", "title": "By"},
    {"field": "label", "title": "Label", "hidden": True},
    {"field": "n_points", "title": "Points", "kind": "integer", "hidden": True},
    {"field": "flux_unit", "title": "Flux unit", "hidden": True},
]


class SpectraSection:
    """The spectra of one object; a click in the list offers the file and the removal.

    Parameters
    ----------
    page
        The page that the section is on.
    changed
        Called when the viewer has changed what is shown.
    noted
        Called when the viewer has noted something of the object.
    upload
        Called when the viewer wants to bring spectra or photometry in.
    """

    def __init__(
        self,
        page: Page,
        changed: Callable[[], object],
        noted: Callable[[], object],
        upload: Callable[[], object],
    ) -> None:
        self._page, self._object_id = page, ""
        self.rows: list[dict[str, Any]] = []
        """The spectra as they were read last."""
        self.widget = Spectrum()
        self._state = AddressState(self.widget, "sp_", _SHOWN, changed)
        self._table = RecordTable(
            columns=_COLUMNS, id_field="spectrum_id", table_key="source-spectra", title="Spectra", page_size=10,
            empty_text="There is no spectrum that you may see.",
        )  # fmt: skip
        self._table.on_click(self._choose)
        add = button("Upload spectra or photometry", upload)
        add.layout.display = None if may(page, "upload") else "none"
        self._refused, self._chosen = widgets.HTML(), widgets.VBox()
        self._message = widgets.HTML(note(_NONE))
        self._noted = noted
        self._comparison: ComparisonPanel | None = None
        self._comparison_place = widgets.VBox()
        self._known = stack(self.widget, self._comparison_place, self._table, self._chosen)
        self._known.layout.display = "none"
        self.box = widgets.VBox([header("Spectra", add), self._refused, self._message, self._known])

    @property
    def params(self) -> dict[str, str]:
        """What is shown, as parameters of the address."""
        return self._state.params

    def show(
        self, object_id: str, rows: list[dict[str, Any]], redshift: float | None, params: Mapping[str, str]
    ) -> None:
        """Show an object's spectra, as `Spectra.rows` gives them, as the address says; `redshift` is what is known of it.

        What the viewer has chosen stays if it is the same object and the address says nothing of its spectra.
        """
        same, self._object_id = object_id == self._object_id, object_id
        self.refresh(rows)
        if same and not self._state.is_in(params):
            return
        self._chosen.children = ()
        self._refused.value = self._state.take(params, redshift=redshift or 0.0)

    def refresh(self, rows: list[dict[str, Any]]) -> None:
        """Show the spectra that are known now; what is chosen in the drawing stays if they are the same ones."""
        if rows == self.rows:
            return
        self.rows = rows
        self._known.layout.display = None if rows else "none"
        self._table.records = [
            {**r, "observers": ", ".join(r["observers"]), "reducers": ", ".join(r["reducers"])} for r in rows
        ]
        newest = sorted(rows, key=lambda r: r["observed_at"], reverse=True)[:_MOST_DRAWN]
        self.widget.spectra = [self._page.sky.spectra.get(r["spectrum_id"]) for r in newest]
        self._offer_comparison(newest)
        self._message.value = "" if rows else note(_NONE)
        if len(rows) > _MOST_DRAWN:
            self._message.value = note(f"The newest {_MOST_DRAWN} of {len(rows)} spectra are drawn.")

    def _offer_comparison(self, spectra: list[dict[str, Any]]) -> None:
        if self._comparison is None and spectra:
            self._comparison = ComparisonPanel(self._page, self.widget, self._noted)
            self._comparison_place.children = (self._comparison.box,)
        if self._comparison is not None:
            self._comparison.offer(spectra)

    def _choose(self, number: str) -> None:
        chosen = next(r for r in self.rows if str(r["spectrum_id"]) == str(number))
        buttons = [button("Get the file", lambda: self._offer(chosen))]
        if may(self._page, "upload"):
            buttons.append(button("Remove", lambda: self._ask_removal(chosen)))
        self._chosen.children = (widgets.HTML(note(_named(chosen))), row(*buttons))

    def _offer(self, chosen: Mapping[str, Any]) -> None:
        """A link to the file as it came, or to its columns if it came in none."""
        try:
            spectrum = self._page.sky.spectra.get(chosen["spectrum_id"])
            if spectrum["original_file"]:
                name, content = str(spectrum["original_file"]), spectrum.original()
            else:
                name, content = f"spectrum-{chosen['spectrum_id']}.csv", Spectrum(spectrum).export("csv")
        except SkyhubError as error:
            self._answer(alert(error.message))
            return
        self._answer(download_link(name, "application/octet-stream", content, f"Save {name}"))

    def _ask_removal(self, chosen: Mapping[str, Any]) -> None:
        sure = button("Yes, remove it", lambda: self._remove(chosen))
        sure.button_style = "danger"
        self._chosen.children = (
            widgets.HTML(note(f"{_named(chosen)} goes from what is known now; its history keeps it.")),
            row(sure, button("Keep it", lambda: self._choose(chosen["spectrum_id"]))),
        )

    def _remove(self, chosen: Mapping[str, Any]) -> None:
        try:
            self._page.sky.spectra.remove(chosen["spectrum_id"])
        except SkyhubError as error:
            self._answer(alert(error.message))
            return
        self._chosen.children = (widgets.HTML(note(f"{_named(chosen)} was removed.")),)
        self.refresh(self._page.sky.spectra.rows(object_id=self._object_id))

    def _answer(self, html: str) -> None:
        self._chosen.children = (*self._chosen.children[:2], widgets.HTML(html))


def _named(record: Mapping[str, Any]) -> str:
    when = str(record["observed_at"])[:16].replace("T", " ")
    return f"Spectrum {record['spectrum_id']}: {record['instrument'] or 'unknown instrument'}, {when} UTC, by {record['author']}"
