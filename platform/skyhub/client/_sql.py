"""SQL through the client: statements with parameters and frames, progress, cancelling, and tables that one keeps."""

from __future__ import annotations

import threading
import uuid
import warnings
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, wait
from contextlib import suppress
from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa

from skyhub.client._frames import frame_of
from skyhub.client._progress import ProgressBar
from skyhub.client._tables import SkyTable
from skyhub.client._times import iso_time
from skyhub.client._transport import ARROW, Transport, path_part
from skyhub.errors import InvalidInput, SkyhubError
from skyhub.sql._message import LARGEST_MESSAGE, MEDIA_TYPE, pack

__all__ = ["KeepsTables", "Sql", "SqlTable"]

_QUIET_SECONDS = 1.0
"""Nothing is shown of statements that take less."""
_LOOK_SECONDS = 0.3


class SqlTable(SkyTable):
    """The answer to a statement.

    Parameters
    ----------
    arrow
        Its columns.
    seconds
        How long it took (s).
    rows_read
        How many rows were looked at.
    truncated
        Whether rows beyond the limits were left out.
    """

    def __init__(self, arrow: pa.Table, seconds: float = 0.0, rows_read: int = 0, truncated: bool = False) -> None:
        super().__init__(arrow)
        self.seconds = seconds
        self.rows_read = rows_read
        self.truncated = truncated


class Sql:
    """SQL over everything that one may see: call it with a statement.

    Parameters
    ----------
    transport
        How the data service is reached.

    Examples
    --------
    >>> sky.sql("SELECT mjd, mag FROM photometry WHERE object_id = ? AND filter = ?", ["ZTF26abc", "ztfr"])  # doctest: +SKIP
    >>> sky.sql("SELECT * FROM mine JOIN objects USING (object_id)", tables={"mine": frame})  # doctest: +SKIP
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._names: frozenset[str] | None = None

    def __call__(
        self,
        statement: str,
        parameters: Sequence[Any] | Mapping[str, Any] = (),
        *,
        tables: Mapping[str, Any] | None = None,
        as_of: datetime | str | None = None,
        progress: bool | None = None,
    ) -> SqlTable:
        """Run one SELECT statement.

        Parameters
        ----------
        statement
            In DuckDB's dialect; `tables` and `columns` say what there is.
        parameters
            Values of its ``?`` in order, or of its ``$name`` by name.
        tables
            Frames (pandas, polars, Arrow, astropy) that it may name, besides the platform's tables.
        as_of
            Only what was known at this time.
        progress
            Whether to show how far it is when it takes more than a second; by default in notebooks and terminals.

        Raises
        ------
        InvalidInput
            If it is not one SELECT statement, fails, or takes too much time or memory.
        """
        header = {
            "statement": statement,
            "parameters": _parameters(parameters),
            "as_of": self._transport.moment(as_of),
            "id": uuid.uuid4().hex,
        }
        frames = {name: frame_of(frame) for name, frame in (tables or {}).items()}
        size = sum(frame.nbytes for frame in frames.values())
        if size > LARGEST_MESSAGE:
            raise InvalidInput(
                f"the tables have {size / 1e6:.0f} MB: {LARGEST_MESSAGE / 1e6:.0f} MB are permitted. Leave columns out, or "
                "keep one with `sky.save_table`.",
                "tables",
            )
        return self._watched(header, pack(header, frames), progress)

    def tables(self, *, as_of: datetime | str | None = None) -> SkyTable:
        """What can be named in a statement: the platform's tables, and users' tables that one may see."""
        schema = self.schema(as_of=as_of)
        own = [{**t, "example": f"SELECT * FROM {t['sql']} LIMIT 10"} for t in schema["user_tables"]]
        return SkyTable.from_rows(
            [
                {
                    "name": t.get("sql", t["name"]),
                    "description": t["description"],
                    "columns": ", ".join(c["name"] for c in t["columns"]),
                    "example": t["example"],
                }
                for t in [*schema["tables"], *own]
            ]
        )

    def columns(self, table: str) -> SkyTable:
        """The columns of a table: names, types, units and what they mean."""
        schema = self.schema()
        found = {t.get("sql", t["name"]): t["columns"] for t in [*schema["tables"], *schema["user_tables"]]}
        if table not in found:
            raise InvalidInput(f"there is no table {table!r}: {', '.join(found)} are known.", "table")
        return SkyTable.from_rows(found[table])

    def schema(self, *, as_of: datetime | str | None = None) -> dict[str, Any]:
        """The same as a document: ``{"tables", "user_tables"}``."""
        document: dict[str, Any] = self._transport.get("/api/sql/tables", as_of=iso_time(as_of))
        return document

    def names(self) -> frozenset[str]:
        """Names of the platform's tables; asked for once."""
        if self._names is None:
            self._names = frozenset(table["name"] for table in self.schema()["tables"])
        return self._names

    def running(self) -> list[dict[str, Any]]:
        """One's statements that are under way."""
        jobs: list[dict[str, Any]] = self._transport.get("/api/sql/running")["running"]
        return jobs

    def cancel(self, job_id: str) -> None:
        """End one of them."""
        self._transport.exchange("DELETE", f"/api/sql/running/{path_part(job_id)}")

    def progress(self, job_id: str) -> dict[str, Any]:
        """How far one of them is."""
        document: dict[str, Any] = self._transport.get(f"/api/sql/running/{path_part(job_id)}")
        return document

    def start(
        self, statement: str, parameters: Sequence[Any] | Mapping[str, Any] = (), as_of: datetime | str | None = None
    ) -> tuple[str, Future[SqlTable]]:
        """Begin a statement and do not wait: its id, by which it is watched and cancelled, and the answer to come."""
        header = {
            "statement": statement,
            "parameters": _parameters(parameters),
            "as_of": self._transport.moment(as_of),
            "id": uuid.uuid4().hex,
        }
        return str(header["id"]), self._begun(pack(header, {}))

    def _watched(self, header: Mapping[str, Any], message: bytes, progress: bool | None) -> SqlTable:
        answer = self._begun(message)
        try:
            wait([answer], _QUIET_SECONDS)
            if not answer.done():
                self._show(str(header["id"]), answer, ProgressBar(progress))
        except KeyboardInterrupt:
            with suppress(SkyhubError):
                self.cancel(str(header["id"]))
            raise
        table = answer.result()
        if table.truncated:
            warnings.warn(
                f"the answer has more rows than are permitted: these are the first {len(table)}.", stacklevel=3
            )
        return table

    def _show(self, job_id: str, answer: Future[SqlTable], bar: ProgressBar) -> None:
        try:
            while not answer.done():
                with suppress(SkyhubError):
                    bar.show(self.progress(job_id))
                wait([answer], _LOOK_SECONDS)
        finally:
            bar.close()

    def _begun(self, message: bytes) -> Future[SqlTable]:
        answer: Future[SqlTable] = Future()

        def ask() -> None:
            try:
                answer.set_result(self._ask(message))
            except BaseException as error:
                answer.set_exception(error)

        threading.Thread(target=ask, name="skyhub-sql", daemon=True).start()
        return answer

    def _ask(self, message: bytes) -> SqlTable:
        found = self._transport.exchange("POST", "/api/sql", message, MEDIA_TYPE)
        told = found.headers
        return SqlTable(
            pa.ipc.open_stream(found.content).read_all(),
            float(told["X-Skyhub-Seconds"]),
            int(told["X-Skyhub-Rows-Read"]),
            told["X-Skyhub-Truncated"] == "true",
        )


