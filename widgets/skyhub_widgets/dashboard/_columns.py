"""Columns that several tables of the dashboard have in common."""

from __future__ import annotations

from typing import Any

__all__ = ["FILTER", "MAGNITUDE", "OBJECT_AND_POSITION", "score", "time_of"]

OBJECT_AND_POSITION: list[dict[str, Any]] = [
    {"field": "object_id", "title": "Object"},
    {"field": "ra", "title": "RA", "unit": "deg", "kind": "number", "digits": 5},
    {"field": "dec", "title": "Dec", "unit": "deg", "kind": "number", "digits": 5},
]
FILTER: dict[str, Any] = {"field": "filter", "title": "Filter"}
MAGNITUDE: dict[str, Any] = {"field": "mag", "title": "Magnitude", "unit": "AB", "kind": "number", "digits": 2}


def score(name: str) -> dict[str, Any]:
    """A score between 0 and 1, such as ``drb``."""
    return {"field": name, "title": name, "kind": "number", "digits": 2}


def time_of(title: str) -> dict[str, Any]:
    """The column ``mjd`` under a title."""
    return {"field": "mjd", "title": title, "unit": "MJD", "kind": "number", "digits": 5}
