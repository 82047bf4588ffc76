"""The cuts of a condition: what its outermost ANDs join."""

from __future__ import annotations

import json
from collections.abc import Container, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import duckdb

from skyhub.candidates._sandbox import parse, unparse, unsteady_names
from skyhub.errors import InvalidInput

__all__ = ["Cut", "cuts_of", "require_steady"]

_BEFORE = len("SELECT (\n")
_MOST_KEPT = 4096


@dataclass(frozen=True)
class Cut:
    """One condition of those that must all hold."""

    text: str
    """In SQL."""
    columns: tuple[str, ...]
    """What it looks at, in the order in which it does."""
    measured: str | None
    """The expression that it holds against a bound or a list, if it is such a cut."""
    forbidden: str | None = None
    """What in it looks beyond one alert, or is another the next time."""


@lru_cache(maxsize=_MOST_KEPT)
def cuts_of(expression: str) -> tuple[Cut, ...]:
    """The cuts of a condition, in its order; their conjunction is the condition, also where values are null.

    Raises
    ------
    InvalidInput
        If it is no SQL expression.

    Examples
    --------
    >>> [cut.text for cut in cuts_of("drb > 0.5 AND (mag < 19 OR age < 2)")]
    ['drb > 0.5', 'mag < 19 OR age < 2']
    >>> cuts_of("mag - limiting_mag < -0.5")[0].measured
    '(mag - limiting_mag)'
    """
    try:
        tree = json.loads(parse(expression))
        if tree["error"]:
            raise InvalidInput(f"{expression!r} is no condition: {tree['error_message']}.", "expression")
        [root] = tree["statements"][0]["node"]["select_list"]
        return tuple(_cut(expression, tree, node) for node in _joined(root))
    except duckdb.Error as error:
        raise InvalidInput(f"the condition cannot be read: {error}", "expression") from error


def require_steady(expression: str, columns: Container[str]) -> None:
    """Refuse a condition that would not always give the same of the same alert alone, by the names of its columns.

    Raises
    ------
    InvalidInput
        If a cut asks a table, another alert, the clock or chance; it is named.
    """
    for cut in cuts_of(expression):
        foreign = cut.forbidden or next((name for name in cut.columns if name not in columns), None)
        if foreign:
            raise InvalidInput(
                f"the cut {cut.text!r} uses {foreign}: a filter looks at one alert alone, and must give the same of "
                "it at all times. Use its columns, and functions of these.",
                "expression",
            )


def _joined(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if node["type"] == "CONJUNCTION_AND":
        for child in node["children"]:
            yield from _joined(child)
    else:
        yield node


def _cut(expression: str, tree: dict[str, Any], node: dict[str, Any]) -> Cut:
    bound = {name for n in _nodes(node) if n["class"] == "LAMBDA" for name in _names(n["lhs"])}
    measured = _measured(node)
    plain = _text(tree, node)
    return Cut(
        _as_written(expression, node, plain),
        tuple(name for name in _names(node) if name not in bound),
        _text(tree, measured) if measured else None,
        next(filter(None, map(_forbidden, _nodes(node))), None),
    )


def _names(node: dict[str, Any]) -> dict[str, None]:
    """The columns that a node names, each once."""
    return dict.fromkeys(n["column_names"][-1] for n in _nodes(node) if n["class"] == "COLUMN_REF")


def _nodes(part: Any) -> Iterator[dict[str, Any]]:
    """All nodes of a tree, each before those below it."""
    if isinstance(part, dict):
        if "class" in part:
            yield part
        for child in part.values():
            yield from _nodes(child)
    elif isinstance(part, list):
        for child in part:
            yield from _nodes(child)


def _text(tree: dict[str, Any], node: dict[str, Any]) -> str:
    """A node in SQL as DuckDB writes it."""
    [statement] = tree["statements"]
    alone = {**tree, "statements": [{**statement, "node": {**statement["node"], "select_list": [node]}}]}
    return unparse(json.dumps(alone)).removeprefix("SELECT ")


def _as_written(expression: str, node: dict[str, Any], plain: str) -> str:
    """The same as it stands in the condition, where that can be found."""
    text = expression.encode()
    spans = [
        (n["query_location"], n["query_location"] + n.get("query_location_length", 0))
        for n in _nodes(node)
        if n.get("query_location", -1) in range(_BEFORE, _BEFORE + len(text))
    ]
    if not spans:
        return plain
    first, last = min(begin for begin, _ in spans), max(end for _, end in spans)
    written = text[first - _BEFORE : last - _BEFORE].decode(errors="ignore").strip()
    return written if written and _means(written) == plain else plain


def _means(text: str) -> str | None:
    try:
        tree = parse(text)
        return None if json.loads(tree)["error"] else unparse(tree).removeprefix("SELECT ")
    except duckdb.Error:
        return None


def _measured(node: dict[str, Any]) -> dict[str, Any] | None:
    """What a comparison, a range, a list or a test for null is about: its first part with a column."""
    parts: list[dict[str, Any]] = []
    if node["class"] == "COMPARISON":
        parts = [node["left"], node["right"]]
    elif node["class"] == "BETWEEN":
        parts = [node["input"]]
    elif node["type"] in {"COMPARE_IN", "COMPARE_NOT_IN", "OPERATOR_IS_NULL", "OPERATOR_IS_NOT_NULL"}:
        parts = node["children"][:1]
    return next((part for part in parts if any(n["class"] == "COLUMN_REF" for n in _nodes(part))), None)


def _forbidden(node: dict[str, Any]) -> str | None:
    match node["class"]:
        case "SUBQUERY":
            return "a query"
        case "WINDOW":
            return "a window over other alerts"
        case "PARAMETER":
            return "a parameter"
        case "STAR":
            return "all columns at once"
        case "FUNCTION" if node["function_name"] in unsteady_names():
            return f"{node['function_name']}()"
    return None