class KeepsTables:
    """Tables that one keeps on the platform, and joins in SQL."""

    transport: Transport

    def save_table(
        self,
        name: str,
        frame: Any,
        *,
        description: str = "",
        groups: Sequence[str] | None = None,
        dry_run: bool = False,
    ) -> dict[str, Any]:
        """Keep a table; in SQL it is called by its name. Saved again under the same name, it becomes a new version.

        Parameters
        ----------
        name
            Lower-case letters, digits and ``_``.
        frame
            Of pandas, polars, Arrow or astropy; columns or rows; the path of a Parquet, Arrow or CSV file.
        description
            What it is.
        groups
            Who else shall see it; by default those who see it already, at first nobody.
        dry_run
            Only say what would be stored.
        """
        document: dict[str, Any] = self.transport.exchange(
            "PUT",
            _path(name),
            _stream(frame_of(frame)),
            ARROW,
            {"description": description, "group": list(groups or ()), "dry_run": dry_run},
        ).json()
        return document

    def tables(self, *, as_of: datetime | str | None = None) -> SkyTable:
        """The tables of users that one may see, one's own first."""
        rows = self.transport.get("/api/tables", as_of=iso_time(as_of))["rows"]
        return SkyTable.from_rows(rows)

    def share_table(self, name: str, *groups: str) -> dict[str, Any]:
        """Say which groups see a table besides oneself; without groups, nobody."""
        document: dict[str, Any] = self.transport.send("PUT", f"{_path(name)}/groups", {"groups": list(groups)})
        return document

    def drop_table(self, name: str) -> dict[str, Any]:
        """Remove a table; with ``as_of`` it can still be read."""
        document: dict[str, Any] = self.transport.send("DELETE", _path(name))
        return document


def _path(name: str) -> str:
    if not name or "/" in name:
        raise InvalidInput(f"{name!r} is no name of a table: lower-case letters, digits and '_' are permitted.", "name")
    return f"/api/tables/{path_part(name)}"


def _stream(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    content: bytes = sink.getvalue().to_pybytes()
    return content


def _parameters(given: Sequence[Any] | Mapping[str, Any]) -> list[Any] | dict[str, Any]:
    if isinstance(given, Mapping):
        return {str(name): _parameter(value) for name, value in given.items()}
    if isinstance(given, str):
        raise InvalidInput(f"parameters is {given!r}: a list of values, or a mapping, is permitted.", "parameters")
    return [_parameter(value) for value in given]


def _parameter(value: Any) -> Any:
    """A value as it travels; times are told apart from text, and are UTC."""
    value = value.item() if hasattr(value, "item") and getattr(value, "ndim", 0) == 0 else value
    if isinstance(value, datetime):
        naive = value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value
        return {"timestamp": naive.isoformat(" ")}
    if isinstance(value, date):
        return {"date": value.isoformat()}
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if (isinstance(value, Sequence) and not isinstance(value, bytes)) or hasattr(value, "tolist"):
        return [_parameter(item) for item in (value.tolist() if hasattr(value, "tolist") else value)]
    raise InvalidInput(
        f"a parameter is {type(value).__name__}: numbers, text, times and lists are permitted.", "parameters"
    )
