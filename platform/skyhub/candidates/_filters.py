"""Candidate filters: SQL conditions over the columns of an alert, evaluated on whole batches."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from skyhub.candidates._cuts import cuts_of, require_steady
from skyhub.candidates._sandbox import DERIVED, evaluate
from skyhub.db import ADMINISTRATOR, Database
from skyhub.errors import InvalidInput

__all__ = ["GUARD", "Filter", "require_condition", "seen_by_filters"]

GUARD = 0.05
"""The greatest fraction of alerts that a filter lets through, if nothing else is said."""


@dataclass(frozen=True)
class Filter:
    """A version of a candidate filter."""

    filter_id: int
    version: int
    name: str
    group_id: int | None
    survey: str
    expression: str
    guard: float = GUARD
    author: str | None = None

    @classmethod
    def of_row(cls, row: dict[str, Any]) -> Filter:
        """From a row of ``filters``."""
        return cls(**{name: row[name] for name in cls.__dataclass_fields__})

    def passes(self, batch: pa.Table) -> NDArray[np.bool_]:
        """Which rows of a batch of alerts pass, shape ``(n,)``.

        Raises
        ------
        InvalidInput
            If the expression is no condition over the columns of an alert; the cut that fails is named.
        """
        try:
            rows = evaluate(batch, [self.expression])
        except duckdb.Error as error:
            raise InvalidInput(
                f"filter {self.name!r} cannot be evaluated{self._where(batch)}: {error}. Write an SQL condition over the "
                f"columns {', '.join((*batch.column_names, *DERIVED))}.",
                "expression",
            ) from error
        if len(rows) != len(batch):
            raise InvalidInput(f"filter {self.name!r} must look at each alert alone, not at all of them.", "expression")
        return np.array([bool(row[0]) for row in rows], dtype=bool)

    def _where(self, batch: pa.Table) -> str:
        """The cut that fails, if it is one of several."""
        with suppress(InvalidInput):
            cuts = cuts_of(self.expression)
            for cut in cuts if len(cuts) > 1 else ():
                try:
                    evaluate(batch, [cut.text])
                except duckdb.Error:
                    return f" at its cut {cut.text!r}"
        return ""


def require_condition(db: Database, new: Filter) -> None:
    """Refuse a filter whose expression is no condition on one alert alone."""
    nothing = seen_by_filters(db.reader.query(ADMINISTRATOR, "SELECT * FROM @alerts LIMIT 0"))
    new.passes(nothing)
    require_steady(new.expression, {*nothing.column_names, *DERIVED})


def seen_by_filters(alerts: pa.Table) -> pa.Table:
    """Of rows of ``alerts`` the columns that a filter may use."""
    return alerts.select(
        [c for c in alerts.column_names if c not in {"hpx", "acl", "pack"} and not c.endswith(("_at", "_size"))]
    )
