"""Forms from the JSON schema of a kind of record."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

__all__ = ["columns_of", "flattened", "nested", "parameters_of"]

_SCALARS = {"string", "integer", "number", "boolean"}
_WIDE = 200
"""Texts that may be longer than this get several lines."""
_FIRST = ("name", "nickname", "title")
"""What a person looks for first."""

_WRITTEN = {"id": "ID", "pi": "PI", "tns": "TNS", "mpc": "MPC", "treasuremap": "Treasure Map", "far": "FAR"}
"""Words that are written in their own way."""


def parameters_of(schema: Mapping[str, Any], record: Mapping[str, Any] | None = None) -> dict[str, dict[str, Any]]:
    """The fields of a kind as typed parameters for a form: names first, then what is needed, then the rest.

    Parameters
    ----------
    schema
        JSON schema of an object, as the data service describes a kind. What is ``readOnly`` is left out; texts by name
        that are ``writeOnly`` are secrets, and ``stored_names`` is the field with the names of those stored. The fields of an
        object within are parameters of their own, as ``conditions.tags`` (see `flattened` and `nested`).
    record
        The record that is to be changed, if there is one.
    """
    required = set(schema.get("required", ()))

    def order(field: tuple[str, Mapping[str, Any]]) -> tuple[bool, bool]:
        return field[0] not in _FIRST, field[0] not in required

    fields = [field for field in _expanded(schema) if not field[1].get("readOnly")]
    parameters = {name: _parameter(name, spec, name in required) for name, spec in sorted(fields, key=order)}
    for name, spec in fields:
        if spec.get("writeOnly"):
            stored = (record or {}).get(spec["stored_names"]) or ()
            parameters[name] = {**parameters[name], "type": "secrets", "default": {}, "stored": stored}
    return parameters


def flattened(record: Mapping[str, Any], parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The values that a record has for parameters; those of an object within by ``object.field``."""
    found: dict[str, Any] = {}
    for name in parameters:
        outer, _, inner = name.partition(".")
        value = record.get(outer)
        found[name] = (value or {}).get(inner) if inner else value
    return {name: value for name, value in found.items() if value is not None}


def nested(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values of parameters as the fields of a record: those of an object within under its name."""
    record: dict[str, Any] = {}
    for name, value in values.items():
        outer, _, inner = name.partition(".")
        if inner:
            record.setdefault(outer, {})[inner] = value
        else:
            record[outer] = value
    return record


def columns_of(schema: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The fields of a kind as columns of a table, names first; what is no single value is hidden at first."""
    columns: list[dict[str, Any]] = []
    for name, spec in sorted(schema["properties"].items(), key=lambda field: field[0] not in _FIRST):
        if spec.get("writeOnly"):
            continue
        inner = _inner(spec)
        kind = {"number": "number", "integer": "integer", "boolean": "boolean"}.get(inner.get("type", ""), "text")
        kind = "time" if inner.get("format") == "date-time" else kind
        column = {"field": name, "title": _title(name), "kind": kind, "description": _text(spec, inner)}
        columns.append({**column, "unit": spec.get("unit", ""), "hidden": _type(inner) in ("json", "text")})
    return columns


def _expanded(schema: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The fields, and in the place of one that is an object of its own those of that."""
    for name, spec in schema["properties"].items():
        inner = schema.get("$defs", {}).get(str(spec.get("$ref", "")).rpartition("/")[2], {})
        if "properties" in inner:
            yield from ((f"{name}.{field}", told) for field, told in inner["properties"].items())
        else:
            yield name, spec


def _parameter(name: str, spec: Mapping[str, Any], required: bool) -> dict[str, Any]:
    inner = _inner(spec)
    unit = spec.get("unit") or inner.get("unit")
    parameter: dict[str, Any] = {"type": _type(inner), "title": _title(name) + (f" ({unit})" if unit else "")}
    parameter["description"] = _text(spec, inner)
    if not required:
        parameter["default"] = spec.get("default")
    choices = inner.get("enum") or (parameter["type"] == "list" and inner["items"].get("enum"))
    if choices:
        parameter["enum"] = choices
    for bound in ("minimum", "maximum"):
        if parameter["type"] in ("integer", "number") and bound in inner:
            parameter[bound] = inner[bound]
    return parameter


def _inner(spec: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a field is when it is given."""
    given = [choice for choice in spec.get("anyOf", ()) if choice.get("type") != "null"]
    return given[0] if len(given) == 1 else spec


def _type(inner: Mapping[str, Any]) -> str:
    kind = inner.get("type")
    if inner.get("format") in ("date-time", "date"):
        return "time" if inner["format"] == "date-time" else "date"
    if kind == "array" and inner.get("items", {}).get("type") in _SCALARS:
        return "list"
    if kind == "object" and isinstance(inner.get("additionalProperties"), Mapping):
        return "numbers" if inner["additionalProperties"].get("type") == "number" else "json"
    if kind == "string" and "enum" not in inner and inner.get("maxLength", _WIDE) > _WIDE:
        return "text"
    return kind if kind in _SCALARS else "json"


def _title(name: str) -> str:
    words = [_WRITTEN.get(word, word) for word in name.rpartition(".")[2].split("_")]
    return " ".join([words[0][0].upper() + words[0][1:], *words[1:]])


def _text(spec: Mapping[str, Any], inner: Mapping[str, Any]) -> str:
    return str(spec.get("description") or inner.get("description") or "")
