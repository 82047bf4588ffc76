"""The SQL workbench: tables and columns beside an editor, and the answer as a table."""

from __future__ import annotations

import io
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, wait
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar

import ipywidgets as widgets
import traitlets as t
from skyhub.errors import InvalidInput, NotFound, SkyhubError

from skyhub_widgets._base import SkyhubWidget
from skyhub_widgets._loop import MainLoop
from skyhub_widgets._static import StaticHtml, html_table, text_of
from skyhub_widgets._table import RecordTable

if TYPE_CHECKING:
    import pyarrow as pa
    from skyhub.client import Sky, SqlTable

__all__ = ["SqlPad", "SqlWorkbench"]

_SHOWN_ROWS = 1000
_LOOK_SECONDS = 0.4
_LARGEST_FILE = 100 * 2**20
_MEDIA_TYPES = {"csv": "text/csv", "parquet": "application/vnd.apache.parquet"}
_IDLE: dict[str, Any] = {"state": "idle", "statement": "", "message": ""}


class SqlPad(SkyhubWidget):
    """The editor of the workbench, with the tables that may be named.

    Attributes
    ----------
    statement
        What is in the editor.
    as_of
        The time (ISO 8601, UTC) whose knowledge is asked for; empty for now.
    tables
        Names, descriptions, examples and columns.
    status
        ``state`` (idle, running, done, failed, cancelled) and what goes with it.
    """

    module = "sql"
    user_api: ClassVar[list[str]] = ["statement", "as_of", "tables", "status", "observe", "close"]

    statement = t.Unicode("").tag(sync=True)
    as_of = t.Unicode("").tag(sync=True)
    tables = t.List(t.Dict()).tag(sync=True)
    status = t.Dict(default_value=_IDLE).tag(sync=True)

    def post_file(self, name: str, media_type: str, content: bytes) -> None:
        """Hand a file to the browser."""
        self.send({"type": "file", "name": name, "media_type": media_type}, [content])

    def post_note(self, text: str) -> None:
        """Say something in the status line."""
        self._post({"type": "note", "text": text})


class SqlWorkbench(widgets.VBox):
    """Write SQL and look at the answer: in a notebook's cell, or as the view *SQL* of the dashboard.

    Parameters
    ----------
    sky
        The viewer's connection.
    statement
        What the editor begins with.

    Attributes
    ----------
    answer
        The last answer, whole, as a table of the client; None before the first.
    """

    def __init__(self, sky: Sky, statement: str = "") -> None:
        self._sky = sky
        self._main = MainLoop()
        self._job = ""
        self._cancelled = False
        self.answer: SqlTable | None = None
        self.pad = SqlPad(statement=statement)
        self.table = RecordTable(table_key="sql", empty_text="No rows.")
        self._below = widgets.Box([self.table], layout=widgets.Layout(display="none", overflow="visible"))
        self._below.layout.flex_flow = "column"
        super().__init__([self.pad, self._below], layout=widgets.Layout(overflow="visible"))
        self.pad.on_msg(self._received)
        self.refresh()

    def refresh(self) -> None:
        """Ask again which tables there are."""
        schema = self._sky.sql.schema()
        self.pad.tables = [*schema["user_tables"], *schema["tables"]]

    def run(self, statement: str | None = None, as_of: str | None = None) -> None:
        """Begin a statement; the answer comes when it is there."""
        text = self.pad.statement if statement is None else statement
        if self.pad.status["state"] == "running":
            return
        self.pad.statement = text
        self._cancelled = False
        try:
            job, answer = self._sky.sql.start(text, as_of=_time(self.pad.as_of if as_of is None else as_of))
        except SkyhubError as error:
            self._failed(text, error)
            return
        self._job = job
        self.pad.status = {"state": "running", "statement": text, "message": "", "fraction": 0}
        threading.Thread(target=self._follow, args=(job, text, answer), name="skyhub-sql-pad", daemon=True).start()

    def cancel(self) -> None:
        """End the statement that is running."""
        self._cancelled = True
        try:
            self._sky.sql.cancel(self._job)
        except NotFound:  # it has ended by itself
            return
        except SkyhubError as error:
            self.pad.post_note(error.message)

    def static(self) -> StaticHtml:
        """The statement and the shown rows of the answer as HTML for a report."""
        from html import escape

        rows = [[text_of(row.get(c["field"]), c["digits"]) for c in self.table.columns] for row in self.table.rows]
        head = [c["title"] + (f" ({c['unit']})" if c["unit"] else "") for c in self.table.columns]
        answer = html_table(head, rows, "") if self.answer is not None else ""
        return StaticHtml(f"<pre>{escape(self.pad.statement)}</pre>{answer}")

    def _follow(self, job: str, text: str, answer: Future[SqlTable]) -> None:
        """Tell of the progress until the answer is there (in a thread of its own)."""
        while not wait([answer], _LOOK_SECONDS).done:
            try:
                self._main.call(self._progress, text, self._sky.sql.progress(job))
            except SkyhubError:  # it has just ended, or the service is away: the answer says which
                continue
        try:
            self._main.call(self._finished, text, answer.result())
        except SkyhubError as error:
            self._main.call(self._failed, text, error)

    def _progress(self, text: str, job: Mapping[str, Any]) -> None:
        if self.pad.status["state"] != "running":
            return
        rows = f"{job['rows_read']:,} rows read, {job['seconds']:.0f} s"
        reading = job["reading"] if job["fraction"] < 1 else ""
        message = f"reading {reading}, {rows}" if reading else f"computing, {rows}"
        if job["state"] == "waiting":
            message = "waiting for other statements"
        self.pad.status = {"state": "running", "statement": text, "message": message, "fraction": job["fraction"]}

    def _finished(self, text: str, answer: SqlTable) -> None:
        self.answer = answer
        shown = answer.arrow.slice(0, _SHOWN_ROWS)
        self._below.layout.display = None
        self.table.rows = []
        self.table.columns = _columns(shown, self.pad.tables)
        self.table.id_field = self.table.columns[0]["field"]
        self.table.records = _records(shown)
        self.pad.status = {
            "state": "done",
            "statement": text,
            "rows": len(answer),
            "shown": len(shown),
            "seconds": answer.seconds,
            "rows_read": answer.rows_read,
            "truncated": answer.truncated,
        }

    def _failed(self, text: str, error: SkyhubError) -> None:
        state = "cancelled" if self._cancelled else "failed"
        self._below.layout.display = "none"  # the table belongs to another statement
        self.pad.status = {"state": state, "statement": text, "message": error.message}

    def _download(self, form: str) -> None:
        if self.answer is None or form not in _MEDIA_TYPES:
            return
        content = _file(self.answer.arrow, form)
        if len(content) > _LARGEST_FILE:
            self.pad.post_note("the file is too large for the browser: use sky.sql in a notebook")
            return
        self.pad.post_file(f"answer.{form}", _MEDIA_TYPES[form], content)

    def _received(self, widget: object, content: dict[str, Any], buffers: object) -> None:
        if content.get("type") == "run":
            self.run(str(content["statement"]), str(content.get("as_of", "")))
        elif content.get("type") == "cancel":
            self.cancel()
        elif content.get("type") == "download":
            self._download(str(content["form"]))


