"""How likely it would have been found: sources put where a localization has them, into what was really observed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import ipywidgets as widgets
from skyhub.errors import SkyhubError
from skyhub.science.models import MODELS, Model
from skyhub.science.sncosmo_files import SALT_MODELS

from skyhub_widgets._form import form_from_schema
from skyhub_widgets._static import html_table, text_of
from skyhub_widgets.dashboard._newest_answer import NewestAnswer
from skyhub_widgets.dashboard._view import Page, alert, note, stack

__all__ = ["EfficiencyPanel"]

_INJECTED = {name: model for name, model in MODELS.items() if not model.by_filter}
_SNCOSMO = "source of sncosmo"
_FIRST: dict[str, dict[str, Any]] = {
    "constant": {"absolute_magnitude": -16.0},
    **{name: {"absolute_magnitude": -19.3} for name in SALT_MODELS},
    "kilonova": {"parameters": {"mass": 0.03, "velocity": 0.2, "opacity": 1.0, "floor": 2500.0}},
}
"""What is put in at first for a model; for others the middles of their bounds."""
_FIELDS: dict[str, dict[str, Any]] = {
    "model": {"type": "string", "title": "Source", "default": "kilonova", "enum": ["constant", *_INJECTED, *SALT_MODELS, _SNCOSMO]},
    "name": {"type": "string", "title": "Name in sncosmo", "default": "", "description": "As nugent-sn2p, if its files are here"},
    "absolute_magnitude": {"type": "number", "title": "Absolute magnitude", "default": None, "description": "AB; at peak in B"},
    "parameters": {"type": "numbers", "title": "Parameters", "default": {}, "description": "By name, in the model's units"},
    "distance": {"type": "number", "title": "Distance (Mpc)", "default": None, "description": "In place of the map's"},
    "reference_distance": {"type": "number", "title": "Told at (Mpc)", "default": None, "description": "If it tells fluxes"},
    "detections": {"type": "integer", "title": "Detections", "default": 1, "minimum": 1, "description": "At least"},
    "apart": {"type": "number", "title": "Apart (min)", "default": 0.0, "minimum": 0, "description": "First and last of them"},
    "n": {"type": "integer", "title": "Sources", "default": 1000, "minimum": 1, "maximum": 10_000},
    "deeper_than": {"type": "number", "title": "Deeper than (mag)", "default": None, "description": "Exposures that count"},
}  # fmt: skip
_RARE = ("name", "reference_distance", "n", "deeper_than")


class EfficiencyPanel:
    """A form of the sources, and the fraction that would have been detected: ``box``.

    Parameters
    ----------
    page
        The page that it is on.
    localization
        Its number.
    """

    def __init__(self, page: Page, localization: str) -> None:
        self._page, self._number, self._model = page, localization, ""
        self._answer = NewestAnswer(page.in_main)
        self.form = form_from_schema(_FIELDS, submit="Inject", folded=_RARE)
        self._said = widgets.HTML()
        self.form.on_change(self._fill)
        self.form.on_submit(self._ask)
        self._fill()
        self.box = stack(self.form, self._said)

    def _fill(self) -> None:
        """Another model is chosen: propose its parameters."""
        name = str(self.form.value.get("model", ""))
        if name != self._model:
            self._model = name
            first = _FIRST.get(name) or ({"parameters": _middles(_INJECTED[name])} if name in _INJECTED else {})
            self.form.fill(**{"absolute_magnitude": "", "parameters": {}, **first})

    def _ask(self, value: dict[str, Any]) -> None:
        asked = {name: given for name, given in value.items() if given not in (None, "", {})}
        name = asked.pop("name", "")
        model = asked.pop("model")
        self._said.value, self.form.busy = "", "Sources are injected."
        chosen = name if model == _SNCOSMO else model
        self._answer.ask(
            lambda _: self._page.sky.localizations.efficiency(int(self._number), chosen, **asked),
            self._tell,
            self._refuse,
        )

    def _tell(self, answer: Mapping[str, Any]) -> None:
        self.form.busy, self._said.value = "", _answer_html(answer)

    def _refuse(self, error: SkyhubError) -> None:
        self.form.busy = ""
        refused = self.form.refuse(error.where.rpartition(".")[2], error.message)
        self._said.value = "" if refused else alert(error.message)


def _middles(model: Model) -> dict[str, float]:
    """Parameters in the middle of their bounds."""
    found = {}
    for one in model.parameters:
        if one.name != "t0":
            middle = (one.low * one.high) ** 0.5 if one.logarithmic and one.low > 0 else (one.low + one.high) / 2
            found[one.name] = float(f"{middle:.3g}")
    return found


def _answer_html(found: Mapping[str, Any]) -> str:
    covered = found["of_covered"]
    told = [
        f"{found['n_detected']} of {found['n']} sources would have been detected in {found['n_observations']} exposures: "
        f"{_fraction(found)}; of the {found['n_covered']} whose place was seen {_fraction(covered)}."
    ]
    if found["left_out"]:
        told.append(f"{found['left_out']} exposures without a limit or a known band were left out.")
    rows = [
        [f"{text_of(one['nearest'], 0)} to {text_of(one['farthest'], 0)}", str(one["n"]), _fraction(one)]
        for one in found["by_distance"]
    ]
    table = html_table(["distance (Mpc)", "sources", "detected (68 %)"], rows) if len(rows) > 1 else ""
    return note(" ".join(told)) + table


def _fraction(found: Mapping[str, Any]) -> str:
    if found["efficiency"] is None:
        return "—"
    return f"{found['efficiency']:.1%} ({found['low']:.1%} to {found['high']:.1%})"
