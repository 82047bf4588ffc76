"""Requests for observations of an object or a plan: the form of the telescope's queue, what becomes of them, taking them back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import ipywidgets as widgets
from skyhub.errors import InvalidInput, SkyhubError

from skyhub_widgets._form import Form, form_from_schema
from skyhub_widgets._schema import parameters_of
from skyhub_widgets._static import html_table
from skyhub_widgets._table import RecordTable
from skyhub_widgets.dashboard._view import Page, alert, button, may, note, row

__all__ = ["RequestPanel", "allocations_for"]

_COLUMNS: list[dict[str, Any]] = [
    {"field": "request_id", "title": "Request"},
    {"field": "instrument", "title": "Instrument"},
    {"field": "standing", "title": "State"},
    {"field": "detail", "title": "Detail"},
    {"field": "by", "title": "By"},
    {"field": "known_at", "title": "Made", "kind": "time", "unit": "UTC"},
]
_COMMENT = {"type": "text", "title": "Comment", "description": "Why; for the team, it is not sent", "default": ""}
_OVER = ("completed", "expired", "cancelled", "ended", "rejected", "withdrawn")
_SHOWN = 300


class RequestPanel(widgets.VBox):  # type: ignore[misc]  # ipywidgets has no types
    """Requests for observations of one object, or of the exposures of one plan.

    Parameters
    ----------
    page
        The page.
    about
        What they are of: ``object_id``, or ``plan_id`` and the ``instrument`` of the plan.
    asked_first
        Gives the sentence to which somebody must agree before anything is sent; by default nobody is asked.
    """

    def __init__(self, page: Page, about: Mapping[str, Any], asked_first: Callable[[], str] | None = None) -> None:
        self._page, self._chosen, self._asked_first = page, "", asked_first
        self._about: dict[str, Any] = {name: value for name, value in about.items() if name != "instrument"}
        self._subject = "plan" if "plan_id" in about else "target"
        self._queues = _by_instrument(page.sky.requests.queues(), self._subject) if may(page, "trigger") else {}
        if "instrument" in about:
            self._queues = {name: queue for name, queue in self._queues.items() if name == about["instrument"]}
        self._allocations = {each["allocation_id"]: each for each in self._permitted()}
        self.message, self.place, self.told = widgets.HTML(), widgets.VBox(), widgets.VBox()
        self.none = widgets.HTML()
        self.form: Form | None = None
        self.allocation = widgets.Dropdown(
            options=[(f"{each['title']} ({each['instrument']})", number) for number, each in self._allocations.items()],
            description="Allocation", layout=widgets.Layout(width="min(520px, 100%)"),
        )  # fmt: skip
        self.allocation.observe(lambda _: self._offer(), "value")
        self.table = RecordTable(
            columns=_COLUMNS,
            id_field="request_id",
            table_key=f"{self._subject}-requests",
            title="Requests",
            page_size=5,
        )
        self.table.on_click(self._choose)
        super().__init__([self._head(), self.place, self.message, self.none, self.table, self.told])
        self._offer()
        self.refresh()

    def refresh(self) -> None:
        """Show how far the requests have come by now; what was typed stays."""
        self.table.records = [
            {**one, "by": _by(one), "standing": _standing(one)} for one in self._page.sky.requests.rows(**self._about)
        ]
        self.table.layout.display = None if self.table.records else "none"
        self.none.value = "" if self.table.records else note("Nothing was asked for that you may see.")
        if self._chosen:
            self._choose(self._chosen)

    def _permitted(self) -> list[dict[str, Any]]:
        """Allocations that the viewer may ask with, of instruments that can be asked."""
        return [
            given
            for given in (allocations_for(self._page) if self._queues else ())
            if given["instrument"] in self._queues
            if self._queues[given["instrument"]]["types"][self._subject] in given["types"]
        ]

    def _head(self) -> widgets.Widget:
        if self.allocation.options:
            return self.allocation
        if not may(self._page, "trigger"):
            return widgets.HTML(note("To ask for observations one needs the right to trigger."))
        why = (
            f"no queue is declared for {self._about_what()}"
            if not self._queues
            else "none of your groups has an allocation for that"
        )
        return widgets.HTML(note(f"Nothing can be asked for: {why}."))

    def _about_what(self) -> str:
        return "targets" if self._subject == "target" else "plans with this instrument"

    def _offer(self) -> None:
        """The form of the queue of the chosen allocation."""
        if self.allocation.value is None:
            return
        queue = self._queues[self._allocations[self.allocation.value]["instrument"]]
        schema = queue["forms"][self._subject]
        rare = [name for name in schema["properties"] if name not in schema.get("required", ())]
        parameters = {**parameters_of(schema), "comment": _COMMENT}
        self.form = form_from_schema(parameters, submit="Submit", folded=[*rare, "comment"])
        self.form.fill(**{name: text for name, text in _next_days().items() if name in schema["properties"]})
        self.form.on_submit(self._submit)
        self.place.children = (self.form, widgets.HTML(note(queue["guarantee"])))

    def _submit(self, value: dict[str, Any]) -> None:
        if self._asked_first is None:
            self._send(value)
            return
        agree = row(
            widgets.HTML(note(self._asked_first())),
            button("Send it now", lambda: self._send(value)),
            button("Not yet", self._offer_again),
        )
        self.place.children = (*self.place.children[:2], agree)
        self._set_busy("Agree below, or wait.")

    def _offer_again(self) -> None:
        """Nothing is sent: the form may be changed."""
        self.place.children = self.place.children[:2]
        self._set_busy("")

    def _set_busy(self, reason: str) -> None:
        if self.form is not None:
            self.form.busy = reason

    def _send(self, value: Mapping[str, Any]) -> None:
        self._offer_again()
        said = {name: given for name, given in value.items() if given is not None}
        fields = {"comment": said.pop("comment", ""), "allocation_id": int(self.allocation.value)}
        try:
            made = self._page.sky.requests.submit(**self._about, payload=said, **fields)
        except SkyhubError as error:
            at = error.where.removeprefix("payload.")
            refused = self.form is not None and self.form.refuse(at, error.message)
            self.message.value = "" if refused else alert(error.message)
            return
        self.message.value = note(f"Request {made['request_id']} is {made['state']}: what becomes of it is told here.")
        self._chosen = made["request_id"]
        self.refresh()

    def _choose(self, number: str) -> None:
        try:
            found = self._page.sky.requests.status(number)
        except SkyhubError as error:
            self.message.value = alert(error.message)
            return
        self._chosen = number
        wide = widgets.Layout(width="100%")
        parts = [widgets.HTML(text, layout=wide) for text in (note(_form_text(found)), _told(found))]
        self.told.children = (*parts, row(*self._deeds(found)))

    def _deeds(self, found: Mapping[str, Any]) -> list[widgets.Button]:
        """What may be done with a request."""
        requests, number = self._page.sky.requests, found["request_id"]
        if not may(self._page, "trigger"):
            return []
        state = found["state"]
        if state == "draft" or state in _OVER:
            text = "Submit" if state == "draft" else "Submit again"
            offered = [button(text, lambda: self._do(requests.submit, number))]
        else:
            offered = [button("Cancel the request", lambda: self._do(requests.cancel, number))]
        if state == "submitted" and self._queues.get(found["instrument"], {}).get("updates"):
            offered.append(button("Change it to what the form says", lambda: self._do(self._change, number)))
        if found["remote_id"] and self._queues.get(found["instrument"], {}).get("follows"):
            offered.append(button("Ask the telescope now", lambda: self._do(requests.retrieve, number)))
        return offered

    def _change(self, number: str) -> None:
        """Let the telescope have what the form says now in the place of what it has."""
        if self.form is None or self.form.errors:
            raise InvalidInput("the form is not complete: fill it in above.", "payload")
        said = {name: given for name, given in self.form.value.items() if given is not None}
        comment = said.pop("comment", "")
        self._page.sky.requests.edit(number, payload=said, **({"comment": comment} if comment else {}))
        self._page.sky.requests.submit(number)

    def _do(self, deed: Any, number: str) -> None:
        try:
            deed(number)
            self.message.value = ""
        except SkyhubError as error:
            self.message.value = alert(error.message)
        self.refresh()


def allocations_for(page: Page) -> list[dict[str, Any]]:
    """The allocations with which a viewer may ask for observations: those of her groups, and her own."""
    mine = set(page.me["groups"])
    return [
        given
        for given in page.sky.allocations.rows()
        if mine & set(given["groups"]) or given["author"] == page.me["name"]
    ]


def _by_instrument(queues: list[dict[str, Any]], subject: str) -> dict[str, dict[str, Any]]:
    """The queues that take targets, or plans."""
    return {name: queue for queue in queues if subject in queue["forms"] for name in queue["instruments"]}


def _form_text(found: Mapping[str, Any]) -> str:
    """What the form said, in a line."""
    given = {name.replace("_", " "): value for name, value in found["payload"].items() if value not in (None, "")}
    said = {name: ", ".join(map(str, value)) if isinstance(value, list) else value for name, value in given.items()}
    return f"Request {found['request_id']}: {'; '.join(f'{name} {value}' for name, value in said.items())}"


def _told(found: Mapping[str, Any]) -> str:
    """The steps of a request, and what was said with the telescope."""
    newest = {(state["state"], state["action"], state["detail"]): state for state in found["states"]}
    steps = [
        [_time(state["known_at"]), state["state"], _next(state), state["detail"] or "", state["user_name"]]
        for state in newest.values()
    ]
    said = [
        [_time(one["known_at"]), f"{one['method']} {one['url']}", str(one["status"] or "–"), one["received"][:_SHOWN]]
        for one in found["transactions"]
    ]
    tables = html_table(["at (UTC)", "state", "next", "detail", "submitted by"], steps) if steps else ""
    talk = html_table(["at (UTC)", "asked", "status", "answer"], said) if said else ""
    return f'<div style="max-height:320px;overflow:auto">{tables}{talk}</div>'


def _by(request: Mapping[str, Any]) -> str:
    """In whose name a request is, and whether a rule has submitted it."""
    rule = request["sending_rule_id"]
    return f"{request['author']}, by rule {rule}" if rule else str(request["author"])


def _standing(request: Mapping[str, Any]) -> str:
    """How far a request has come, and whether nobody knows it."""
    return f"{request['state']} (nobody knows whether it has arrived)" if request["unsure"] else str(request["state"])


def _next_days() -> dict[str, str]:
    """From now on, for two days: what most requests are for."""
    now = datetime.now(UTC).replace(second=0, microsecond=0)
    return {name: f"{moment:%Y-%m-%dT%H:%MZ}" for name, moment in (("start", now), ("end", now + timedelta(days=2)))}


def _next(state: Mapping[str, Any]) -> str:
    if state["action"] is None:
        return ""
    return f"{state['action']} under way" if state["running"] else f"{state['action']} from {_time(state['next_at'])}"


def _time(text: str) -> str:
    return text[:19].replace("T", " ")
