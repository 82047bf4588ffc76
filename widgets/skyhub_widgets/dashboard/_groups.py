"""Groups: who works together, on which streams, with which filters; looked after by those who may."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html import escape
from typing import Any

import ipywidgets as widgets
from skyhub.errors import SkyhubError

from skyhub_widgets._form import form_from_schema
from skyhub_widgets._table import RecordTable
from skyhub_widgets.dashboard._view import Page, alert, button, header, heading, may, note, row, stack

__all__ = ["GroupsView"]

_COLUMNS: list[dict[str, Any]] = [
    {"field": "name", "title": "Group"},
    {"field": "nickname", "title": "Nickname", "hidden": True},
    {"field": "description", "title": "What for"},
    {"field": "member", "title": "Mine", "kind": "boolean"},
    {"field": "streams", "title": "Streams"},
    {"field": "admins", "title": "Administrators"},
    {"field": "private", "title": "Private", "kind": "boolean"},
]
_FILTER_COLUMNS: list[dict[str, Any]] = [
    {"field": "name", "title": "Filter"},
    {"field": "expression", "title": "Lets through"},
    {"field": "survey", "title": "Survey"},
    {"field": "version", "title": "Version", "kind": "integer"},
    {"field": "known_at", "title": "Since", "unit": "UTC", "kind": "time"},
]
_NEW: dict[str, dict[str, Any]] = {
    "name": {"type": "string", "title": "Name", "description": "Letters, digits, '.', '_', '-'; it never changes."},
    "description": {"type": "string", "title": "What for", "default": ""},
    "private": {"type": "boolean", "title": "Unknown to those who are not in it", "default": False},
}


class GroupsView:
    """The page of groups.

    Parameters
    ----------
    page
        The page that the view is on.
    """

    def __init__(self, page: Page) -> None:
        self._page = page
        self._groups = page.sky.groups
        self._message, self._detail = widgets.HTML(), widgets.VBox()
        self._table = RecordTable(columns=_COLUMNS, id_field="name", table_key="groups", empty_text="No groups yet.")
        self._table.on_click(lambda name: page.go("groups", name=name))
        add = button("+ Make a group", self._ask_new)
        add.layout.display = None if self._may("save") else "none"
        self._list = stack(add, self._table)
        self._all = button("← All groups", lambda: page.go("groups"))
        up = button("← Library", lambda: page.go("library"))
        head = header("Groups", up, self._all)
        self.box = widgets.VBox([head, self._message, self._list, self._detail])

    def show(self, params: Mapping[str, str]) -> None:
        """List them anew; ``name`` in the address chooses one."""
        self._message.value = ""
        rows = self._groups.list()
        self._table.records = [
            {**r, "streams": ", ".join(r["streams"]), "admins": ", ".join(r["admins"])} for r in rows
        ]
        name = params.get("name")
        self._present(self._shown(self._groups.get(name)) if name else ())

    def _present(self, detail: tuple[widgets.Widget, ...]) -> None:
        """Show one group, or what is asked about it; without any, the list."""
        self._detail.children = detail
        self._list.layout.display = "none" if detail else None
        self._all.layout.display = None if detail else "none"

    def hear(self, event: Mapping[str, Any]) -> None:
        """Groups change seldom, and are listed anew at each visit."""

    def _may(self, scope: str) -> bool:
        return may(self._page, scope)

    def _shown(self, group: Mapping[str, Any]) -> tuple[widgets.Widget, ...]:
        filters = [f for f in self._page.sky.filters().to_rows() if f["group"] == group["name"]]
        parts: list[widgets.Widget] = [heading(group["name"]), widgets.HTML(note(group["description"] or ""))]
        if group["members"] is not None:
            parts.append(self._members(group))
        else:
            parts.append(widgets.HTML(note("You are not in this group: members are shown to members.")))
        if self._may("administer"):
            parts.append(self._streams(group))
        if group["member"] or filters:
            table = RecordTable(
                filters,
                _FILTER_COLUMNS,
                id_field="filter_id",
                table_key="group-filters",
                empty_text="It has no filters.",
            )
            table.on_click(lambda number: self._page.go("filters", id=number))
            parts += [heading("Filters"), table]
        return tuple(parts)

    def _members(self, group: Mapping[str, Any]) -> widgets.Widget:
        rows = [self._member(group, name) for name in group["members"]]
        if group["admin"]:
            rows.append(self._newcomer(group))
        return stack(heading("Members"), *rows)

    def _member(self, group: Mapping[str, Any], user: str) -> widgets.Widget:
        name, leads = group["name"], user in group["admins"]
        text = f"{escape(user)}{' <i>(administrator)</i>' if leads else ''}"
        parts: list[widgets.Widget] = [widgets.HTML(text, layout=widgets.Layout(width="260px"))]
        if group["admin"]:
            lead = self._groups.remove_admin if leads else self._groups.add_admin
            word = "No longer administrator" if leads else "Make administrator"
            parts.append(button(word, lambda: self._try(lambda: lead(name, user), name)))
        if group["admin"] or user == self._page.me["name"]:
            word = "Leave" if user == self._page.me["name"] else "Remove"
            parts.append(button(word, lambda: self._try(lambda: self._groups.remove_member(name, user), name)))
        return row(*parts)

    def _newcomer(self, group: Mapping[str, Any]) -> widgets.Widget:
        others = sorted(set(self._groups.users()) - set(group["members"]))
        user = widgets.Combobox(placeholder="Name of a user", options=others, ensure_option=True)
        add = button(
            "Add",
            lambda: self._try(lambda: self._groups.add_member(group["name"], user.value), group["name"]),
        )
        return row(user, add)

    def _streams(self, group: Mapping[str, Any]) -> widgets.Widget:
        known: dict[str, dict[str, Any]] = {
            "streams": {"type": "list", "title": "Streams", "default": group["streams"]}
        }
        form = form_from_schema(known, submit="Set streams")
        form.on_submit(
            lambda values: self._try(
                lambda: self._groups.set_streams(group["name"], values["streams"] or []), group["name"]
            )
        )
        return form

    def _ask_new(self) -> None:
        form = form_from_schema(_NEW, submit="Make it")
        form.on_submit(lambda values: self._try(lambda: self._groups.create(**values), values["name"]))
        self._present((heading("A new group"), form))

    def _try(self, work: Callable[[], object], name: str) -> None:
        try:
            work()
            self._page.go("groups", name=name)
            self.show({"name": name})
        except SkyhubError as error:
            self._message.value = alert(error.message)
