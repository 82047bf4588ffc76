"""The engine in a worker: it knows the tables' columns, holds no row, and runs one SELECT statement."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from random import SystemRandom
from typing import Any

import duckdb
import pyarrow as pa

from skyhub.sql._answer import Answer
from skyhub.sql._conditions import MOST_VALUES, count_values
from skyhub.sql._fetch import Fetch
from skyhub.sql._joins import Question, questions, worth_a_look
from skyhub.sql._limits import Limits
from skyhub.sql._scan import register

__all__ = ["Engine", "Refused", "decoded_schema"]

_SANDBOX: dict[str, Any] = {
    "enable_external_access": False,
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "allow_persistent_secrets": False,
    "allow_community_extensions": False,
    "temp_directory": "",
}
_ANSWER_ROWS = 65_536
_MOST_OBJECTS = 1000
"""Beyond, all points are read: naming so many would save little."""
_REHEARSED = "photometry", "SELECT mjd, filter, mag FROM photometry WHERE object_id = ? AND mjd > 0 ORDER BY mjd"
"""A statement with one parameter, and the table that it is about."""


class Refused(Exception):
    """The statement cannot be answered; the message says why."""


class Engine:
    """An engine that knows the platform's tables; it has one thread, so that it can be forked.

    Parameters
    ----------
    tables
        Names and columns.
    """

    def __init__(self, tables: Mapping[str, pa.Schema]) -> None:
        self.rows: dict[str, int] = {}
        """About how many rows each table has."""
        self.fetch: Fetch | None = None
        """How a worker asks for rows."""
        self._schemas = dict(tables)
        self._objects: list[str] | None = None
        """Only points of these matter to the statement."""
        self._connection = _without_threads()
        self._connection.execute("SET python_enable_replacements = false")
        for name, schema in tables.items():
            self._add(name, name, schema, True)

    def restrict(self, limits: Limits) -> None:
        """Set what a statement may use, for good, and random numbers of its own; threads are started here."""
        self._connection.execute(
            f"SET memory_limit = '{limits.memory_mb}MB'; SET threads = {limits.threads}; SET lock_configuration = true"
        )
        self._connection.execute("SELECT setseed(?)", [SystemRandom().uniform(-1, 1)]).fetchall()

    def rehearse(self, limits: Limits) -> None:
        """Answer a statement of the platform's own over a table without rows, to nobody.

        What is touched for the first time then, and the memory that a forked process has to copy before it writes to
        it, does not hold up the statement to come.
        """
        table, statement = _REHEARSED
        if table in self._schemas:
            self.fetch = self._no_rows
            Answer(_to_nobody, limits).write_table(self.answer(statement, [""], limits.rows))
            self.fetch = None

    def add_tables(self, extra: list[dict[str, Any]]) -> None:
        """Tables of users: each has a name of its own, and may be in a schema."""
        for number, table in enumerate(extra):
            hidden = f"skyhub_extra_{number}"
            self.rows[table["key"]] = table["rows"]
            schema = decoded_schema(table["schema"])
            self._add(hidden, table["key"], schema, table["selects"])
            for name in table["names"]:
                self._schemas[".".join(name)] = schema
                if len(name) > 1:
                    self._connection.execute(f"CREATE SCHEMA IF NOT EXISTS {_quoted(name[0])}")
                path = ".".join(map(_quoted, name))
                self._connection.execute(f"CREATE OR REPLACE VIEW {path} AS SELECT * FROM temp.{hidden}")

    def answer(self, statement: str, parameters: Any, most_rows: int) -> pa.RecordBatchReader:
        """The answer to a statement, and one row more than is permitted if there are so many.

        Raises
        ------
        Refused
            If it is not one SELECT statement.
        duckdb.Error
            If it fails.
        """
        limited = f"SELECT * FROM (\n{self._one_select(statement)}\n) LIMIT {most_rows + 1}"
        if worth_a_look(statement):
            self._objects = self._few_objects(statement)
        if parameters:
            found: Any = self._connection.execute(limited, _values(parameters))
        else:
            found = self._connection.sql(limited)
            if found is None:
                raise Refused("one SELECT statement is permitted, nothing else.")
        make = getattr(found, "to_arrow_reader", None) or found.fetch_record_batch
        return make(_ANSWER_ROWS)

    def _add(self, view: str, name: str, schema: pa.Schema, selects: bool) -> None:
        register(self._connection, view, name, schema, self._fetch, lambda n: self.rows.get(n, 1), selects)

    def _fetch(self, name: str, columns: list[str], condition: list[Any]) -> Iterator[pa.RecordBatch]:
        assert self.fetch is not None
        if name != "photometry" or self._objects is None:
            return self.fetch(name, columns, condition)
        if not self._objects:
            return self._no_rows(name, columns, condition)
        narrowed = [*condition, ["in", "object_id", self._objects]]
        return self.fetch(name, columns, narrowed if count_values(narrowed) <= MOST_VALUES else condition)

    def _few_objects(self, statement: str) -> list[str] | None:
        """The objects that a join leaves of photometry, if it can be told that they are few."""
        columns = {name.lower(): frozenset(map(str.lower, schema.names)) for name, schema in self._schemas.items()}
        try:
            [(text,)] = self._connection.execute("SELECT json_serialize_sql(?)", [statement]).fetchall()
            for question in questions(json.loads(text), columns):
                if (found := self._asked(question)) is not None:
                    return found
        except (duckdb.Error, LookupError, TypeError, ValueError, AttributeError, RecursionError):
            return None  # the statement itself says what is wrong with it
        return None

    def _asked(self, question: Question) -> list[str] | None:
        [(text,)] = self._connection.execute("SELECT json_deserialize_sql(?)", [json.dumps(question.tree)]).fetchall()
        found: set[str] = set()
        make = self._connection.sql(text)
        for batch in (getattr(make, "to_arrow_reader", None) or make.fetch_record_batch)(_ANSWER_ROWS):
            found |= set(batch.column(0).drop_null().to_pylist())
            if len(found) > _MOST_OBJECTS or not pa.types.is_string(batch.schema.field(0).type):
                return None  # numbers, for instance, are equal to names that are written otherwise
        return sorted(found)

    def _no_rows(self, name: str, columns: list[str], condition: list[Any]) -> Iterator[pa.RecordBatch]:
        schema = pa.schema([self._schemas[name].field(column) for column in columns])
        return iter(schema.empty_table().to_batches())

    def _one_select(self, statement: str) -> str:
        try:
            statements = self._connection.extract_statements(statement)
        except duckdb.Error as error:
            raise Refused(f"the statement cannot be read: {error}") from error
        if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
            raise Refused("one SELECT statement is permitted, nothing else.")
        return str(statements[0].query).strip().rstrip(";")


def decoded_schema(encoded: str) -> pa.Schema:
    """Columns from text."""
    return pa.ipc.read_schema(pa.py_buffer(base64.b64decode(encoded)))


def _without_threads() -> duckdb.DuckDBPyConnection:
    try:
        return duckdb.connect(config={**_SANDBOX, "threads": 1, "async_threads": 0})
    except duckdb.Error:  # an engine that has no such setting, nor such threads
        return duckdb.connect(config={**_SANDBOX, "threads": 1})


def _to_nobody(header: Mapping[str, Any], payload: Any = b"") -> None:
    pass


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _values(parameters: Any) -> Any:
    """Values of parameters, in order or by name, as JSON carries them."""
    if isinstance(parameters, dict):
        return {name: _value(value) for name, value in parameters.items()}
    return [_value(value) for value in parameters]


def _value(value: Any) -> Any:
    if isinstance(value, dict):
        [(kind, text)] = value.items()
        return datetime.fromisoformat(text) if kind == "timestamp" else date.fromisoformat(text)
    return [_value(item) for item in value] if isinstance(value, list) else value
