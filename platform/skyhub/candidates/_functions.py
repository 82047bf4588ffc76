"""Filters in Python: a function of a batch of alerts, run in a confined process."""

from __future__ import annotations

import atexit
import threading
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from skyhub.candidates._filters import Filter, seen_by_filters
from skyhub.candidates._known_points import points_known_to
from skyhub.candidates._source import Source, source_of
from skyhub.candidates._verdicts import MOST_ANNOTATIONS, Fault, Verdicts, is_key, noted
from skyhub.confined import Keeper, Message, converse
from skyhub.db import Database
from skyhub.errors import InvalidInput

__all__ = ["BATCH", "annotations_of_all", "judge_function", "require_function"]

BATCH = 256
"""So many alerts are given to a function at a time."""

_LARGEST_ANSWER = 16 * 2**20
_LONGEST_REASON = 2000


@dataclass(frozen=True)
class _Limits:
    """What a function may use for one batch."""

    seconds: float = 10.0
    memory_mb: int = 512


_LIMITS = _Limits()


@cache
def _keeper() -> Keeper:
    """What starts the processes in which functions run: one for all databases, which it knows nothing of."""
    keeper = Keeper(
        "skyhub.candidates._function_worker",
        {},
        lambda: {"seconds": _LIMITS.seconds, "memory_mb": _LIMITS.memory_mb},
        "filters in Python",
        ready=1,
    )
    atexit.register(keeper.close)
    return keeper


def judge_function(db: Database, version: Filter, alerts: pa.Table) -> Verdicts:
    """What a filter in Python makes of alerts, batch by batch.

    Parameters
    ----------
    db, version
        The database, and a version whose language is Python.
    alerts
        Whole rows of ``alerts`` with their context, of its survey.

    Raises
    ------
    InvalidInput
        If the function raises, takes too long, needs too much memory, or returns something else than a verdict for each
        alert.
    """
    passed, rows = _judged(db, version, alerts)
    chosen = np.flatnonzero(passed)
    annotations, faults = noted([rows[place] for place in chosen])
    return Verdicts(passed, annotations, [Fault(int(chosen[f.place]), f.reason) for f in faults])


def annotations_of_all(db: Database, version: Filter, alerts: pa.Table) -> tuple[bool, dict[str, Any]]:
    """Whether one alert passes, and what the function says of it in any case."""
    passed, rows = _judged(db, version, alerts)
    return bool(passed[0]), noted(rows)[0][0]


def require_function(db: Database, version: Filter, sample: pa.Table) -> None:
    """Refuse a filter in Python that is none, fails on a sample of alerts, or looks at more than one alert at a time.

    Raises
    ------
    InvalidInput
        Saying what is wrong with it.
    """
    if version.annotations:
        raise InvalidInput(
            "a function gives annotations itself: let it return a frame with a column 'pass' and one for each of them.",
            "annotations",
        )
    source_of(version.expression)
    straight = _judged(db, version, sample)[0]
    backwards = _judged(db, version, sample.take(np.arange(len(sample))[::-1]))[0][::-1]
    alone = _judged(db, version, sample.slice(0, 1))[0]
    if not (np.array_equal(straight, backwards) and np.array_equal(straight[:1], alone)):
        raise InvalidInput(
            f"filter {version.name!r} says something else of an alert when others come with it: a filter looks at each "
            "alert alone, and must give the same of it at all times.",
            "expression",
        )


def _judged(db: Database, version: Filter, alerts: pa.Table) -> tuple[np.ndarray[Any, np.dtype[np.bool_]], list[Any]]:
    source = source_of(version.expression)
    passed: list[bool] = []
    rows: list[dict[str, Any]] = []
    for begin in range(0, len(alerts), BATCH):
        answer = _run(db, version, source, alerts.slice(begin, BATCH))
        passed += answer["passed"]
        rows += answer["annotations"]
    return np.array(passed, dtype=bool), rows


def _run(db: Database, version: Filter, source: Source, alerts: pa.Table) -> dict[str, Any]:
    seen = seen_by_filters(alerts)
    seen = seen.append_column("age", pc.subtract(seen["mjd"], seen["first_mjd"]))
    parts = [_bytes(seen), _bytes(points_known_to(db, version, alerts)) if source.wants_points else b""]
    header = {
        "source": version.expression,
        "name": source.name,
        "points": source.wants_points,
        "sizes": [len(part) for part in parts],
    }
    keeper = _keeper()
    try:
        return _checked(
            version, converse(keeper, header, b"".join(parts), _LIMITS.seconds, _LARGEST_ANSWER), len(alerts)
        )
    finally:
        threading.Thread(target=keeper.prepare, daemon=True).start()


def _checked(version: Filter, answer: Message | str, n_alerts: int) -> dict[str, Any]:
    """An answer in which nothing is but what may be: who wrote the function may have written the answer."""
    why = answer if isinstance(answer, str) else _what_is_wrong(answer.header, n_alerts)
    if why:
        raise InvalidInput(f"filter {version.name!r} failed: {why[:_LONGEST_REASON]}.", "expression")
    assert isinstance(answer, Message)
    return answer.header


def _what_is_wrong(answer: Any, n_alerts: int) -> str:
    if not isinstance(answer, dict) or answer.get("kind") != "done":
        told = answer.get("why") if isinstance(answer, dict) else None
        return told if isinstance(told, str) and told else "its answer is none"
    passed, rows = answer.get("passed"), answer.get("annotations")
    if not (_is_list(passed, n_alerts, bool) and _is_list(rows, n_alerts, dict)):
        return f"it did not give a verdict for each of {n_alerts} alerts"
    keys = {key for row in rows or () for key in row}
    if len(keys) > MOST_ANNOTATIONS:
        return f"it gave {len(keys)} annotations: {MOST_ANNOTATIONS} are permitted"
    unfit = next((key for key in sorted(keys) if not is_key(key)), None)
    if unfit is not None:
        return f"{unfit[:100]!r} is no key of an annotation: letters, digits and _ are permitted, 100 at most"
    plain = all(isinstance(v, str | int | float | bool) for row in rows or () for v in row.values())
    return "" if plain else "an annotation is neither a number nor a text"


def _is_list(value: Any, length: int, kind: type) -> bool:
    return isinstance(value, list) and len(value) == length and all(isinstance(item, kind) for item in value)


def _bytes(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue().to_pybytes()  # type: ignore[no-any-return]