def _time(text: str) -> datetime | None:
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidInput(f"{text!r} is no time: give it as 2026-11-22T03:00:00Z.", "as_of") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _columns(table: pa.Table, known: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Columns of an answer; those with the name of a known one have its unit and meaning."""
    described = {c["name"]: c for entry in known if not entry.get("owner") for c in entry["columns"]}
    return [
        {
            "field": field.name,
            "kind": _kind(str(field.type)),
            "unit": described.get(field.name, {}).get("unit", ""),
            "description": described.get(field.name, {}).get("description", ""),
        }
        for field in table.schema
    ]


def _kind(arrow_type: str) -> str:
    if arrow_type.startswith(("int", "uint")):
        return "integer"
    if arrow_type.startswith(("float", "double", "halffloat", "decimal")):
        return "number"
    return "boolean" if arrow_type == "bool" else "time" if arrow_type.startswith("timestamp") else "text"


def _records(table: pa.Table) -> list[dict[str, Any]]:
    single = {field.name for field in table.schema if str(field.type) == "float"}
    return [
        {name: _digits(value) if name in single else _plain(value) for name, value in row.items()}
        for row in table.to_pylist()
    ]


def _digits(value: float | None) -> float | None:
    """A number of single precision with the digits that it has."""
    return None if value is None else float(f"{value:.7g}")


def _plain(value: Any) -> Any:
    """A value as the table shows it."""
    if isinstance(value, datetime):
        return value.isoformat(timespec="milliseconds") + ("" if value.tzinfo else "Z")
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, list):
        return ", ".join(str(_plain(item)) for item in value)
    if type(value).__name__ == "Decimal":
        return float(value)
    return value


def _file(table: pa.Table, form: str) -> bytes:
    """An answer as a file; CSV has lists and structures as JSON text."""
    import pyarrow as pa
    import pyarrow.csv
    import pyarrow.parquet

    sink = io.BytesIO()
    if form == "parquet":
        pyarrow.parquet.write_table(table, sink)
        return sink.getvalue()
    plain = [
        pa.array([None if v is None else str(v) for v in column.to_pylist()])
        if pa.types.is_nested(column.type)
        else column
        for column in table.columns
    ]
    pyarrow.csv.write_csv(pa.table(plain, names=table.column_names), sink)
    return sink.getvalue()
