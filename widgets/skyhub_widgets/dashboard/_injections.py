"""Blind injections: known objects offered to scanners again, what came of them, and whether one is told one's own figures."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import ipywidgets as widgets
from skyhub.errors import SkyhubError

from skyhub_widgets._table import RecordTable
from skyhub_widgets.dashboard._fields import dropdown, text_field
from skyhub_widgets.dashboard._injection_result import result_of
from skyhub_widgets.dashboard._view import Page, alert, button, header, heading, may, note, row, stack

__all__ = ["InjectionsView"]

_COLUMNS: list[dict[str, Any]] = [
    {"field": "name", "title": "Injection"},
    {"field": "state", "title": "State"},
    {"field": "group", "title": "Group"},
    {"field": "dayobs", "title": "Night"},
    {"field": "n_objects", "title": "Objects", "kind": "integer"},
    {"field": "author", "title": "Prepared by"},
    {"field": "known_at", "title": "Since", "unit": "UTC", "kind": "time"},
]
_ABOUT = (
    "Objects that are known are offered to the scanners of a group again, as if nobody had decided on them. Nothing that they "
    "decide stands; when it is closed, the group learns how many it saved."
)
_ABOUT_CHOICE = (
    "Nobody else is told yours of an injection. With this choice you are also named where scanners are compared."
)
_CHOICE = "named_in_scanning"


class InjectionsView:
    """The page of blind injections.

    Parameters
    ----------
    page
        The page that the view is on.
    """

    def __init__(self, page: Page) -> None:
        self._page, self._injections = page, page.sky.injections
        self._params: dict[str, str] = {}
        self._message, self._detail = widgets.HTML(), widgets.VBox()
        self._table = RecordTable(
            columns=_COLUMNS, id_field="injection_id", table_key="injections",
            empty_text="None that you prepared, and none of your groups that is closed.",
        )  # fmt: skip
        self._table.on_click(lambda number: page.go("injections", id=number))
        self._choice = widgets.Checkbox(
            description="Tell me my own figures", indent=False, layout=widgets.Layout(width="auto")
        )
        self._choice.observe(self._choose, "value")
        self._prepare = self._preparing()
        choice = [self._choice, widgets.HTML(note(_ABOUT_CHOICE))] if self._may("scan") else []
        self._list = stack(widgets.HTML(note(_ABOUT)), self._table, *choice, self._prepare)
        self._all = button("← All injections", lambda: page.go("injections"))
        up = button("← Library", lambda: page.go("library"))
        self.box = widgets.VBox([header("Blind injections", up, self._all), self._message, self._list, self._detail])

    def show(self, params: Mapping[str, str]) -> None:
        """List them anew, or show the one whose ``id`` is in the address."""
        self._params, self._message.value = dict(params), ""
        known = {told["injection_id"]: told for told in self._injections.list()}
        self._table.records = [_row(told) for told in known.values()]
        self._show_choice()
        number = params.get("id", "")
        if number and number not in known:
            self._message.value = alert(f"There is no injection {number} among those that you may see.")
        self._detail.children = self._shown(known[number]) if number in known else ()
        self._list.layout.display = "none" if number in known else None
        self._all.layout.display = None if number in known else "none"

    def hear(self, event: Mapping[str, Any]) -> None:
        """One was prepared or closed; or the viewer has chosen elsewhere."""
        if event["kind"] in ("injections", "preferences") and self.box.layout.display != "none":
            self.show(self._params)

    def _may(self, scope: str) -> bool:
        return may(self._page, scope)

    def _show_choice(self) -> None:
        rows = self._page.sky.preferences.rows(name=_CHOICE) if self._may("scan") else []
        self._choice.unobserve(self._choose, "value")
        self._choice.value = bool(rows and rows[0]["value"])
        self._choice.observe(self._choose, "value")

    def _choose(self, change: Mapping[str, Any]) -> None:
        chosen = bool(change["new"])
        self._try(lambda: self._page.sky.preferences.add(name=_CHOICE, value=chosen, revise=True))

    def _preparing(self) -> widgets.Widget:
        """What asks for a new injection, for those who administer a group."""
        leads = [g["name"] for g in self._page.sky.groups.list() if self._leads(g)] if self._may("save") else []
        name, objects = text_field("Name", "supernovae of May"), text_field("Objects", "ZTF26abc, ZTF26abd")
        objects.layout = widgets.Layout(width="98%", max_width="700px")
        group, night = dropdown("Group", [(g, g) for g in leads]), text_field("Night", "the newest")

        def prepare() -> None:
            names = [word for word in re.split(r"[,;\s]+", objects.value) if word]
            given = {"dayobs": night.value.strip() or None}
            self._try(lambda: self._told(self._injections.prepare(name.value, group.value, names, **given)))

        made = stack(heading("Prepare one"), row(name, group, night), objects, button("Offer them again", prepare))
        made.layout.display = None if leads else "none"
        return made

    def _leads(self, group: Mapping[str, Any]) -> bool:
        return self._page.me["name"] in group["admins"] or "administer" in self._page.me["scopes"]

    def _told(self, made: Mapping[str, Any]) -> None:
        self.show({})
        seen = ", ".join(made["revealing"])
        warning = f" Comments or classes can be read of: {seen}." if seen else ""
        self._message.value = note(f"{made['name']} is open for {made['group']}.{warning}")

    def _shown(self, told: Mapping[str, Any]) -> tuple[widgets.Widget, ...]:
        count = len(told["object_ids"])
        facts = f"{count} objects for {told['group']} in the night {told['dayobs']}, by {told['author']}."
        head = (heading(told["name"]), widgets.HTML(note(facts)))
        number = told["injection_id"]
        if told["open"]:
            close = button("Close it", lambda: self._try(lambda: self._close(number)))
            return *head, widgets.HTML(note("It is open: its result is told when it is closed.")), close
        return *head, result_of(self._page, self._injections.result(number))

    def _close(self, number: str) -> None:
        self._injections.close(number)
        self.show({"id": number})

    def _try(self, work: Callable[[], object]) -> None:
        try:
            work()
        except SkyhubError as error:
            self._message.value = alert(error.message)


def _row(told: Mapping[str, Any]) -> dict[str, Any]:
    return {**told, "state": "open" if told["open"] else "closed", "n_objects": len(told["object_ids"])}
