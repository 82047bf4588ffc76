"""Any records as a table that sorts, filters, pages, hides columns and downloads."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any, ClassVar
from urllib.parse import quote

import traitlets as t
from skyhub.errors import InvalidInput

from skyhub_widgets._base import SkyhubWidget
from skyhub_widgets._cutouts import image_url
from skyhub_widgets._static import StaticHtml, html_table, text_of

__all__ = ["RecordTable"]

Images = Callable[[Sequence[str]], Mapping[str, Sequence[str | None]]]

KINDS = ("text", "number", "integer", "boolean", "time", "images")
COLUMN_KEYS = {"field", "title", "unit", "kind", "digits", "description", "hidden", "link"}
SAFE_INTEGER = 2**53


def _kind_of(values: Sequence[object]) -> str:
    given = [value for value in values if value is not None]
    for kind, types in (("boolean", bool), ("integer", int), ("number", int | float)):
        if given and all(
            isinstance(value, types) and (kind == "boolean") == isinstance(value, bool) for value in given
        ):
            return kind
    return "text"


def _columns_of(records: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    fields = {name: None for record in records for name in record}
    return [{"field": name, "kind": _kind_of([record.get(name) for record in records])} for name in fields]


def _complete(column: Mapping[str, Any]) -> dict[str, Any]:
    unknown = set(column) - COLUMN_KEYS
    if "field" not in column or unknown or column.get("kind", "text") not in KINDS:
        raise InvalidInput(
            f"The column {dict(column)!r} was given. It needs a field; permitted are {', '.join(sorted(COLUMN_KEYS))}, "
            f"and the kinds {', '.join(KINDS)}.",
            where="columns",
        )
    defaults = {
        "title": column["field"],
        "unit": "",
        "kind": "text",
        "digits": None,
        "description": "",
        "hidden": False,
    }
    return {**defaults, "link": None, **column}


def _json_value(value: Any) -> Any:
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int):
        return value if abs(value) < SAFE_INTEGER else str(value)
    if isinstance(value, float):
        return value if value - value == 0 else None
    if isinstance(value, str | list):
        return value
    return value.item() if hasattr(value, "item") else str(value)


class RecordTable(SkyhubWidget):
    """Records as a table.

    Parameters
    ----------
    records
        One dictionary per row. NaN and infinities become missing, integers beyond 2^53 become texts.
    columns
        One dictionary per column: ``field`` and optional ``title``, ``unit``, ``kind`` (text, number, integer,
        boolean, time, images: see `on_images`), ``digits`` (decimals), ``description``, ``hidden``, ``link`` (an address
        with ``{field}`` in it). Without columns they are taken from the records.
    id_field
        The field that names a row; the first column's without it.
    table_key
        Under this name the browser remembers hidden columns and the page size; it is also the name of downloads.
    **traits
        ``title``, ``page_size``, ``empty_text``; ``selectable``: whether rows can be marked, those that are being ``selected``
        (their identifiers).
    """

    module = "table"
    user_api: ClassVar[list[str]] = [
        "records", "columns", "id_field", "table_key", "title", "page_size", "empty_text", "selectable", "selected",
        "on_click", "on_images", "static",
        "observe", "close",
    ]  # fmt: skip

    rows = t.List(t.Dict()).tag(sync=True)
    columns = t.List(t.Dict()).tag(sync=True)
    id_field = t.Unicode("").tag(sync=True)
    table_key = t.Unicode("table").tag(sync=True)
    title = t.Unicode("").tag(sync=True)
    page_size = t.Int(25, min=1).tag(sync=True)
    empty_text = t.Unicode("No rows.").tag(sync=True)
    selectable = t.Bool(False).tag(sync=True)
    selected = t.List(t.Unicode()).tag(sync=True)

    def __init__(
        self,
        records: Sequence[Mapping[str, Any]] = (),
        columns: Sequence[Mapping[str, Any]] | None = None,
        **traits: Any,
    ) -> None:
        self._callbacks: list[Callable[[str], object]] = []
        self._images: Images | None = None
        completed = [_complete(column) for column in columns or _columns_of(records)]
        traits.setdefault("id_field", completed[0]["field"] if completed else "")
        super().__init__(rows=self._rows(records), columns=completed, **traits)
        self.on_msg(self._received)

    @property
    def records(self) -> list[dict[str, Any]]:
        """The rows; assigning new ones redraws, the columns stay."""
        return list(self.rows)

    @records.setter
    def records(self, records: Sequence[Mapping[str, Any]]) -> None:
        with self.hold_sync():
            self.selected = []
            self.rows = self._rows(records)

    @t.validate("columns")
    def _check_columns(self, proposal: dict[str, Any]) -> list[dict[str, Any]]:
        return [_complete(column) for column in proposal["value"]]

    def on_click(self, callback: Callable[[str], object]) -> None:
        """Call ``callback(id)`` when a row is clicked, or opened with Enter."""
        self._callbacks.append(callback)

    def on_images(self, callback: Images) -> None:
        """Let ``callback(ids)`` give the images of rows as they come into sight: data URLs by identifier.

        They are shown in the columns of the kind ``images``, each time in the order given, without the missing ones.
        """
        self._images = callback

    def static(self) -> StaticHtml:
        """The shown columns without images as an HTML table for a report.

        Links within a dashboard's page lead nowhere there and are text.
        """
        shown = [column for column in self.columns if not column["hidden"] and column["kind"] != "images"]
        head = [column["title"] + (f" ({column['unit']})" if column["unit"] else "") for column in shown]
        rows = ([_cell(row, column) for column in shown] for row in self.rows)
        return StaticHtml(html_table(head, rows, self.title))

    @staticmethod
    def _rows(records: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        return [{name: _json_value(value) for name, value in record.items()} for record in records]

    def _received(self, widget: object, content: dict[str, Any], buffers: object) -> None:
        if content.get("type") == "clicked":
            for callback in self._callbacks:
                callback(str(content["id"]))
        elif content.get("type") == "images" and self._images is not None:
            ids = [str(name) for name in content.get("ids", ())]
            found = self._images(ids)
            shown = {name: [image_url(image) for image in found.get(name, ()) if image] for name in ids}
            self._post({"type": "images", "images": shown})


def _cell(row: Mapping[str, Any], column: Mapping[str, Any]) -> str | StaticHtml:
    """A value as text, linked where its column has an address of its own."""
    text = text_of(row.get(column["field"]), column["digits"])
    link = column["link"] or ""
    if not link.startswith("/") or link.startswith("//"):
        return text
    address = link.format_map({name: quote(str(value), safe="") for name, value in row.items()})
    return StaticHtml(f'<a href="{escape(address)}">{escape(text)}</a>')
