"""One field of a plan: why it is in or not, its airmass along the night, and whether it is pinned or left out."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, Protocol

import ipywidgets as widgets
from skyhub.client._plans import Plan
from skyhub.errors import SkyhubError

from skyhub_widgets._form import Form
from skyhub_widgets._plan_figures import PlanFigures
from skyhub_widgets._table import RecordTable
from skyhub_widgets.dashboard._fields import text_field
from skyhub_widgets.dashboard._newest_answer import NewestAnswer
from skyhub_widgets.dashboard._plan_texts import explained_html
from skyhub_widgets.dashboard._view import Page, alert, button, heading, note, row, stack

__all__ = ["FieldPanel"]

_COLUMNS: list[dict[str, Any]] = [
    {"field": "field_id", "title": "Field"},
    {"field": "verdict", "title": "Verdict"},
    {"field": "probability", "title": "Holds", "kind": "number", "digits": 4, "description": "Probability by itself"},
    {"field": "gain", "title": "Gain", "kind": "number", "digits": 4,
     "description": "What the plan would lose without it, or gain with it"},
    {"field": "limits", "title": "Never keeps"},
    {"field": "best_airmass", "title": "Lowest airmass", "kind": "number", "digits": 2},
    {"field": "observable", "title": "Observable", "unit": "h", "kind": "number", "digits": 1},
]  # fmt: skip
_HINT = "Choose a field in the figures, or give its number: why is it in, or why not?"


class _Desk(Protocol):
    """What is asked of the desk."""

    figures: PlanFigures

    @property
    def parts(self) -> list[Plan]:
        """The plans that are shown."""

    def part_of(self, field: str) -> tuple[Plan, str] | None:
        """The plan of which a field is, and its number."""

    def label_of(self, plan: Plan, number: int) -> str:
        """What a field of a plan is called."""

    def form_of(self, field: str) -> Form:
        """The form with the lists of fields on which a field may be."""

    def wish(self, form: Form | None = None, **changes: Any) -> None:
        """Change wishes of a form."""


class FieldPanel:
    """What is said and done of one field: ``box``.

    Parameters
    ----------
    page
        The page that it is on.
    desk
        Where the plan is made.
    """

    def __init__(self, page: Page, desk: _Desk) -> None:
        self._page, self._desk = page, desk
        self._answers = NewestAnswer(page.in_main)
        self._timelines: Mapping[str, Mapping[str, Any]] = {}
        self._number = text_field("Field", "507")
        self._number.continuous_update = False
        self._number.observe(lambda change: self.show(change["new"].strip()), "value")
        self._told = widgets.HTML(note(_HINT))
        self._leave_out = button("Leave out", lambda: self._set("excluded_fields"))
        self._pin = button("Pin", lambda: self._set("pinned_fields"))
        self._free = button("Neither", lambda: self._set(""))
        self._all = RecordTable(columns=_COLUMNS, id_field="field_id", table_key="plan-fields", page_size=10)
        self._all.layout.display = "none"
        self._all.on_click(self._choose)
        self._others = NewestAnswer(page.in_main)
        self._offer("")
        controls = row(self._number, self._leave_out, self._pin, self._free, button("All fields", self._explain_all))
        self.box = stack(heading("A field"), controls, self._told, self._all)

    def show(self, field: str) -> None:
        """Tell of a field by its number; of none if it is empty."""
        if field != self._number.value:
            self._number.value = field  # which shows it
            return
        self._offer(field)
        if not field or not self._desk.parts:
            self._answers.drop()
            self._told.value = note(_HINT)
            return
        part = self._desk.part_of(field)
        if part is None:
            one = self._desk.parts[0]["instrument"]
            self._told.value = alert(
                f"{field} was given: name the instrument and the number of its field, as {one} 507."
            )
        elif not part[1].isdecimal():
            self._told.value = alert(f"{field} was given: a field is a whole number.")
        else:
            plan, number = part
            self._answers.ask(lambda _: self._found(plan, int(number)), partial(self._tell, field), self._refuse)

    @property
    def number(self) -> str:
        """The field that is told of; empty for none."""
        return str(self._number.value).strip()

    def renew(self, timelines: Mapping[str, Mapping[str, Any]], field: str) -> None:
        """Tell of a field in another plan, or in plans of several instruments; their timelines by instrument."""
        self._timelines = timelines
        self._all.layout.display = "none"
        self._others.drop()
        self.show(field)

    def _found(self, plan: Plan, field: int) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """Why it is in the plan or not, and its airmass in the night of its first exposure, if it has one."""
        [told] = self._page.sky.plans.explain(plan, fields=[field]).to_rows()
        timeline = self._timelines[plan["instrument"]]
        first = next((each["start"] for each in timeline["observations"] if each["field_id"] == field), None)
        if first is None:
            return told, []
        night = next(each["night"] for each in timeline["nights"] if first <= each["end"])
        at = {"position": f"{told['ra']} {told['dec']}", "telescopes": [plan["telescope"]], "night": night}
        return told, self._page.sky.observability.night(**at).to_rows()

    def _tell(self, field: str, found: tuple[dict[str, Any], list[dict[str, Any]]]) -> None:
        told, curve = found
        self._told.value = f'<p role="status" style="margin:4px 0">{explained_html(told, field)}</p>'
        if self._desk.figures.selected == field:
            self._desk.figures.timeline.follow(*([each[name] for each in curve] for name in ("mjd", "airmass")))

    def _choose(self, field: str) -> None:
        """Tell of a field of the table, and light it if it is in the plan."""
        self._desk.figures.selected = field
        if field != self.number:
            self.show(field)

    def _explain_all(self) -> None:
        """List all fields with probability, and what became of them."""
        parts = self._desk.parts
        if parts:
            self._told.value = note("All fields are being looked at: this takes some seconds.")
            self._others.ask(lambda _: self._verdicts(parts), self._list, self._refuse)

    def _verdicts(self, parts: list[Plan]) -> list[dict[str, Any]]:
        """What became of the fields of all plans, those with most probability first."""
        found = [
            {**row, "field_id": self._desk.label_of(plan, row["field_id"])}
            for plan in parts
            for row in self._page.sky.plans.explain(plan).to_rows()
        ]
        return sorted(found, key=lambda row: -float(row["probability"]))

    def _list(self, rows: list[dict[str, Any]]) -> None:
        names = [column["field"] for column in _COLUMNS]
        told = ({**row, "limits": ", ".join(row["limits"])} for row in rows)
        self._all.records = [{name: one[name] for name in names} for one in told]
        self._all.layout.display = None
        self.show(self.number)

    def _refuse(self, error: SkyhubError) -> None:
        self._told.value = alert(error.message)

    def _offer(self, field: str) -> None:
        named = {name: self._listed(name) for name in ("excluded_fields", "pinned_fields")}
        number = self._number_in(field)
        self._leave_out.disabled = not field or number in named["excluded_fields"]
        self._pin.disabled = not field or number in named["pinned_fields"]
        self._free.disabled = not any(number in fields for fields in named.values())
        for made, why in ((self._leave_out, "It is left out."), (self._pin, "It is pinned.")):
            made.tooltip = ("Choose a field first." if not field else why) if made.disabled else made.description

    def _listed(self, name: str) -> list[str]:
        return list(self._desk.form_of(self.number).value.get(name) or [])

    def _number_in(self, field: str) -> str:
        """The number of a field among those of its telescope."""
        part = self._desk.part_of(field)
        return field if part is None else part[1]

    def _set(self, wanted: str) -> None:
        """Put the field on one of the two lists, or on none."""
        field = self.number
        number = self._number_in(field)
        lists = {
            name: [other for other in self._listed(name) if other != number] + ([number] if name == wanted else [])
            for name in ("excluded_fields", "pinned_fields")
        }
        self._desk.wish(self._desk.form_of(field), **lists)
        self._offer(field)
