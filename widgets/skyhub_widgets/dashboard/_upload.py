"""Bringing spectra and photometry in: what was read is shown first, and only that is stored."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import ipywidgets as widgets
import pyarrow as pa
from skyhub.client import Sky
from skyhub.errors import InvalidInput, SkyhubError

from skyhub_widgets._form import Form, form_from_schema
from skyhub_widgets._lightcurve import LightCurve
from skyhub_widgets._spectrum import Spectrum
from skyhub_widgets._static import html_table
from skyhub_widgets._table import RecordTable
from skyhub_widgets.dashboard._upload_fields import ALWAYS, PHOTOMETRY, SPECTRA, given_fields
from skyhub_widgets.dashboard._view import Page, alert, button, header, note, row, stack

__all__ = ["UploadPanel"]

_HEAD = 8
"""Lines of a file that are shown so that one sees its columns."""


@dataclass(frozen=True)
class _Kind:
    """Spectra or photometry: what is asked, and who reads it."""

    fields: Mapping[str, Mapping[str, Any]]
    send: Callable[[Sky, str, bytes, str, dict[str, Any], bool], dict[str, Any]]
    shown: Callable[[dict[str, Any]], Sequence[widgets.Widget]]


class UploadPanel:
    """A file or pasted text, how to read it, what was read of it, and a button that stores just that.

    Parameters
    ----------
    page
        The page that it is on.
    stored
        Called when something was stored.
    """

    def __init__(self, page: Page, stored: Callable[[], object]) -> None:
        self._page, self._stored, self._object_id = page, stored, ""
        self._checked: tuple[_Kind, str, bytes, dict[str, Any]] | None = None
        self._kind = widgets.ToggleButtons(options=list(_KINDS), tooltips=["FITS or text", "Tables of points"])
        self._file = widgets.FileUpload(multiple=False, description="File", icon="")
        self._pasted = widgets.Textarea(
            placeholder="… or paste the lines here", rows=4, layout=widgets.Layout(width="auto", max_width="720px")
        )
        self._head, self._message, self._preview = widgets.HTML(), widgets.HTML(), widgets.VBox()
        self._store = button("Store what is shown", self._confirm)
        self._store.button_style = "primary"
        self._forms = {name: self._form(kind) for name, kind in _KINDS.items()}
        self._form_place = widgets.VBox()
        close = button("Close", self.hide)
        self.box = stack(
            header("Upload", close), self._kind, row(self._file), self._pasted, self._head, self._form_place,
            self._message, self._preview, self._store,
        )  # fmt: skip
        for source in (self._file, self._pasted):
            source.observe(lambda _: self._show_head(), "value")
        self._kind.observe(lambda _: self._change_kind(), "value")
        self._change_kind()
        self.hide()

    def show(self, object_id: str) -> None:
        """Ask for data of an object."""
        self._object_id = object_id
        self._forget()
        self.box.layout.display = None

    def hide(self) -> None:
        """Put the panel away; what was not stored is forgotten."""
        self._forget()
        self.box.layout.display = "none"

    def _form(self, kind: _Kind) -> Form:
        form = form_from_schema(kind.fields, submit="Preview", folded=kind.fields.keys() - ALWAYS)
        form.on_submit(lambda values: self._look(kind, form, values))
        return form

    def _change_kind(self) -> None:
        self._form_place.children = (self._forms[self._kind.value],)
        self._forget()

    def _forget(self) -> None:
        self._checked = None
        self._message.value, self._preview.children = "", ()
        self._store.layout.display = "none"

    def _content(self) -> tuple[str, bytes]:
        if self._file.value:
            given = self._file.value[0]
            return str(given["name"]), bytes(given["content"])
        if self._pasted.value.strip():
            return "", self._pasted.value.encode()
        raise InvalidInput("Nothing was given: choose a file, or paste its lines.", "file")

    def _show_head(self) -> None:
        self._forget()
        try:
            name, content = self._content()
        except InvalidInput:
            self._head.value = ""
            return
        lines = content[:4000].decode("utf-8", "replace").splitlines()[:_HEAD]
        binary = b"\0" in content[:4000] or content.startswith(b"SIMPLE  =")
        text = f"{len(content)} bytes" if binary else "\n".join(line[:160] for line in lines)
        self._head.value = (
            f'<pre style="overflow:auto;max-height:150px;margin:0;font-size:12px">{escape(name)}\n{escape(text)}</pre>'
        )

    def _look(self, kind: _Kind, form: Form, values: Mapping[str, Any]) -> None:
        self._forget()
        try:
            name, content = self._content()
            said = given_fields(values)
            answer = kind.send(self._page.sky, self._object_id, content, name, said, True)
        except SkyhubError as error:
            self._message.value = alert(error.message)
            if error.where:
                form.refuse(str(error.where), error.message)
            return
        self._message.value = note(_summary(answer, "would be"))
        self._preview.children = tuple(kind.shown(answer))
        if answer["stored"] or answer.get("revised"):
            self._checked = (kind, name, content, said)
            self._store.layout.display = None

    def _confirm(self) -> None:
        if self._checked is None:
            return
        kind, name, content, said = self._checked
        try:
            answer = kind.send(self._page.sky, self._object_id, content, name, said, False)
        except SkyhubError as error:
            self._message.value = alert(error.message)
            return
        self._forget()
        self._message.value = note(_summary(answer, "were"))
        self._stored()


def _summary(answer: Mapping[str, Any], verb: str) -> str:
    rejected = f", {len(answer['rejected'])} left out" if answer["rejected"] else ""
    revised = f", {answer['revised']} of them new versions" if answer.get("revised") else ""
    return (
        f"{answer['read']} read: {answer['stored']} {verb} stored{revised}, {answer['duplicates']} are there already"
        f"{rejected}."
    )


def _send_spectra(
    sky: Sky, object_id: str, content: bytes, name: str, said: dict[str, Any], dry_run: bool
) -> dict[str, Any]:
    return sky.spectra.upload(content, name=name, object_id=object_id, dry_run=dry_run, **said)


def _send_photometry(
    sky: Sky, object_id: str, content: bytes, name: str, said: dict[str, Any], dry_run: bool
) -> dict[str, Any]:
    options = dict(said)
    columns = options.pop("columns", [])
    with TemporaryDirectory(prefix="skyhub-upload-") as folder:
        path = Path(folder) / (Path(name).name or "pasted.txt")
        path.write_bytes(content)
        from skyhub.photometry import read_photometry_file

        table = _renamed(read_photometry_file(path), columns)
    answer = sky.upload_photometry(table, object_id, dry_run=dry_run, file=name, **options)
    return {**answer, "columns": table.column_names}


def _renamed(table: pa.Table, columns: Sequence[str]) -> pa.Table:
    """The table with columns called as the uploader says: ``mag=MAG_APER``."""
    wanted = {}
    for text in columns:
        ours, _, theirs = (part.strip() for part in text.partition("="))
        if theirs not in table.column_names or not ours:
            raise InvalidInput(
                f"{text!r} was given: name=column is permitted, with a column of {', '.join(table.column_names)}.",
                "columns",
            )
        wanted[theirs] = ours
    kept = [name for name in table.column_names if name in wanted or name not in wanted.values()]
    return table.select(kept).rename_columns([wanted.get(name, name) for name in kept])


def _spectra_shown(answer: dict[str, Any]) -> list[widgets.Widget]:
    previews = answer["preview"]
    widget = Spectrum([{**p["curve"], "label": p["label"] or p["form"], "flux_unit": p["flux_unit"]} for p in previews])
    rows = [
        [
            p["label"] or p["form"], ", ".join(f"{role}: {column}" for role, column in p["columns"].items()),
            f"{p['wavelengths'][0]:.1f} to {p['wavelengths'][1]:.1f}", str(p["n_points"]), p["flux_unit"] or "relative",
            p["medium"] or "not said", " ".join(p["notes"]),
        ]
        for p in previews
    ]  # fmt: skip
    head = ["", "columns", "wavelengths (Å)", "points", "flux unit", "medium", "notes"]
    return [widgets.HTML(html_table(head, rows)), widget]


def _photometry_shown(answer: dict[str, Any]) -> list[widgets.Widget]:
    columns: list[dict[str, Any]] = [
        {"field": "mjd", "title": "MJD", "kind": "number", "digits": 5},
        {"field": "filter", "title": "Filter"},
        {"field": "mag", "title": "Magnitude", "unit": "AB", "kind": "number", "digits": 3},
        {"field": "magerr", "title": "Error", "unit": "mag", "kind": "number", "digits": 3},
        {"field": "limiting_mag", "title": "Limit", "unit": "AB", "kind": "number", "digits": 2},
        {"field": "flux", "title": "Flux", "unit": "µJy", "kind": "number", "digits": 3},
        {"field": "fluxerr", "title": "Error", "unit": "µJy", "kind": "number", "digits": 3},
        {"field": "instrument", "title": "Instrument"},
        {"field": "action", "title": "Would be"},
    ]
    rows = answer["rows"]
    parts: list[widgets.Widget] = [widgets.HTML(note(f"Columns: {', '.join(answer['columns'])}."))]
    if rows:
        table = RecordTable(rows, columns, table_key="upload-photometry", title="Points", page_size=10)
        parts += [LightCurve(rows), table]
    return parts


_KINDS = {
    "Spectra": _Kind(SPECTRA, _send_spectra, _spectra_shown),
    "Photometry": _Kind(PHOTOMETRY, _send_photometry, _photometry_shown),
}
