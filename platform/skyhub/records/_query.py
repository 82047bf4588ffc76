"""Fields of a record as the query of an address: a field with several values is given several times."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, TypeVar, get_args, get_origin

from starlette.datastructures import QueryParams

from skyhub.errors import InvalidInput
from skyhub.records._record import Record, check

__all__ = ["from_fields", "from_query", "query_parameters"]

R = TypeVar("R", bound=Record)
_OTHERS = {"as_of"}


def from_query(model: type[R], query: QueryParams, where: str = "", others: frozenset[str] = frozenset()) -> R:
    """The record that a query describes.

    Parameters
    ----------
    model
        The record.
    query
        The query of an address.
    where
        What the record is called in errors.
    others
        Names in the query that are not of the record, beside ``as_of``.

    Raises
    ------
    InvalidInput
        Naming the first field that cannot be used.
    """
    several = _several(model)
    given: dict[str, Any] = {}
    for name in dict.fromkeys(query.keys()):
        values = [value for value in query.getlist(name) if value]
        if name in _OTHERS | others or not values:
            continue
        if len(values) > 1 and name not in several and name in model.model_fields:
            raise InvalidInput(f"{name} was given more than once: once is permitted.", name)
        given[name] = values if len(values) > 1 else values[0]
    return from_fields(model, given, where)


def from_fields(model: type[R], given: Mapping[str, Any], where: str = "") -> R:
    """A record from fields as they come: of lists also a single value, of lists of records also JSON text.

    Raises
    ------
    InvalidInput
        Naming the first field that cannot be used.
    """
    fields = {name: value for name, value in given.items() if value is not None}
    for name, item in _several(model).items():
        if name in fields:
            value = _from_json(name, fields[name]) if _is_record(item) else fields[name]
            fields[name] = value if isinstance(value, list | tuple) else [value]
    record: R = check(model, fields, where)
    return record


def query_parameters(model: type[Record]) -> list[dict[str, Any]]:
    """The fields of a record as parameters of a route, for the description of the interface."""
    several, text = _several(model), {"type": "string"}
    return [
        {
            "name": name,
            "in": "query",
            "required": False,
            "description": about.get("description", ""),
            "schema": text if _is_record(several.get(name)) else {k: v for k, v in about.items() if k != "description"},
        }
        for name, about in model.model_json_schema()["properties"].items()
    ]


def _several(model: type[Record]) -> dict[str, Any]:
    """The fields with several values, and the types of these."""
    fields = model.model_fields.items()
    return {name: get_args(f.annotation)[0] for name, f in fields if get_origin(f.annotation) is tuple}


def _is_record(item: Any) -> bool:
    return isinstance(item, type) and issubclass(item, Record)


def _from_json(name: str, value: Any) -> Any:
    if isinstance(value, list | tuple) and len(value) == 1 and isinstance(value[0], str):
        value = value[0]
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except json.JSONDecodeError as error:
        raise InvalidInput(
            f'{name} is no JSON ({error}): give a list such as [{{"origin": "ZTF", "key": "drb", "min": 0.9}}].', name
        ) from None
