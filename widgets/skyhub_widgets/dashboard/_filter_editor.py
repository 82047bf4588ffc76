"""The editor of filters: cuts, one a line, or a function; what is noted and saved; tried before it is stored."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import ipywidgets as widgets
from skyhub.errors import SkyhubError

from skyhub_widgets._form import Form, form_from_schema
from skyhub_widgets._table import RecordTable
from skyhub_widgets.dashboard._columns import FILTER, MAGNITUDE, score, time_of
from skyhub_widgets.dashboard._fields import words_of
from skyhub_widgets.dashboard._filter_texts import (
    annotations_of_lines,
    condition_of_lines,
    lines_of_annotations,
    lines_of_version,
    outcome_html,
)
from skyhub_widgets.dashboard._view import Page, alert, button, heading, note, row

__all__ = ["FilterEditor"]

_EXAMPLES: list[dict[str, Any]] = [
    {"field": "object_id", "title": "Object", "link": "?view=source&object_id={object_id}"},
    {"field": "candid", "title": "Alert", "hidden": True},
    time_of("Time"),
    FILTER,
    MAGNITUDE,
    score("drb"),
    {"field": "annotations", "title": "Annotations"},
]
_CUTS = (
    "SQL: one cut a line, such as drb > 0.8; an alert passes if all hold. Python: a function of alerts, or of alerts and "
    "points."
)
_FIRST = "coalesce(drb, rb) >= 0.65\nsso_distance IS NULL OR sso_distance > 5"


class FilterEditor:
    """A form for a new filter, or a new version of one.

    Parameters
    ----------
    page
        The page that it is on.
    known
        The filter, if there is one, as the client's ``get`` gives it.
    night
        The night to try it on at first.
    stored
        Called with what was stored.
    """

    def __init__(
        self, page: Page, known: Mapping[str, Any] | None, night: str, stored: Callable[[dict[str, Any]], object]
    ) -> None:
        self._page, self._known, self._stored = page, known, stored
        self.form: Form = form_from_schema(_fields(page, known), submit="Store this version")
        self.form.layout.max_width = "720px"
        for child in self.form.children[:-1]:
            child.children[0].layout.max_width = "100%"
        self.form.on_submit(self._store)
        self._nights = widgets.Text(value=night, description="Nights", placeholder="2026-11-21, 2026-11-22")
        self._nights.layout.max_width, self._nights.style.description_width = "320px", "auto"
        self._found = widgets.VBox()
        dry_run = row(self._nights, button("Dry run", self._dry_run))
        explained = widgets.HTML(note("A dry run stores nothing: it tells what would pass of these nights' alerts."))
        title = heading(f"A new version of {known['name']}" if known else "A new filter")
        self.box = widgets.VBox([title, self.form, heading("Try it"), explained, dry_run, self._found])

    def _given(self) -> dict[str, Any]:
        """What is in the form, as the client takes it; a wrong line is told at its field."""
        values = self.form.value
        python = values["language"] == "python"
        expression = values["expression"] if python else condition_of_lines(values["expression"])
        annotations = annotations_of_lines(values["annotations"] or "")
        return {**values, "expression": expression, "annotations": annotations, "autosave": values["autosave"] or []}

    def _store(self, values: dict[str, Any]) -> None:
        try:
            given = self._given()
            name, expression = given.pop("name"), given.pop("expression")
            told = self._page.sky.filters.add(name, expression, given.pop("group") or None, **given)
        except SkyhubError as error:
            self._refuse(error)
            return
        self._stored(told)

    def _dry_run(self) -> None:
        try:
            given = self._given()
            nights = words_of(self._nights.value)
            number = self._known["filter_id"] if self._known else None
            what = {name: given[name] for name in ("expression", "annotations", "survey", "language")}
            told = self._page.sky.filters.dry_run(number, nights, **what)
        except SkyhubError as error:
            self._refuse(error)
            return
        examples = [{**row, "annotations": _short(row["annotations"])} for row in told["examples"]]
        table = RecordTable(examples, _EXAMPLES, table_key="filter-examples", empty_text="No alert passes.")
        self._found.children = (widgets.HTML(outcome_html(told)), table)

    def _refuse(self, error: SkyhubError) -> None:
        at_field = self.form.refuse(error.where or "", error.message)
        shown = "It was not taken: see above." if at_field else error.message
        self._found.children = (widgets.HTML(alert(shown)),)


def _short(annotations: Mapping[str, Any]) -> str:
    told = {key: f"{value:.4g}" if isinstance(value, float) else value for key, value in annotations.items()}
    return ", ".join(f"{key} = {value}" for key, value in told.items())


def _fields(page: Page, known: Mapping[str, Any] | None) -> dict[str, dict[str, Any]]:
    """The fields of the form; what never changes of a filter that is there has one choice."""
    newest = known["versions"][-1] if known else None
    groups = (
        [known["group"] or ""] if known else [*page.me["groups"], *([""] if "administer" in page.me["scopes"] else [])]
    )
    name: dict[str, Any] = {"enum": [known["name"]], "default": known["name"]} if known else {}
    return {
        "name": {"type": "string", "title": "Name", **name},
        "group": {
            "type": "string", "title": "Group", "enum": groups, "default": groups[0] if groups else None,
            "description": "Whose filter it is; without a group it is everybody's.",
        },
        "survey": {
            "type": "string", "title": "Survey", "default": known["survey"] if known else "ZTF",
            **({"enum": [known["survey"]]} if known else {}),
        },
        "language": {
            "type": "string", "title": "Language", "enum": ["sql", "python"], "default": newest["language"] if newest else "sql",
        },
        "expression": {
            "type": "text", "title": "Cuts or function", "description": _CUTS,
            "default": lines_of_version(newest) if newest else _FIRST,
        },
        "annotations": {
            "type": "text", "title": "Annotations", "default": lines_of_annotations(newest["annotations"]) if newest else "",
            "description": "Noted of what passes, one a line: above_limit = limiting_mag - mag",
        },
        "autosave": {
            "type": "list", "title": "Save for groups", "default": newest["autosave"] if newest else [],
            "description": "Groups for which what passes is saved at once, as you; separated by commas.",
        },
        "guard": {
            "type": "number", "title": "Guard", "minimum": 0, "maximum": 1, "default": newest["guard"] if newest else 0.05,
            "description": "The greatest fraction of alerts that may pass.",
        },
    }  # fmt: skip
