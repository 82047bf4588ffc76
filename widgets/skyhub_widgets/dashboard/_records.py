"""Records of any kind: browse them, look at one with its history, and write where one may."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

import ipywidgets as widgets
from skyhub.client._records import Records
from skyhub.errors import SkyhubError

from skyhub_widgets._form import Form, form_from_schema
from skyhub_widgets._schema import columns_of, flattened, nested, parameters_of
from skyhub_widgets._static import text_of
from skyhub_widgets._table import RecordTable
from skyhub_widgets.dashboard._view import Page, alert, button, header, heading, may, note, row, stack

__all__ = ["Library", "RecordsView"]

_STANDING = (
    ("version", "Version", "integer", ""),
    ("author", "Author", "text", ""),
    ("edited_by", "Edited by", "text", ""),
    ("known_at", "Known at", "time", "UTC"),
)
"""Of the columns that every record has: field, title, kind and unit."""

Details = Callable[[Page, Mapping[str, Any]], widgets.Widget]


@dataclass(frozen=True)
class Library:
    """A kind of record that has a page.

    Parameters
    ----------
    kind
        Its table.
    title, text
        What the page is called, and what is there.
    details
        Makes what is shown of one record besides its fields.
    drawn
        Fields that the details show, and the table of fields need not.
    """

    kind: str
    title: str
    text: str
    details: Details | None = None
    drawn: frozenset[str] = frozenset()


class RecordsView:
    """The page of a kind of record.

    Parameters
    ----------
    page
        The page that the view is on.
    library
        Which kind, and how it is presented.
    """

    def __init__(self, page: Page, library: Library) -> None:
        self._page, self._library = page, library
        self._records = Records(page.sky.transport, library.kind)
        self._schema = self._records.schema
        self._table = RecordTable(
            columns=[{**c, "hidden": c["hidden"] or c["field"] in library.drawn} for c in columns_of(self._schema)],
            id_field=self._schema["id_column"],
            table_key=library.kind,
            empty_text=f"There are no {library.title.lower()} that you may see.",
        )
        self._table.on_click(lambda number: page.go(library.kind, id=number))
        self._message, self._detail = widgets.HTML(), widgets.VBox()
        self._new = f"New {self._schema['singular'].replace('_', ' ')}"
        self._add = button(f"+ {self._new}", self._ask_new)
        self._add.layout.display = None if self._may_write else "none"
        self._all = button(f"← All {library.title.lower()}", lambda: page.go(library.kind))
        self._list = stack(widgets.HTML(note(library.text)), self._add, self._table)
        up = button("← Library", lambda: page.go("library"))
        head = header(library.title, up, self._all)
        self.box = widgets.VBox([head, self._message, self._list, self._detail])

    def show(self, params: Mapping[str, str]) -> None:
        """List them anew, or show the one whose ``id`` is in the address."""
        self._message.value = ""
        number = params.get("id")
        if number:
            self._present(self._shown(self._records.get(number)))
        else:
            self._table.records = self._records.rows()
            self._present(())

    def _present(self, detail: tuple[widgets.Widget, ...]) -> None:
        """Show one record, or what is asked about it; without any, the list."""
        self._detail.children = detail
        self._list.layout.display = "none" if detail else None
        self._all.layout.display = None if detail else "none"

    def hear(self, event: Mapping[str, Any]) -> None:
        """Somebody wrote such a record."""
        if event["kind"] == self._library.kind:
            self._table.records = self._records.rows()

    @property
    def _may_write(self) -> bool:
        return may(self._page, self._schema["scope"])

    def _shown(self, record: Mapping[str, Any]) -> tuple[widgets.Widget, ...]:
        name = str(record.get("name") or record.get("title") or record[self._schema["id_column"]])
        parts: list[widgets.Widget] = [heading(name), widgets.HTML(_fields(self._schema, record, self._library.drawn))]
        if self._library.details:
            parts.append(self._library.details(self._page, record))
        pressed = [button("History", lambda: self._show_history(record))]
        if self._may_write:
            edit = button("Edit", lambda: self._ask_changes(record))
            remove = button("Remove", lambda: self._ask_removal(record))
            pressed += [edit, remove]
        return (*parts, row(*pressed))

    def _ask_new(self) -> None:
        form = form_from_schema(parameters_of(self._schema), submit="Add")

        def add(values: dict[str, Any]) -> Mapping[str, Any]:
            record: Mapping[str, Any] = self._records.add_all([nested(_given(values))])["records"][0]
            return record

        form.on_submit(lambda values: self._try(lambda: add(values), "was added"))
        self._present((heading(self._new), form))

    def _ask_changes(self, record: Mapping[str, Any]) -> None:
        parameters = parameters_of(self._schema, record)
        form: Form = form_from_schema(parameters, submit="Save")
        form.fill(**flattened(record, parameters))
        before = form.value

        def save(values: dict[str, Any]) -> None:
            now, then = nested(values), nested(before)
            changes = {name: value for name, value in now.items() if value != then.get(name)}
            if not changes:
                self._message.value = note("Nothing was changed.")
                return
            number = record[self._schema["id_column"]]
            self._try(lambda: self._records.edit(number, version=record["version"], **changes), "was saved")

        form.on_submit(save)
        self._present((*self._shown(record), form))

    def _ask_removal(self, record: Mapping[str, Any]) -> None:
        number = record[self._schema["id_column"]]

        def remove() -> dict[str, Any]:
            self._records.remove(number)
            return {}

        sure = button("Yes, remove it", lambda: self._try(remove, "was removed"))
        sure.button_style = "danger"
        warning = widgets.HTML(note("It goes from what is known now; its history and earlier reports keep it."))
        self._present((*self._shown(record), warning, sure))

    def _show_history(self, record: Mapping[str, Any]) -> None:
        rows = self._records.history(record[self._schema["id_column"]])
        columns = [{"field": n, "title": t, "kind": k, "unit": u} for n, t, k, u in _STANDING]
        table = RecordTable(rows, [*columns, *columns_of(self._schema)], table_key=f"{self._library.kind}-history")
        self._present((*self._shown(record), table))

    def _try(self, work: Callable[[], Mapping[str, Any]], done: str) -> None:
        try:
            record = work()
        except SkyhubError as error:
            self._message.value = alert(error.message)
            return
        number = record.get(self._schema["id_column"], "")
        self._page.go(self._library.kind, id=number)
        self.show({"id": number} if number else {})
        name = str(record.get("name") or f"{self._schema['singular']} {number}").strip()
        self._message.value = note(f"{name} {done}.")


def _given(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _fields(schema: Mapping[str, Any], record: Mapping[str, Any], left_out: frozenset[str]) -> str:
    """The fields of a record as a table of names and values with units."""
    rows = []
    for column in columns_of(schema):
        value = record.get(column["field"])
        if value not in (None, "", [], {}) and column["field"] not in left_out:
            unit = f" {column['unit']}" if column["unit"] else ""
            rows.append((column["title"], column["description"], f"{_plain(value)}{unit}"))
    who = f"{record['edited_by']}, {record['known_at'][:16].replace('T', ' ')} UTC" if record.get("known_at") else ""
    rows.append((f"Version {record.get('version', 1)}", "Who wrote it, and when", who))
    body = "".join(
        f'<tr title="{escape(description)}"><th scope="row" style="text-align:left;padding:2px 16px 2px 0">'
        f"{escape(title)}</th><td>{escape(value)}</td></tr>"
        for title, description, value in rows
    )
    return f'<table style="border-collapse:collapse;font-size:13px">{body}</table>'


def _plain(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(_plain(item) for item in value)
    if isinstance(value, dict):
        return "; ".join(
            f"{name.replace('_', ' ')}: {_plain(item)}"
            for name, item in value.items()
            if item not in (None, "", [], {})
        )
    return text_of(value)
