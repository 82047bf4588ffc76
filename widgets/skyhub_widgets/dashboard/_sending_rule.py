"""The sending rule of a default plan: in words, switched on and off, and what it did."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html import escape
from typing import Any

import ipywidgets as widgets
from skyhub.errors import SkyhubError

from skyhub_widgets._form import form_from_schema
from skyhub_widgets._schema import parameters_of
from skyhub_widgets._table import RecordTable
from skyhub_widgets.dashboard._view import Page, alert, button, heading, may, note, row

__all__ = ["SendingRulePanel", "sending_rule"]

_CONDITIONS = ("lowest_probability", "most_hours", "latest_start", "newer", "cancel_retracted")
_COLUMNS: list[dict[str, Any]] = [
    {"field": "plan_id", "title": "Plan"},
    {"field": "event", "title": "Event"},
    {"field": "state", "title": "By rule"},
    {"field": "detail", "title": "Why"},
    {"field": "request_id", "title": "Request"},
    {"field": "user_name", "title": "In the name of"},
    {"field": "known_at", "title": "At", "kind": "time", "unit": "UTC"},
]
_NONE = (
    "No rule sends these plans: people approve and send them. An administrator of the allocation may have them sent by a rule, in "
    "his name and under conditions; it is told here and to all who share the allocation, and can be switched off at once."
)


class SendingRulePanel(widgets.VBox):  # type: ignore[misc]  # ipywidgets has no types
    """A sending rule, or the form to make one.

    Parameters
    ----------
    page
        The page.
    default_plan_id
        Of which default plan.
    """

    def __init__(self, page: Page, default_plan_id: str) -> None:
        self._page, self._default = page, default_plan_id
        self._rule: Mapping[str, Any] | None = None
        self.words, self.message = widgets.HTML(), widgets.HTML()
        self.deeds, self.place = row(), widgets.VBox()
        self.table = RecordTable(
            columns=_COLUMNS, id_field="plan_id", table_key="rule-sendings", title="What it did", page_size=10
        )
        self.table.on_click(lambda number: page.go("plan", plan=number))
        super().__init__([heading("Sent by rule"), self.words, self.deeds, self.message, self.place, self.table])
        self.refresh()

    def refresh(self) -> None:
        """Show the rule as it is now, and what may be done with it."""
        rules = self._page.sky.sending_rules
        self._rule = next(iter(rules.rows(default_plan_id=self._default, limit=1)), None)
        self.place.children = ()
        self.words.value = _words(self._rule) if self._rule else note(_NONE)
        self.deeds.children = tuple(self._offered()) if may(self._page, "trigger") else ()
        number = self._rule and self._rule["sending_rule_id"]
        self.table.records = rules.sendings(number).to_rows() if number else []
        self.table.layout.display = None if self.table.records else "none"

    def _offered(self) -> list[widgets.Button]:
        rules, rule = self._page.sky.sending_rules, self._rule
        if rule is None:
            return [button("Make a rule", self._ask)]
        number = rule["sending_rule_id"]
        if rule["active"]:
            stop = button("Switch it off", lambda: self._do(lambda: rules.off(number)))
            stop.button_style = "danger"
            return [stop]
        if rule["author"] != self._page.me["name"]:
            return []
        return [
            button("Change its conditions", self._ask),
            button("Switch it on", lambda: self._agree(lambda: rules.on(number))),
        ]

    def _agree(self, deed: Callable[[], object]) -> None:
        """Nothing is switched on before somebody has agreed to what it does."""
        told = "From now on plans go to the telescope in your name, without a click, as it is said above."
        self.place.children = (
            row(
                widgets.HTML(note(told)),
                button("Yes, switch it on", lambda: self._do(deed)),
                button("No", self.refresh),
            ),
        )

    def _ask(self) -> None:
        """The conditions, and the form of the telescope's queue."""
        try:
            queue = self._queue_form()
        except SkyhubError as error:
            self.message.value = alert(error.message)
            return
        own = {
            name: given
            for name, given in parameters_of(self._page.sky.sending_rules.schema).items()
            if name in _CONDITIONS
        }
        form = form_from_schema({**own, **queue}, submit="Save; it stays off")
        if self._rule:
            form.fill(**{name: self._rule[name] for name in _CONDITIONS}, **_typed(self._rule["payload"], queue))

        def save(value: Mapping[str, Any]) -> None:
            given = {name: one for name, one in value.items() if one is not None}
            fields = {name: given.pop(name) for name in _CONDITIONS if name in given}
            self._do(lambda: self._save({**fields, "payload": given}))

        form.on_submit(save)
        self.place.children = (form,)

    def _save(self, fields: Mapping[str, Any]) -> object:
        rules = self._page.sky.sending_rules
        if self._rule:
            return rules.edit(self._rule["sending_rule_id"], **fields)
        return rules.add(default_plan_id=int(self._default), **fields)

    def _queue_form(self) -> dict[str, Any]:
        sky = self._page.sky
        allocation = sky.allocations.get(sky.default_plans.get(self._default)["allocation_id"])
        for queue in sky.requests.queues():
            if allocation["instrument"] in queue["instruments"] and "plan" in queue["forms"]:
                return parameters_of(queue["forms"]["plan"])
        return {}

    def _do(self, deed: Callable[[], object]) -> None:
        try:
            deed()
            self.message.value = ""
        except SkyhubError as error:
            self.message.value = alert(error.message)
            return
        self.refresh()


def sending_rule(page: Page, record: Mapping[str, Any]) -> widgets.Widget:
    """The rule of a default plan, given that or itself."""
    return SendingRulePanel(page, str(record["default_plan_id"]))


def _typed(payload: Mapping[str, Any], queue: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """What a form said, as its fields take it: numbers whose names end in id travel as text."""
    whole = {name for name, field in queue.items() if field["type"] == "integer"}
    return {name: int(value) if name in whole and value is not None else value for name, value in payload.items()}


def _words(rule: Mapping[str, Any]) -> str:
    sign = "On" if rule["active"] else "Off"
    return f'<p style="max-width:80ch;margin:4px 0"><b>{sign}.</b> {escape(rule["words"])}</p>'
