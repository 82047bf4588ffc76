"""What the spectra of an object resemble: compared with templates when it is asked for, a match laid over the drawing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import ipywidgets as widgets
from skyhub.errors import SkyhubError

from skyhub_widgets._spectrum import Spectrum
from skyhub_widgets._table import RecordTable
from skyhub_widgets.dashboard._newest_answer import NewestAnswer
from skyhub_widgets.dashboard._view import Page, alert, button, may, note, row, stack

__all__ = ["ComparisonPanel"]

_COLUMNS: list[dict[str, Any]] = [
    {"field": "place", "title": "Match", "kind": "integer"},
    {"field": "type", "title": "Type"},
    {"field": "template", "title": "Template"},
    {"field": "phase", "title": "Phase", "unit": "d", "kind": "number", "digits": 0},
    {"field": "redshift", "title": "z", "kind": "number", "digits": 4},
    {"field": "redshift_error", "title": "Error of z", "kind": "number", "digits": 4},
    {
        "field": "rlap",
        "title": "rlap",
        "kind": "number",
        "digits": 1,
        "description": "From 5 on a match says something",
    },
    {"field": "overlap", "title": "Overlap", "unit": "ln λ", "kind": "number", "digits": 2, "hidden": True},
    {"field": "height", "title": "Peak", "kind": "number", "digits": 2, "hidden": True},
]
_NONE_GOOD = "No match is good (rlap ≥ 5): the type is open."


class ComparisonPanel:
    """Templates that a spectrum of the drawing resembles; a click lays one over it.

    Parameters
    ----------
    page
        The page that the panel is on.
    drawing
        The widget with the spectra.
    changed
        Called when a redshift was noted.
    """

    def __init__(self, page: Page, drawing: Spectrum, changed: Callable[[], object]) -> None:
        self._page, self._drawing, self._changed = page, drawing, changed
        self._found: dict[str, Any] = {"matches": []}
        self._chosen: Mapping[str, Any] = {}
        self._spectrum = widgets.Dropdown(
            description="Spectrum", layout=widgets.Layout(width="auto", max_width="340px")
        )
        self._low, self._high = (_redshift_field(text, value) for text, value in (("z from", -0.01), ("to", 0.5)))
        self._said = widgets.HTML()
        self._table = RecordTable(
            columns=_COLUMNS, id_field="place", table_key="source-matches", title="Matches", page_size=10
        )
        self._table.on_click(self._lay)
        self._answers = NewestAnswer(page.in_main, in_turn=False)
        self._noting = button("Note this redshift", self._note)
        controls = row(self._spectrum, self._low, self._high, button("Compare with templates", self._compare))
        self.box = stack(controls, self._said, self._table, self._noting)
        self.offer([])

    def offer(self, spectra: Sequence[Mapping[str, Any]]) -> None:
        """Offer the spectra that are drawn; what was found of others is forgotten."""
        names = {curve.spectrum_id: curve.label for curve in self._drawing.spectra}
        ids = [str(spectrum["spectrum_id"]) for spectrum in spectra]
        self._spectrum.options = [(names[number], number) for number in ids if number in names]
        self._spectrum.index = 0 if self._spectrum.options else None
        self.box.layout.display = None if self._spectrum.options else "none"
        self._answers.drop()
        self._tell({"matches": []}, "")

    def _compare(self) -> None:
        number, redshifts = self._spectrum.value, (self._low.value, self._high.value)
        self._tell({"matches": []}, note("Comparing …"))
        self._answers.ask(
            lambda _: self._page.sky.spectra.compare(number, redshifts=redshifts).document,
            self._answered,
            lambda error: self._tell({"matches": []}, alert(error.message)),
        )

    def _answered(self, found: dict[str, Any]) -> None:
        self._tell(found, note(_verdict(found)))
        if found["matches"]:
            self._lay("1")

    def _tell(self, found: dict[str, Any], said: str) -> None:
        self._found, self._said.value = found, said
        self._table.records = [
            {"place": at, **{name: match[name] for name in match if name not in ("wavelengths", "fluxes")}}
            for at, match in enumerate(found["matches"], 1)
        ]
        self._table.layout.display = None if found["matches"] else "none"
        self._noting.layout.display = "none"

    def _lay(self, place: str) -> None:
        """Lay a match over its spectrum."""
        self._chosen = match = self._found["matches"][int(place) - 1]
        names = {curve.spectrum_id: curve.label for curve in self._drawing.spectra}
        over = names.get(self._found["spectrum_id"])
        if over is None:
            return
        is_good = match["good"] and self._found["frame"] == "observed" and may(self._page, "save")
        self._noting.layout.display = None if is_good else "none"
        label = f"{match['type']}, {match['template']}, z = {match['redshift']:.4f}"
        curve = {name: match[name] for name in ("wavelengths", "fluxes")}
        self._drawing.overlays = [{**curve, "label": label, "over": over}]

    def _note(self) -> None:
        match, number = self._chosen, self._found["spectrum_id"]
        origin = f"spectrum {number}, {match['type']} template {match['template']}, rlap {match['rlap']:.1f}"
        try:
            self._page.sky.redshifts.add(
                object_id=self._found["object_id"], redshift=round(match["redshift"], 5),
                error=round(match["redshift_error"], 5), type="spectroscopic", origin=origin[:200],
            )  # fmt: skip
        except SkyhubError as error:
            self._said.value = alert(error.message)
            return
        self._said.value = note(f"z = {match['redshift']:.4f} was noted, from {origin}.")
        self._noting.layout.display = "none"
        self._changed()


def _redshift_field(text: str, value: float) -> widgets.BoundedFloatText:
    layout = widgets.Layout(width="150px")
    return widgets.BoundedFloatText(value, min=-0.1, max=2, step=0.01, description=text, layout=layout)


def _verdict(found: Mapping[str, Any]) -> str:
    """What the matches say of type and redshift, and with how much they were compared."""
    told = [
        f"{share['type']} {share['share']:.0%} (z = {share['redshift']:.4f}"
        + (f" ± {share['redshift_error']:.4f}" if share["redshift_error"] is not None else "")
        + ")"
        for share in found["types"][:3]
    ]
    of = " Redshifts are what is left of a spectrum at rest." if found["frame"] == "rest" else ""
    return f"{', '.join(told) + '.' if told else _NONE_GOOD} {found['n_templates']} templates were compared.{of}"
