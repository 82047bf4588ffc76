"""One filter: its versions and trials, how it fares, and taking versions live and off."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import ipywidgets as widgets
from skyhub.errors import SkyhubError

from skyhub_widgets._form import Form, form_from_schema
from skyhub_widgets._table import RecordTable
from skyhub_widgets.dashboard._filter_texts import lines_of_annotations, status_html, trial_html
from skyhub_widgets.dashboard._view import Page, alert, button, heading, note, row, stack

__all__ = ["FilterDetail"]

_VERSIONS: list[dict[str, Any]] = [
    {"field": "version", "title": "Version", "kind": "integer"},
    {"field": "live", "title": "Live", "kind": "boolean"},
    {"field": "expression", "title": "Lets through"},
    {"field": "annotations", "title": "Notes"},
    {"field": "autosave", "title": "Saves for"},
    {"field": "guard", "title": "Guard", "kind": "number", "digits": 4},
    {"field": "author", "title": "Author"},
    {"field": "known_at", "title": "Stored", "unit": "UTC", "kind": "time"},
]
_STATES: list[dict[str, Any]] = [
    {"field": "known_at", "title": "When", "unit": "UTC", "kind": "time"},
    {"field": "user_name", "title": "Who"},
    {"field": "action", "title": "What"},
    {"field": "reason", "title": "Why"},
]
_PURITY: list[dict[str, Any]] = [
    {"field": "version", "title": "Version", "kind": "integer"},
    {"field": "dayobs", "title": "Night"},
    {"field": "n_passed", "title": "Objects that pass", "kind": "integer"},
    {"field": "n_real", "title": "Real", "kind": "integer", "description": "Saved for the filter's group"},
    {
        "field": "n_not_real",
        "title": "Not real",
        "kind": "integer",
        "description": "Rejected, or taken off the list again",
    },
    {"field": "n_disputed", "title": "Disputed", "kind": "integer"},
    {"field": "n_undecided", "title": "Undecided", "kind": "integer"},
    {"field": "purity", "title": "Purity", "description": "Real of real and not real, with Wilson's 68 % interval"},
    {"field": "range", "title": "Range", "description": "If none, or all, of the disputed and undecided were real"},
]
_PURITY_NIGHTS = 7


class FilterDetail:
    """One filter.

    Parameters
    ----------
    page
        The page that it is on.
    known
        The filter, as the client's ``get`` gives it.
    may_write
        Whether to offer what changes it.
    edit, changed
        Called to write a new version, and when something has changed.
    """

    def __init__(
        self,
        page: Page,
        known: Mapping[str, Any],
        may_write: bool,
        edit: Callable[[], object],
        changed: Callable[[], object],
    ) -> None:
        self._page, self._known, self._changed = page, known, changed
        self._filters = page.sky.filters
        status = self._filters.status(known["filter_id"])
        self._asked = widgets.VBox()
        parts: list[widgets.Widget] = [
            heading(f"{known['name']} ({known['group'] or 'everybody'}, {known['survey']})"),
            widgets.HTML(status_html(known, status)),
        ]
        if may_write:
            pressed = [
                button("New version", edit),
                button("Try on nights", self._ask_trial),
                button("Take live", self._ask_live),
            ]
            if known["live"]:
                pressed.append(button("Take off", self._ask_off))
            parts += [row(*pressed), self._asked]
        parts += [heading("Versions"), self._versions(), *self._trials()]
        parts += [heading("Purity by decisions"), self._purity(), heading("Live and off"), self._states()]
        self.box = stack(*parts)

    def _versions(self) -> RecordTable:
        live = self._known["version"] if self._known["live"] else None
        rows = [
            {
                **version,
                "live": version["version"] == live,
                "annotations": "; ".join(lines_of_annotations(version["annotations"]).splitlines()),
                "autosave": ", ".join(version["autosave"]),
            }
            for version in reversed(self._known["versions"])
        ]
        return RecordTable(rows, _VERSIONS, table_key="filter-versions", page_size=10)

    def _states(self) -> RecordTable:
        rows = [
            {**state, "action": f"version {state['version']} {'live' if state['active'] else 'off'}"}
            for state in reversed(self._known["states"])
        ]
        return RecordTable(rows, _STATES, table_key="filter-states", page_size=10, empty_text="It was never live.")

    def _purity(self) -> RecordTable:
        """What was real of that which passed in the newest nights: of all of them first, then of each."""
        nights = [night["dayobs"] for night in self._page.sky.candidates.nights()][:_PURITY_NIGHTS]
        whole = nights[0] if len(nights) == 1 else f"the newest {len(nights)}"
        told = self._filters.purity(nights, [int(self._known["filter_id"])]).to_rows() if nights else []
        rows = [
            {
                **row,
                "dayobs": row["dayobs"] or whole,
                "purity": None
                if row["purity"] is None
                else f"{row['purity']:.2f} ({_between(row['purity_low'], row['purity_high'])})",
                "range": _between(row["purity_least"], row["purity_most"]),
            }
            for row in sorted(told, key=lambda row: (-row["version"], row["dayobs"] is not None))
            if row["dayobs"] is None or len(nights) > 1
        ]
        return RecordTable(
            rows,
            _PURITY,
            table_key="filter-purity",
            page_size=10,
            empty_text="Nothing has passed in the newest nights.",
        )

    def _trials(self) -> list[widgets.Widget]:
        newest = {trial["version"]: trial for trial in self._filters.trials(self._known["filter_id"])}
        if not newest:
            return [heading("Trials"), widgets.HTML(note("No version was tried on reference nights yet."))]
        told = [trial_html(newest[number]) for number in sorted(newest, reverse=True)[:3]]
        return [heading("Trials"), widgets.HTML("".join(told))]

    def _ask_trial(self) -> None:
        form = form_from_schema(
            {
                "version": self._version_field(),
                "nights": {
                    "type": "list", "title": "Nights", "default": [],
                    "description": "By the dates of their evenings, separated by commas; the three newest by default.",
                },
                "known": {
                    "type": "list", "title": "Known objects", "default": [],
                    "description": "Objects that it should find, separated by commas.",
                },
                "list_name": {"type": "string", "title": "List", "default": "", "description": "A list of such objects."},
            },
            submit="Try it",
        )  # fmt: skip
        self._ask(form, lambda v: self._filters.trial(
            self._known["filter_id"], v["version"], v["nights"], known=v["known"], list_name=v["list_name"] or None
        ))  # fmt: skip

    def _ask_live(self) -> None:
        form = form_from_schema({"version": self._version_field(), "reason": _reason()}, submit="Take it live")
        self._ask(form, lambda v: self._filters.activate(self._known["filter_id"], v["version"], v["reason"] or None))

    def _ask_off(self) -> None:
        form = form_from_schema({"reason": _reason()}, submit="Let nothing through any more")
        self._ask(form, lambda v: self._filters.deactivate(self._known["filter_id"], v["reason"] or None))

    def _ask(self, form: Form, work: Callable[[dict[str, Any]], object]) -> None:
        message = widgets.HTML()

        def submit(values: dict[str, Any]) -> None:
            message.value = note("Under way …")
            try:
                work(values)
            except SkyhubError as error:
                at_field = form.refuse(error.where or "", error.message)
                message.value = "" if at_field else alert(error.message)
                return
            self._changed()

        form.on_submit(submit)
        self._asked.children = (form, message)

    def _version_field(self) -> dict[str, Any]:
        numbers = [version["version"] for version in reversed(self._known["versions"])]
        return {"type": "integer", "title": "Version", "enum": numbers, "default": numbers[0]}


def _reason() -> dict[str, Any]:
    return {
        "type": "text", "title": "Reason", "default": "",
        "description": "It is kept. Needed if the last trial has not kept to the guard, and then an administrator's.",
    }  # fmt: skip


def _between(low: float, high: float) -> str:
    return f"{low:.2f} to {high:.2f}"
