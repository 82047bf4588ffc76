"""Observability: any list of objects, places or galaxies, from any telescopes, in any night."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import date
from math import isfinite
from typing import Any

import ipywidgets as widgets
from skyhub.errors import InvalidInput, SkyhubError
from skyhub.science.coordinates import parse_position
from skyhub.science.nights import datetime_of_mjd
from traitlets import TraitError

from skyhub_widgets._altitude_chart import AltitudeChart
from skyhub_widgets._table import RecordTable
from skyhub_widgets.dashboard._fields import words_of
from skyhub_widgets.dashboard._newest_answer import NewestAnswer
from skyhub_widgets.dashboard._view import Page, alert, button, header, note, row, stack

__all__ = ["ObservabilityView", "asked_in", "targets_of"]

_COLUMNS: list[dict[str, Any]] = [
    {"field": "pair", "title": "Pair", "hidden": True},
    {"field": "target", "title": "Target"},
    {"field": "telescope", "title": "Telescope"},
    {"field": "hours", "title": "Hours", "unit": "h", "kind": "number", "digits": 1},
    {"field": "best", "title": "Best", "unit": "UTC", "kind": "time"},
    {"field": "best_airmass", "title": "Least airmass", "kind": "number", "digits": 2},
    {"field": "best_moon_separation", "title": "Moon", "unit": "deg", "kind": "number", "digits": 0},
    {"field": "ra", "title": "RA", "unit": "deg", "kind": "number", "digits": 4},
    {"field": "dec", "title": "Dec", "unit": "deg", "kind": "number", "digits": 4},
]
_DRAWN = 6
_MOST_GALAXIES = 50
_FIRST = ("P48",)
_SUN = [("astronomical night", -18.0), ("nautical night", -12.0)]
_STANDING = {"airmass": 2.0, "moon_separation": 0.0, "sun_altitude": -18.0}
"""The conditions of the page as it opens; the address has those that differ."""


class ObservabilityView:
    """The page of targets and telescopes.

    Parameters
    ----------
    page
        The page that the view is on.
    """

    def __init__(self, page: Page) -> None:
        self._page = page
        self._answers = NewestAnswer(page.in_main, 0.1)
        self._curves = NewestAnswer(page.in_main)
        self._pairs: dict[str, Mapping[str, Any]] = {}
        wide = widgets.Layout(width="auto", max_width="520px", height="120px")
        self._targets = widgets.Textarea(
            placeholder="one a line: ZTF26abcdefg, or M31 10.6847 41.2688", layout=wide, continuous_update=False
        )
        self._event = widgets.Text(placeholder="S190425z", description="Galaxies of", continuous_update=False)
        names = sorted(one["nickname"] for one in page.sky.telescopes.rows() if one["latitude"] is not None)
        self._telescopes = widgets.TagsInput(
            allowed_tags=names, value=[name for name in _FIRST if name in names], allow_duplicates=False,
            placeholder="telescopes",
        )  # fmt: skip
        self._night = widgets.DatePicker(description="Night", layout=widgets.Layout(width="220px"))
        narrow = widgets.Layout(width="170px")
        self._airmass = widgets.BoundedFloatText(
            _STANDING["airmass"], min=1, max=10, step=0.1, description="Airmass", layout=narrow
        )
        self._moon = widgets.BoundedFloatText(
            _STANDING["moon_separation"], min=0, max=180, step=5, description="Moon (deg)", layout=narrow
        )
        self._sun = widgets.Dropdown(options=_SUN, layout=widgets.Layout(width="180px"))
        self._said = widgets.HTML()
        self.chart = AltitudeChart()
        self.table = RecordTable(
            columns=_COLUMNS, id_field="pair", table_key="observability", selectable=True, page_size=25,
            empty_text="Name targets and telescopes.",
        )  # fmt: skip
        self.table.observe(lambda _: self._draw(), "selected")
        for control in (self._targets, self._telescopes, self._night, self._airmass, self._moon, self._sun):
            control.observe(lambda _: self._ask(), "value")
        back = button("← Plan", lambda: page.go("plan"))
        notebook = button("Open as notebook", lambda: page.go("notebook", of="observability", **self._params()))
        self.box = stack(
            header("Observability", back),
            widgets.HTML(note("Targets from telescopes in a night. Mark rows to draw other pairs than the best.")),
            self._targets, row(self._event, button("Add its galaxies", self._add_galaxies)),
            row(self._telescopes, self._night, self._airmass, self._moon, self._sun),
            self._said, self.chart, self.table, row(notebook),
        )  # fmt: skip
        self._quiet = False

    def show(self, params: Mapping[str, str]) -> None:
        """Take the ``targets`` (or ``objects``), ``telescopes``, ``night``, conditions and ``event`` of the address."""
        self._quiet = True
        try:
            if given := params.get("targets") or params.get("objects"):
                self._targets.value = "\n".join(words_of(given))
            known = self._telescopes.allowed_tags
            if chosen := [name for name in words_of(params.get("telescopes", "")) if name in known]:
                self._telescopes.value = chosen
            self._event.value = params.get("event", self._event.value)
            with suppress(ValueError):
                self._night.value = date.fromisoformat(params["night"]) if "night" in params else self._night.value
            for name, control in self._controls.items():
                with suppress(ValueError, TraitError):
                    control.value = float(params.get(name, control.value))
        finally:
            self._quiet = False
        if params.get("event") and not self._targets.value.strip():
            self._add_galaxies()
        else:
            self._ask()

    def hear(self, event: Mapping[str, Any]) -> None:
        """What is shown depends on what was asked for alone."""

    def _add_galaxies(self) -> None:
        try:
            found = self._page.sky.events.galaxies(self._event.value.strip(), limit=_MOST_GALAXIES).to_rows()
        except SkyhubError as error:
            self._said.value = alert(error.message)
            return
        if not found:
            self._said.value = note("No galaxy of the catalogues lies in its localization.")
            return
        lines = [f"{one['name']} {one['ra']:.5f} {one['dec']:.5f}" for one in found]
        self._targets.value = "\n".join(filter(None, [self._targets.value.strip(), *lines]))

    def _ask(self) -> None:
        if self._quiet:
            return
        self._said.value = ""
        try:
            targets = targets_of(self._targets.value)
        except InvalidInput as error:
            self._said.value = alert(error.message)
            return
        telescopes = list(self._telescopes.value)
        self._page.keep("observability", **self._params())
        if not targets or not telescopes:
            self._show([])
            return
        asked = {**self._conditions(), "night": self._night.value and self._night.value.isoformat()}
        self._answers.ask(
            lambda _: self._page.sky.observability.targets(targets, telescopes=telescopes, **asked).to_rows(),
            self._show, self._refuse,
        )  # fmt: skip

    @property
    def _controls(self) -> dict[str, widgets.Widget]:
        return {"airmass": self._airmass, "moon_separation": self._moon, "sun_altitude": self._sun}

    def _conditions(self) -> dict[str, Any]:
        return {name: control.value for name, control in self._controls.items()}

    def _params(self) -> dict[str, str]:
        """What is asked, as parameters of the address."""
        named = {"targets": ",".join(self._targets.value.split("\n")), "telescopes": ",".join(self._telescopes.value)}
        night = {} if self._night.value is None else {"night": self._night.value.isoformat()}
        return {**named, **night, **{n: str(v) for n, v in self._conditions().items() if v != _STANDING[n]}}

    def _show(self, rows: Sequence[Mapping[str, Any]]) -> None:
        pairs = sorted(rows, key=lambda one: -one["hours"])
        self._pairs = {f"{one['target']} · {one['telescope']}": one for one in pairs}
        self.table.records = [
            {**one, "pair": name, "night": str(one["night"]), "best": _moment(one["best_mjd"])}
            for name, one in self._pairs.items()
        ]
        seen = sum(one["hours"] > 0 for one in rows)
        if rows:
            self._said.value = note(f"{seen} of {len(rows)} pairs can be observed.")
        self._draw()

    def _draw(self) -> None:
        """Draw the pairs that are marked, or those with most hours."""
        best = [name for name, one in self._pairs.items() if one["hours"] > 0]
        chosen = [name for name in self.table.selected if name in self._pairs] or best
        chosen = chosen[:_DRAWN]
        self.chart.layout.display = None if chosen else "none"
        if chosen:
            self._curves.ask(lambda _: self._found(chosen), self.chart.show, self._refuse)

    def _found(self, names: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
        night, curves = self._page.sky.observability.night, dict[str, list[dict[str, Any]]]()
        for name in names:
            one = self._pairs[name]
            where = f"{one['ra']} {one['dec']}"
            curves[name] = night(
                position=where, telescopes=one["telescope"], night=str(one["night"]), **self._conditions()
            ).to_rows()
        return curves

    def _refuse(self, error: SkyhubError) -> None:
        self._said.value = alert(error.message)


def asked_in(params: Mapping[str, str]) -> dict[str, Any]:
    """What an address of the page asks, as arguments of ``sky.observability.targets``; what is no number or date is left out."""
    found: dict[str, Any] = {
        "targets": targets_of("\n".join(words_of(params.get("targets", "")))),
        "telescopes": words_of(params.get("telescopes", "")),
        "night": None,
        "conditions": dict(_STANDING),
    }
    with suppress(KeyError, ValueError):
        found["night"] = date.fromisoformat(params["night"]).isoformat()
    for name in _STANDING:
        with suppress(KeyError, ValueError):
            given = float(params[name])
            found["conditions"] |= {name: given} if isfinite(given) else {}
    return found


def targets_of(text: str) -> list[dict[str, Any]]:
    """Targets from lines of text: the name of an object, or a name and a position.

    Raises
    ------
    InvalidInput
        If a line is neither.

    Examples
    --------
    >>> targets_of("ZTF26abc\\nM 31 10.6847 41.2688")
    [{'object_id': 'ZTF26abc'}, {'name': 'M 31', 'ra': 10.6847, 'dec': 41.2688}]
    """
    return [_target(line.strip()) for line in text.splitlines() if line.strip()]


def _target(line: str) -> dict[str, Any]:
    words = line.split()
    if len(words) == 1:
        return {"object_id": line}
    found = parse_position(" ".join(words[-2:])) if len(words) > 2 else None
    if found is None:
        raise InvalidInput(
            f"{line!r} is no target: give the name of an object, or a name, RA and Dec as M31 10.6847 41.2688.",
            "targets",
        )
    return {"name": " ".join(words[:-2]), "ra": found.ra, "dec": found.dec}


def _moment(mjd: float | None) -> str | None:
    return None if mjd is None else datetime_of_mjd(mjd).isoformat()
