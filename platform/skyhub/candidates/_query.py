"""A selection of candidates as the query of an address: a field with several values is given several times."""

from __future__ import annotations

from typing import Any

from starlette.datastructures import QueryParams

from skyhub.candidates._selection import Selection, selection_of
from skyhub.errors import InvalidInput

__all__ = ["selection_from", "selection_parameters"]

_OTHERS = {"as_of"}


def selection_from(query: QueryParams) -> Selection:
    """The selection that a query asks for. Raises `InvalidInput` naming the first field that cannot be used."""
    given: dict[str, Any] = {}
    for name in dict.fromkeys(query.keys()):
        values = [value for value in query.getlist(name) if value]
        if name in _OTHERS or not values:
            continue
        field = Selection.model_fields.get(name)
        if len(values) > 1 and (field is None or field.default != ()):
            raise InvalidInput(f"{name} was given more than once: once is permitted.", name)
        given[name] = values if len(values) > 1 else values[0]
    return selection_of(given)


def selection_parameters() -> list[dict[str, Any]]:
    """The fields of a selection as parameters of a route, for the description of the interface."""
    properties = Selection.model_json_schema()["properties"]
    text = {"type": "string"}
    return [
        {
            "name": name,
            "in": "query",
            "required": False,
            "description": about.get("description", ""),
            "schema": text if name == "annotations" else {k: v for k, v in about.items() if k != "description"},
        }
        for name, about in properties.items()
    ]
