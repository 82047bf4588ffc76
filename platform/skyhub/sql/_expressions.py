"""Conditions of rows, read from Arrow expressions: how engines before DuckDB 2.0 say what a scan needs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from skyhub.sql._conditions import MOST_VALUES, Unsaid, count_values, plain_value

__all__ = ["Pushed", "pushed"]

_COMPARISONS = {
    "equal": "==",
    "not_equal": "!=",
    "less": "<",
    "less_equal": "<=",
    "greater": ">",
    "greater_equal": ">=",
}
_JUNCTIONS = {"and_kleene": "and", "or_kleene": "or"}
_ENTRY = re.compile(r"^(call|end|field_ref|literal|options): '(.*)'$")


class Pushed(NamedTuple):
    """What an expression asks of the rows of a scan."""

    condition: list[Any]
    """Rows that do not meet it do not meet the expression."""
    exact: bool
    """Whether rows that meet it meet the expression."""
    columns: set[str] | None
    """The columns it looks at, if they can be told."""


@dataclass
class _Call:
    name: str
    arguments: list[Any]
    """Calls, names of columns (str) and literals (Arrow scalars)."""
    options: pa.Scalar | None = None


def pushed(expression: pc.Expression | None) -> Pushed:
    """The condition that an expression stands for, or as much of it as can be said.

    >>> pushed((pc.field("mjd") > 60000.5) & pc.field("filter").isin(["ztfg", "ztfr"])).condition
    ['and', ['>', 'mjd', 60000.5], ['in', 'filter', ['ztfg', 'ztfr']]]
    """
    if expression is None:
        return Pushed(["and"], True, set())
    try:
        call = _parsed(expression)
    except (Unsaid, StopIteration, ValueError, IndexError):
        return Pushed(["and"], False, None)
    parts, exact = [], True
    for part in _conjuncts(call):
        try:
            parts.append(_condition(part))
        except (Unsaid, KeyError):
            exact = False
    if sum(map(count_values, parts)) > MOST_VALUES:
        parts, exact = [], False
    return Pushed(["and", *parts], exact, set(_columns(call)))


def _parsed(expression: pc.Expression) -> _Call:
    """An expression as a tree, from Arrow's own serialised form, which its pickles are made of."""
    _, (content,) = expression.__reduce__()
    stored = pa.ipc.open_file(content)
    text = stored.schema.to_string(truncate_metadata=False, show_schema_metadata=True)
    matches = [_ENTRY.match(line) for line in text.partition("-- schema metadata --\n")[2].splitlines()]
    entries = [(match[1], match[2]) for match in matches if match]
    if len(entries) != len(matches):
        raise Unsaid
    values = [column[0] for column in stored.get_batch(0).columns] if stored.num_record_batches else []
    stream = iter(entries)
    call = _node(next(stream), stream, values)
    if next(stream, None) is not None or not isinstance(call, _Call):
        raise Unsaid
    return call


def _node(entry: tuple[str, str], entries: Iterator[tuple[str, str]], values: list[Any]) -> Any:
    kind, text = entry
    if kind == "field_ref":
        return text
    if kind == "literal":
        return values[int(text)]
    if kind != "call":
        raise Unsaid
    call = _Call(text, [])
    for following in entries:
        if following == ("end", text):
            return call
        if following[0] == "options":
            call.options = values[int(following[1])]
        else:
            call.arguments.append(_node(following, entries, values))
    raise Unsaid


def _conjuncts(call: _Call) -> list[_Call]:
    if call.name != "and_kleene":
        return [call]
    return [part for argument in call.arguments for part in _conjuncts(argument)]


def _columns(node: Any) -> Iterator[str]:
    if isinstance(node, str):
        yield node
    elif isinstance(node, _Call):
        for argument in node.arguments:
            yield from _columns(argument)


def _condition(call: Any) -> list[Any]:
    match call:
        case _Call("and_kleene" | "or_kleene", arguments):
            return [_JUNCTIONS[call.name], *map(_condition, arguments)]
        case _Call("if_else", [_Call("is_valid", [guarded]), _Call("is_in", [column]), pa.Scalar() as otherwise]):
            if guarded == column and not otherwise.is_valid:  # how the engine says that a null is in no list
                return _condition(call.arguments[1])
        case _Call("is_valid", [str(column)]):
            return ["valid", column]
        case _Call("is_null", [str(column)], pa.Scalar() as options) if not options["nan_is_null"].as_py():
            return ["null", column]
        case _Call("is_in", [str(column)], pa.Scalar() as options):
            return ["in", column, [plain_value(item) for item in options["value_set"].as_py()]]
        case _Call(name, [str(column), pa.Scalar() as operand]):
            return [_COMPARISONS[name], column, plain_value(operand.as_py())]
    raise Unsaid
