"""What can be done with many objects at once: save, classify, list, tag, comment, export, scan."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from html import escape
from typing import Any
from urllib.parse import quote

import ipywidgets as widgets
from skyhub.client import SkyTable
from skyhub.errors import InvalidInput, SkyhubError

from skyhub_widgets._scan_list import put_on_list
from skyhub_widgets.dashboard._fields import dropdown, several, text_field
from skyhub_widgets.dashboard._view import Page, alert, button, home_folder, note, row, server_path

__all__ = ["BulkActions", "export_table"]

FOLDER = "exports"
"""Where files are laid in the user's home."""

_MOST_SAVED = 500
_SCOPES = ("", "rows that are marked"), ("page", "this page"), ("all", "all that was found")
_ACTIONS = [
    ("Save to groups", "save"), ("Unsave from groups", "unsave"), ("Classify as", "classify"), ("Add to my list", "list"),
    ("Tag with", "tag"), ("Comment", "comment"), ("Export CSV", "csv"), ("Export ECSV", "ecsv"),
    ("Export Parquet", "parquet"), ("Open as scan queue", "scan"),
]  # fmt: skip
_NEEDS_TEXT = {"classify": "SN Ia", "list": "favourites", "tag": "young", "comment": "Worth a spectrum"}


class BulkActions:
    """A line of controls that does something with objects.

    Parameters
    ----------
    page
        The page that the line is on.
    table_of
        Gives the rows that are meant: those that are marked (``""``), of this ``page``, or ``all``.
    done
        Called when something was written.
    scopes
        What may be meant, and how it is called.
    """

    def __init__(
        self,
        page: Page,
        table_of: Callable[[str], SkyTable],
        done: Callable[[], object],
        scopes: Sequence[tuple[str, str]] = _SCOPES,
    ) -> None:
        self._page, self._table_of, self._done = page, table_of, done
        self._scope = dropdown("With", [(text, value) for value, text in scopes])
        self._action = dropdown("", _ACTIONS)
        self._groups = several("Groups", [(g, g) for g in page.me["groups"]])
        self._text = text_field("", "")
        self._said = widgets.HTML()
        self.box = row(self._scope, self._action, self._groups, self._text, button("Do it", self._do), self._said)
        self._action.observe(lambda _: self._show_what_is_needed(), "value")
        self._show_what_is_needed()

    def _show_what_is_needed(self) -> None:
        action = self._action.value
        self._groups.layout.display = None if action in ("save", "unsave", "classify", "tag", "comment") else "none"
        self._text.layout.display = None if action in _NEEDS_TEXT else "none"
        self._text.placeholder = _NEEDS_TEXT.get(action, "")

    def _do(self) -> None:
        action = self._action.value
        try:
            table = self._table_of(self._scope.value)
            if not len(table):
                raise InvalidInput("nothing is marked: mark rows or choose some in the plots, or take all.", "rows")
            if action in _NEEDS_TEXT and not self._text.value.strip():
                raise InvalidInput(f"say what: such as {_NEEDS_TEXT[action]}.", "text")
            self._said.value = self._done_with(action, table)
        except SkyhubError as error:
            self._said.value = alert(error.message)
            return
        if action in ("save", "unsave", *_NEEDS_TEXT):
            self._done()

    def _done_with(self, action: str, table: SkyTable) -> str:
        names: list[str] = table["object_id"].to_pylist()
        if action in ("csv", "ecsv", "parquet"):
            return export_table(table, action)
        if action == "scan":
            self._scan(names)
            return ""
        if action in ("save", "unsave"):
            self._save(action, names)
        else:
            self._note(action, names)
        return note(f"Done for {len(names)} objects.")

    def _save(self, action: str, names: Sequence[str]) -> None:
        if len(names) > _MOST_SAVED:
            raise InvalidInput(f"{len(names)} objects are meant: {_MOST_SAVED} at a time are permitted.", "rows")
        groups = list(self._groups.value) or None
        write = self._page.sky.sources.save if action == "save" else self._page.sky.sources.unsave
        for name in names:
            write(name, groups)

    def _note(self, action: str, names: Sequence[str]) -> None:
        text, sky, groups = self._text.value.strip(), self._page.sky, list(self._groups.value) or None
        kinds: dict[str, tuple[Any, dict[str, Any], bool]] = {
            "classify": (sky.classifications, {"classification": text}, False),
            "list": (sky.lists, {"list_name": text}, True),
            "tag": (sky.object_tags, {"tag": text}, True),
            "comment": (sky.comments, {"text": text}, False),
        }
        records, fields, revise = kinds[action]
        records.add_all(
            [{"object_id": name, **fields} for name in names], None if action == "list" else groups, revise=revise
        )

    def _scan(self, names: Sequence[str]) -> None:
        """Lay the objects on a list of the viewer's own, and scan what is on it, of all nights that may be asked for."""
        listed = f"search {datetime.now(UTC):%Y-%m-%d %H:%M:%S}"
        self._page.go("scan", **put_on_list(self._page.sky, names, listed))


def export_table(table: SkyTable, form: str) -> str:
    """Write a table into the viewer's home as ``csv``, ``ecsv`` or ``parquet``; the link to it, as HTML."""
    import pyarrow.parquet as pq

    folder = home_folder() / FOLDER
    folder.mkdir(exist_ok=True)
    name = f"objects-{datetime.now(UTC):%Y%m%dT%H%M%S}.{form}"
    if form == "parquet":
        pq.write_table(table.arrow, folder / name)
    elif form == "csv":
        frame = table.to_pandas()
        for column in ("groups", "tags", "lists", "aliases"):
            if column in frame:
                frame[column] = ["; ".join(texts) for texts in frame[column]]
        frame.to_csv(folder / name, index=False)
    else:
        _write_ecsv(table, str(folder / name))
    href = server_path(f"files/{FOLDER}/{quote(name)}?download=1")
    return f'<a href="{escape(href)}" download>{escape(name)}</a>' + note(f"{len(table)} rows, also in your home.")


def _write_ecsv(table: SkyTable, path: str) -> None:
    """With units; lists become texts, times ISO texts."""
    import pyarrow as pa

    columns = {}
    for field in table.arrow.schema:
        column = table.arrow[field.name]
        if pa.types.is_list(field.type):
            column = pa.array(["; ".join(texts) for texts in column.to_pylist()])
        elif pa.types.is_timestamp(field.type):
            column = column.cast(pa.string())
        columns[field.name] = column
    SkyTable(pa.table(columns)).to_astropy().write(path, format="ascii.ecsv")
