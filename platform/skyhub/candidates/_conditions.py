"""Filters in SQL: a condition and expressions over the columns of an alert, evaluated on whole batches."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from skyhub.candidates._cuts import cuts_of, require_steady
from skyhub.candidates._filters import Filter
from skyhub.candidates._sandbox import DERIVED, evaluate
from skyhub.candidates._verdicts import MOST_ANNOTATIONS, Fault, Verdicts, is_key, noted
from skyhub.errors import InvalidInput

__all__ = ["annotate", "conditions_met", "judge_condition", "require_condition"]

_STATEMENT = re.compile(r"\s*\bLINE \d+:.*", re.DOTALL)
_MOST_TOLD = 20
"""Of so many alerts that fail in one batch the reason is looked up."""


def conditions_met(versions: Sequence[Filter], batch: pa.Table) -> list[NDArray[np.bool_] | None]:
    """Which alerts of a batch pass each of several filters in SQL, in one statement.

    None for all of them if one cannot be computed on all alerts: then each is to be judged alone.
    """
    try:
        rows = evaluate(batch, [version.expression for version in versions])
    except duckdb.Error:
        return [None] * len(versions)
    if len(rows) != len(batch):
        return [None] * len(versions)
    return [np.array([bool(row[n]) for row in rows], dtype=bool) for n in range(len(versions))]


def judge_condition(version: Filter, batch: pa.Table, met: NDArray[np.bool_] | None = None) -> Verdicts:
    """What a filter in SQL makes of a batch of alerts; those on which it cannot be computed do not pass, and are told.

    Parameters
    ----------
    version
        The filter.
    batch
        What it sees of the alerts.
    met
        Which of them pass, shape ``(n,)``, if `conditions_met` has found that already.

    Raises
    ------
    InvalidInput
        If the expression is no condition over the columns of an alert, or takes too long; the cut that fails is named.
    """
    with _as_refusal(version, batch):
        passed, faults = _passed(version, batch) if met is None else (met, [])
    places = np.flatnonzero(passed)
    annotations, more = annotate(version.annotations, batch.take(places))
    return Verdicts(passed, annotations, [*faults, *(Fault(int(places[f.place]), f.reason) for f in more)])


def annotate(annotations: Mapping[str, str], batch: pa.Table) -> tuple[list[dict[str, Any]], list[Fault]]:
    """The values of named expressions for each alert of a batch, and what could not be computed.

    Raises
    ------
    InvalidInput
        If one of them is no expression over the columns of an alert.
    """
    if not (annotations and len(batch)):
        return [{} for _ in range(len(batch))], []
    texts = [f"\n{text}\n" for text in annotations.values()]
    try:
        try:
            rows, faults = evaluate(batch, [], texts), []
        except duckdb.Error:
            for text in texts:
                duckdb.SQLExpression(text)
            rows = evaluate(batch, [], [f"TRY(({text}))" for text in texts])
            faults = list(_lost(annotations, batch, rows))
    except duckdb.Error as error:
        raise InvalidInput(f"the annotations cannot be evaluated: {_told(error)}", "annotations") from error
    kept, unfit = noted([dict(zip(annotations, row, strict=True)) for row in rows])
    return kept, [*faults, *unfit]


def require_condition(version: Filter, nothing: pa.Table) -> None:
    """Refuse a filter in SQL that is no condition on one alert alone, or whose annotations are no such expressions.

    Parameters
    ----------
    version
        The version.
    nothing
        The columns that filters see, without rows.

    Raises
    ------
    InvalidInput
        Naming the cut, or the annotation.
    """
    columns = {*nothing.column_names, *DERIVED}
    for batch in (nothing, _unknown(nothing)):
        with _as_refusal(version, batch):
            _verdicts(version, batch, [version.expression])
    require_steady(version.expression, columns)
    if len(version.annotations) > MOST_ANNOTATIONS:
        raise InvalidInput(
            f"{len(version.annotations)} annotations were given: {MOST_ANNOTATIONS} are permitted.", "annotations"
        )
    for key, text in version.annotations.items():
        _require_expression(key, text, nothing, columns)


def _unknown(nothing: pa.Table) -> pa.Table:
    """An alert of which nothing is known: what fails on it fails on all, such as a wrong constant."""
    return pa.table([pa.nulls(1, field.type) for field in nothing.schema], schema=nothing.schema)


def _require_expression(key: str, text: str, nothing: pa.Table, columns: set[str]) -> None:
    if not is_key(key):
        raise InvalidInput(
            f"{key[:100]!r} is no key of an annotation: letters, digits and _ are permitted, 100 at most.",
            "annotations",
        )
    try:
        if evaluate(nothing, [], [text]):
            raise InvalidInput("it looks at all alerts at once.", "annotations")
        evaluate(_unknown(nothing), [], [text])
        require_steady(text, columns)
    except (duckdb.Error, InvalidInput) as error:
        told = error.message if isinstance(error, InvalidInput) else _told(error)
        raise InvalidInput(f"annotation {key!r} is no expression on one alert: {told}", "annotations") from error


@contextmanager
def _as_refusal(version: Filter, batch: pa.Table) -> Iterator[None]:
    try:
        yield
    except duckdb.Error as error:
        raise InvalidInput(
            f"filter {version.name!r} cannot be evaluated{_where(version, batch)}: {_told(error)}. Write an SQL condition over "
            f"the columns {', '.join((*batch.column_names, *DERIVED))}.",
            "expression",
        ) from error


def _passed(version: Filter, batch: pa.Table) -> tuple[NDArray[np.bool_], list[Fault]]:
    try:
        found = _verdicts(version, batch, [version.expression])
        return np.array([bool(verdict) for verdict in found], dtype=bool), []
    except duckdb.Error:
        duckdb.SQLExpression(version.expression)
        tolerant = f"TRY(coalesce((\n{version.expression}\n)::BOOLEAN, false))"
        found = _verdicts(version, batch, [tolerant])
        failed = [place for place, verdict in enumerate(found) if verdict is None]
        reasons = _reasons(batch, version.expression, failed)
        return np.array([bool(verdict) for verdict in found], dtype=bool), [*map(Fault, failed, reasons)]


def _verdicts(version: Filter, batch: pa.Table, conditions: Sequence[str]) -> list[Any]:
    rows = evaluate(batch, conditions)
    if len(rows) != len(batch):
        raise InvalidInput(f"filter {version.name!r} must look at each alert alone, not at all of them.", "expression")
    return [row[0] for row in rows]


def _reasons(batch: pa.Table, expression: str, failed: Sequence[int]) -> list[str]:
    told = [_reason(batch.slice(place, 1), expression) for place in failed[:_MOST_TOLD]]
    return told + ["as with others of its batch"] * (len(failed) - len(told))


def _reason(alert: pa.Table, expression: str) -> str:
    try:
        evaluate(alert, [expression])
    except duckdb.Error as error:
        return _told(error)
    return "it could not be computed"


def _lost(annotations: Mapping[str, str], batch: pa.Table, rows: Sequence[tuple[Any, ...]]) -> list[Fault]:
    """The annotations that could not be computed: of those that have no value, some have none."""
    found: list[Fault] = []
    for place, row in enumerate(rows):
        for (key, text), value in zip(annotations.items(), row, strict=True):
            if value is None and len(found) < _MOST_TOLD:
                with suppress(_Computed):
                    found.append(Fault(place, f"annotation {key!r}: {_failure(batch.slice(place, 1), text)}"))
    return found


class _Computed(Exception):
    """An expression has a value, or is null."""


def _failure(alert: pa.Table, text: str) -> str:
    try:
        evaluate(alert, [], [text])
    except duckdb.Error as error:
        return _told(error)
    raise _Computed


def _told(error: duckdb.Error) -> str:
    """What the engine says, without the statement that it was given."""
    return _STATEMENT.sub("", str(error)).rstrip(".")


def _where(version: Filter, batch: pa.Table) -> str:
    """The cut that fails, if it is one of several."""
    with suppress(InvalidInput):
        cuts = cuts_of(version.expression)
        for cut in cuts if len(cuts) > 1 else ():
            try:
                evaluate(batch, [cut.text])
            except duckdb.Error:
                return f" at its cut {cut.text!r}"
    return ""
