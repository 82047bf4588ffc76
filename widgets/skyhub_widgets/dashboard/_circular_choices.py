"""What goes into a circular: the parameters of the report that wrote it, to choose anew."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import ipywidgets as widgets
from skyhub.errors import SkyhubError

from skyhub_widgets._form import Form, form_from_schema
from skyhub_widgets.dashboard._view import Page, alert, button, note, stack

__all__ = ["CircularChoices"]

_TITLE = "What goes in"


class CircularChoices:
    """A form that is folded away: sources, instruments, columns, times, authors, as the report that wrote the circular offers.

    Parameters
    ----------
    page
        The page that it is on.
    run
        Called with the name of the report and its parameters when they were chosen.
    """

    def __init__(self, page: Page, run: Callable[[str, dict[str, Any]], None]) -> None:
        self._page, self._run, self._report_id = page, run, ""
        self._open = button(f"▸ {_TITLE}", self._toggle)
        self._form = widgets.VBox(layout=widgets.Layout(max_width="640px", display="none"))
        self.box = stack(self._open, self._form)

    def show(self, circular: Mapping[str, Any]) -> None:
        """Belong to a circular; there is nothing to choose in one that was made from no run."""
        report_id = circular["report_id"] or ""
        if report_id != self._report_id:
            self._report_id = report_id
            self._unfold(False)
        self.box.layout.display = None if report_id else "none"

    def enable(self, reason: str) -> None:
        """Offer it, unless there is a reason against it."""
        self._open.disabled, self._open.tooltip = bool(reason), reason or _TITLE
        if reason:
            self._unfold(False)

    def _toggle(self) -> None:
        self._unfold(self._form.layout.display == "none")

    def _unfold(self, unfolded: bool) -> None:
        self._form.children = self._made() if unfolded else ()
        self._form.layout.display = None if unfolded else "none"
        self._open.description = f"{'▾' if unfolded else '▸'} {_TITLE}"

    def _made(self) -> tuple[widgets.Widget, ...]:
        """The form, filled with what the circular's run was given."""
        try:
            run = self._page.sky.reports.run(self._report_id)
            templates = {template["name"]: template for template in self._page.sky.reports.templates()}
        except SkyhubError as error:
            return (widgets.HTML(alert(error.message)),)
        if run["name"] not in templates:
            return (widgets.HTML(note(f"There is no report {run['name']} any more.")),)
        form: Form = form_from_schema(templates[run["name"]]["parameters"], submit="Write it anew")
        known = {name: value for name, value in run["parameters"].items() if name in form.texts and value is not None}
        form.fill(**known)
        form.on_submit(lambda values: self._run(run["name"], {**run["parameters"], **values}))
        told = "The report runs with these; what people wrote in the text stays."
        return (widgets.HTML(note(told)), form)
