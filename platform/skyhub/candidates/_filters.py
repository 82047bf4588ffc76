"""Candidate filters: what a version of one is."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal, TypeAlias

import pyarrow as pa

__all__ = ["GUARD", "LANGUAGES", "Filter", "Language", "seen_by_filters"]

GUARD = 0.05
"""The greatest fraction of alerts that a filter lets through, if nothing else is said."""

Language: TypeAlias = Literal["sql", "python"]
LANGUAGES: tuple[Language, ...] = ("sql", "python")

_AS_JSON = ("annotations", "packages")


@dataclass(frozen=True)
class Filter:
    """A version of a candidate filter."""

    filter_id: int
    version: int
    name: str
    group_id: int | None
    survey: str
    expression: str
    """A condition in SQL, or the source of a function in Python."""
    guard: float = GUARD
    author: str | None = None
    language: Language = "sql"
    annotations: Mapping[str, str] = field(default_factory=dict)
    """Expressions in SQL by key: their values are noted of what passes."""
    autosave: tuple[int, ...] = ()
    """Groups for which what passes is saved."""
    packages: Mapping[str, str] = field(default_factory=dict)
    """Versions of what a function may import, when it was stored."""

    @classmethod
    def of_row(cls, row: Mapping[str, Any]) -> Filter:
        """From a row of ``filters``."""
        values = {f.name: row[f.name] for f in fields(cls)}
        parsed = {name: json.loads(values[name] or "{}") for name in _AS_JSON}
        return cls(**{**values, **parsed, "autosave": tuple(values["autosave"] or ())})

    def row(self) -> dict[str, Any]:
        """As a row of ``filters``."""
        values = {f.name: getattr(self, f.name) for f in fields(self)}
        return {**values, **{name: json.dumps(values[name]) for name in _AS_JSON}, "autosave": list(self.autosave)}

    @property
    def does(self) -> tuple[Any, ...]:
        """What makes it another version than one before."""
        return self.language, self.expression, self.guard, dict(self.annotations), self.autosave


def seen_by_filters(alerts: pa.Table) -> pa.Table:
    """Of alerts with their context the columns that a filter may use."""
    return alerts.select(
        [c for c in alerts.column_names if c not in {"hpx", "acl", "pack"} and not c.endswith(("_at", "_size"))]
    )
