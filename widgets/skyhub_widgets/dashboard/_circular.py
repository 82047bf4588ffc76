"""One circular: its text with what the linter finds while one types, the facts beside it, signatures, the way out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import ipywidgets as widgets
from skyhub.errors import SkyhubError

from skyhub_widgets.dashboard._circular_choices import CircularChoices
from skyhub_widgets.dashboard._circular_sending import SendingPanel
from skyhub_widgets.dashboard._circular_texts import (
    differences_html,
    event_name,
    facts_html,
    judgement_html,
    state_html,
    steps_html,
)
from skyhub_widgets.dashboard._view import Page, alert, button, heading, may, note, row, stack

__all__ = ["CircularPanel"]

_BEFORE, _RUN = "the version before", "what the run wrote"
_DRAFTS = ("draft", "reviewed", "approved", "failed", "queued")


class CircularPanel:
    """All that is shown of one circular.

    Parameters
    ----------
    page
        The page that it is on.
    """

    def __init__(self, page: Page) -> None:
        self._page, self._circular, self._awaited = page, dict[str, Any](), ""
        self._filling = False
        self._title, self._state, self._message = widgets.HTML(), widgets.HTML(), widgets.HTML()
        self._subject = widgets.Text(layout=widgets.Layout(width="auto"), placeholder="Subject")
        self._body = widgets.Textarea(rows=26, layout=widgets.Layout(width="auto"), placeholder="Text")
        self._body.add_class("skyhub-mono")
        for field in (self._subject, self._body):
            field.observe(lambda _: self._typed(), "value")
        self._judgement, self._facts, self._steps = widgets.HTML(), widgets.HTML(), widgets.HTML()
        self._with = widgets.Dropdown(options=[_BEFORE, _RUN], description="Compared with")
        self._with.style.description_width = "auto"
        self._with.observe(lambda _: self._compare(), "value")
        self._differences = widgets.HTML()
        self._save = button("Save", self._write)
        self._review = button("Reviewed", lambda: self._sign(page.sky.circulars.review))
        self._approve = button("Approve", lambda: self._sign(page.sky.circulars.approve))
        self._despite = widgets.Checkbox(
            description="despite the warning", indent=False, layout=widgets.Layout(width="auto")
        )
        self._withdraw = button("Withdraw signatures", self._take_back)
        self._again = button("Run the report again", self._run_again)
        self._choices = CircularChoices(page, self._ask_for)
        self._sending = SendingPanel(page, self.refresh)
        text = _column("60ch", self._subject, self._body)
        beside = _column("300px", self._judgement, heading("Facts"), self._facts)
        both = widgets.HBox(
            [text, beside], layout=widgets.Layout(flex_flow="row wrap", grid_gap="16px", align_items="flex-start")
        )
        self.box = stack(
            self._title, self._state,
            row(self._save, self._review, self._approve, self._despite, self._withdraw, self._again),
            self._message, self._choices.box, self._sending.box, both,
            heading("Changes"), self._with, self._differences, heading("Signatures"), self._steps,
        )  # fmt: skip

    def show(self, circular_id: str) -> None:
        """Show a circular."""
        self._message.value = ""
        self._read(circular_id)

    def is_about(self, change: Mapping[str, Any]) -> bool:
        """Whether a live change tells of the circular that is shown."""
        return str(change.get("circular_id")) == self._circular.get("circular_id")

    def refresh(self) -> None:
        """Read it anew; a text that somebody is writing stays, and is told to be behind."""
        newest = self._page.sky.circulars.get(self._circular["circular_id"])
        if newest == self._circular:
            return
        if not self._changed():
            self._show(newest)
        elif newest["version"] != self._circular["version"]:
            self._message.value = alert(
                f"{newest['edited_by']} has written version {newest['version']} in the meantime."
            )

    def ran(self, report_id: str, state: str) -> None:
        """A run of a report has ended: if it is the one that was asked for here, take it in."""
        if report_id != self._awaited or state not in ("done", "failed"):
            return
        self._awaited = ""
        if state == "failed":
            self._message.value = alert(f"{report_id} has failed: see Reports.")
            return
        self._do(lambda: self._unite(report_id))

    def _read(self, circular_id: str) -> None:
        self._show(self._page.sky.circulars.get(circular_id))

    def _show(self, circular: dict[str, Any]) -> None:
        sky, circular_id = self._page.sky, circular["circular_id"]
        self._circular = circular
        self._filling = True
        self._subject.value, self._body.value = self._circular["subject"], self._circular["body"]
        self._filling = False
        about = f" · {event_name(self._circular['event'])}" if self._circular["event"] else ""
        self._title.value = heading(f"{self._circular['name']}{about}").value
        self._state.value = state_html(self._circular)
        self._steps.value = steps_html(sky.circulars.steps(circular_id))
        try:
            self._facts.value = facts_html(sky.circulars.facts(circular_id))
        except SkyhubError as error:
            self._facts.value = note(error.message)
        self._judge()
        self._compare()
        self._choices.show(self._circular)
        self._sending.show(self._circular)

    def _typed(self) -> None:
        if not self._filling and self._circular:
            self._judge()

    def _changed(self) -> bool:
        return bool(self._circular) and (self._subject.value, self._body.value.strip()) != (
            self._circular["subject"],
            self._circular["body"],
        )

    def _judge(self) -> None:
        """What is to be said of the text as it stands in the fields, and which buttons may be pressed."""
        proposed = {"subject": self._subject.value, "body": self._body.value}
        try:
            judgement = self._page.sky.circulars.judge(self._circular["circular_id"], **proposed)
        except SkyhubError as error:
            self._judgement.value = alert(error.message)
            return
        self._judgement.value = judgement_html(judgement)
        self._despite.layout.display = "" if judgement["warnings"] else "none"
        errors = sum(found["severity"] == "error" for found in judgement["findings"])
        self._enable(errors)

    def _enable(self, errors: int) -> None:
        state, changed = self._circular["state"], self._changed()
        writes = may(self._page, "report") and state in _DRAFTS
        for field in (self._subject, self._body):
            field.disabled = not writes
        unsaved = "save what you have written first" if changed else ""
        sent = "" if state in _DRAFTS else f"it is {state}"
        faults = f"the linter finds {errors} error{'s' if errors > 1 else ''}" if errors else ""
        unread = "" if self._circular["reviewed_by"] else "nobody has reviewed it"
        done = f"it is {state}" if state in ("approved", "queued") else ""
        nothing = "nothing is signed" if state == "draft" else ""
        _may(self._save, sent or _lacks(self._page, "report") or ("" if changed else "nothing has changed"))
        _may(self._review, sent or _lacks(self._page, "report") or unsaved)
        _may(self._approve, sent or done or _lacks(self._page, "approve") or unsaved or faults or unread)
        _may(self._withdraw, sent or nothing or _lacks(self._page, "report"))
        settled = sent or ("" if self._circular["report_id"] else "it was made from no run") or unsaved
        _may(self._again, settled)
        self._choices.enable(settled)
        self._sending.enable(not changed)

    def _compare(self) -> None:
        if not self._circular:
            return
        was = 0 if self._with.value == _RUN else None
        compared = self._page.sky.circulars.compare(self._circular["circular_id"], was)
        self._differences.value = differences_html(compared)

    def _write(self) -> None:
        changes = {"subject": self._subject.value, "body": self._body.value}
        self._do(lambda: self._page.sky.circulars.write(self._circular, **changes))

    def _sign(self, work: Callable[..., object]) -> None:
        options = {"despite_warnings": True} if self._despite.value and work == self._page.sky.circulars.approve else {}
        self._do(lambda: work(self._circular, **options))

    def _take_back(self) -> None:
        self._do(lambda: self._page.sky.circulars.withdraw(self._circular["circular_id"]))

    def _run_again(self) -> None:
        try:
            run = self._page.sky.reports.run(self._circular["report_id"])
        except SkyhubError as error:
            self._message.value = alert(error.message)
            return
        self._ask_for(run["name"], run["parameters"])

    def _ask_for(self, report: str, parameters: Mapping[str, Any]) -> None:
        def work() -> str:
            self._awaited = self._page.sky.reports.request(report, **parameters)
            return f"{self._awaited} was asked for; it is taken in when it is done, and what was written here stays."

        self._do(work)

    def _unite(self, report_id: str) -> str:
        told = self._page.sky.circulars.unite(self._circular["circular_id"], report_id)
        n = len(told["conflicts"])
        return f"{report_id} was taken in." + (f" {n} places are for you to choose: see the marks." if n else "")

    def _do(self, work: Callable[[], object]) -> None:
        """Do something, say what came of it, and show the circular as it is by then."""
        try:
            told = work()
        except SkyhubError as error:
            self._message.value = alert(error.message)
            return
        self._message.value = note(told) if isinstance(told, str) else ""
        self._read(self._circular["circular_id"])


def _column(basis: str, *children: widgets.Widget) -> widgets.VBox:
    return widgets.VBox(
        children, layout=widgets.Layout(flex=f"1 1 {basis}", min_width="0", max_width="100%", grid_gap="8px")
    )


def _lacks(page: Page, scope: str) -> str:
    return "" if may(page, scope) else f"it needs the scope {scope}"


def _may(pressed: widgets.Button, reason: str) -> None:
    """Enable a button, or say why it is not."""
    pressed.disabled, pressed.tooltip = bool(reason), reason
