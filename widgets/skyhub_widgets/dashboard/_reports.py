"""Reports: run one, see when which runs, and look at what was run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html import escape
from typing import Any

import ipywidgets as widgets
from skyhub.errors import SkyhubError

from skyhub_widgets._form import Form, form_from_schema
from skyhub_widgets._table import RecordTable
from skyhub_widgets.dashboard._report_calendar import ReportCalendar
from skyhub_widgets.dashboard._report_run import ReportRun
from skyhub_widgets.dashboard._report_templates import ReportTemplates
from skyhub_widgets.dashboard._view import Page, button, header, heading, hub_path, note, server_path

__all__ = ["ReportsView"]


def _columns() -> list[dict[str, Any]]:
    return [
        {"field": "report_id", "title": "Run", "link": server_path("skyhub/api/reports/{report_id}/html")},
        {"field": "state", "title": "State"},
        {"field": "parameters", "title": "Parameters"},
        {"field": "requested_by", "title": "Asked by"},
        {"field": "changed_at", "title": "Since", "unit": "UTC", "kind": "time"},
        {"field": "seconds", "title": "Run time", "unit": "s", "kind": "number", "digits": 1},
        {"field": "code_revision", "title": "Code revision", "hidden": True},
        {"field": "data_version", "title": "Data version", "kind": "integer"},
        {"field": "detail", "title": "Message"},
    ]


class ReportsView:
    """Forms to run reports, and the list of runs.

    Parameters
    ----------
    page
        The page that the view is on.
    """

    def __init__(self, page: Page) -> None:
        self._page = page
        self._message = widgets.HTML()
        self._calendar = ReportCalendar(page)
        self._run = ReportRun(page, self._list)
        self._table = RecordTable(
            columns=_columns(),
            id_field="report_id",
            table_key="reports",
            empty_text="No report has been run yet.",
        )
        self._table.on_click(self._run.show)
        self._folds: list[_Fold] = []
        self._nights = page.sky.candidates.nights()[:1]
        self._templates: list[dict[str, Any]] = []
        self._groups = ReportTemplates(page, self._offer)
        circulars = button("Circulars", lambda: page.go("circulars"))
        columns = widgets.Layout(
            grid_template_columns="repeat(auto-fill, minmax(min(100%, 380px), 1fr))",
            grid_gap="0 24px",
            align_items="flex-start",
        )
        self._forms = widgets.GridBox(layout=columns)
        self._offer()
        board = widgets.HTML(
            f'<a href="{escape(hub_path("services/board/"))}" target="_blank" rel="noopener">Wall board</a>'
        )
        parts = [header("Reports", circulars, board), self._forms, self._message, self._calendar.box]
        self.box = widgets.VBox([*parts, self._run.box, heading("Runs"), self._table, self._groups.box])

    def show(self, params: Mapping[str, str]) -> None:
        """List the runs anew; ``report_id`` in the address chooses one."""
        self._renew()
        if "report_id" in params:
            self._run.show(params["report_id"])
        else:
            self._run.refresh()

    def hear(self, event: Mapping[str, Any]) -> None:
        """A run has changed its state, or a group's report its version."""
        if self.box.layout.display == "none":
            return
        if event["kind"] in ("report", "schedules"):
            self.show({})
        elif event["kind"] == "report_templates":
            self._groups.show()
            self._offer()

    def _renew(self) -> None:
        self._list()
        self._calendar.show()
        self._groups.show()

    def _list(self) -> None:
        self._table.records = [{**run, "parameters": _assignments(run)} for run in self._page.sky.reports.runs()]

    def _offer(self) -> None:
        """Offer the reports that can be run, if they are others than before."""
        found = self._page.sky.reports.templates()
        if found != self._templates:
            self._templates, self._folds = found, []
            self._forms.children = [self._form(template) for template in found]

    def _form(self, template: Mapping[str, Any]) -> widgets.Widget:
        form: Form = form_from_schema(self._filled(template["parameters"]), submit="Run now")
        form.on_submit(lambda values: self._ask(template["name"], values))
        title = f"{template['title']} ({template['group']})" if "group" in template else template["title"]
        fold = _Fold(title, template["description"], form, self._unfolded)
        self._folds.append(fold)
        return fold

    def _unfolded(self, opened: _Fold) -> None:
        """One form is open at a time."""
        for fold in self._folds:
            fold.shows(fold is opened and not fold.is_open)

    def _filled(self, parameters: Mapping[str, Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
        """Parameters whose nights are the newest one with candidates: the last night may have been cloudy."""
        newest = {"default": self._nights[0]["dayobs"]} if self._nights else {}
        return {
            name: {**spec, **newest} if spec["type"] == "dayobs" and spec.get("default") else spec
            for name, spec in parameters.items()
        }

    def _ask(self, name: str, values: dict[str, Any]) -> None:
        try:
            report_id = self._page.sky.reports.request(name, **values)
            self._message.value = note(f"{report_id} was asked for; it appears below when it is done.")
        except SkyhubError as error:
            self._message.value = note(error.message)
        self._renew()


class _Fold(widgets.VBox):
    """A report's title, which opens and closes its form."""

    def __init__(self, title: str, description: str, form: Form, pressed: Callable[[_Fold], None]) -> None:
        self._title = title
        self._form = form
        self._button = button(title, lambda: pressed(self))
        self._button.style.font_weight = "bold"
        self.children: tuple[widgets.Widget, ...]
        layout = widgets.Layout(max_width="640px", margin="0 0 8px")
        super().__init__([self._button, widgets.HTML(note(description)), form], layout=layout)
        self.shows(False)

    @property
    def is_open(self) -> bool:
        """Whether the form is shown."""
        return self._form.layout.display is None

    def shows(self, is_open: bool) -> None:
        """Show the form, or its title alone."""
        self._form.layout.display = None if is_open else "none"
        self._button.description = f"{'▾' if is_open else '▸'} {self._title}"


def _assignments(run: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} = {value}" for name, value in run["parameters"].items())
