"""The process in which a filter in Python runs: it has a batch of alerts, and can do nothing but compute.

A *keeper* imports what functions may use. For each batch it forks a worker, which gives up files, network, processes and
threads before it reads what the function is. Its answer is JSON: nothing else that it sends is understood.
"""

from __future__ import annotations

import gc
import importlib
import json
import math
import os
import traceback
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from skyhub.confined import Wire, confine_to_computing, keep

__all__ = ["main"]

_USED = (
    "scipy.stats", "scipy.special", "scipy.optimize", "scipy.interpolate", "scipy.signal", "scipy.ndimage", "scipy.spatial",
    "scipy.linalg", "scipy.integrate", "scipy.fft", "numpy.linalg", "numpy.fft", "numpy.random", "numpy.polynomial",
    "pyarrow.compute", "bisect", "cmath", "dataclasses", "datetime", "decimal", "fractions", "heapq", "statistics", "typing",
)  # fmt: skip
_FILE = "filter"
_MEGABYTE = 2**20
_NICE = 5


class _Unfit(Exception):
    """What a function returned is no answer."""


def main() -> None:
    """Keep: get ready, then fork a worker for each batch."""
    keep(_ready)


def _ready(first: Mapping[str, Any]) -> Callable[[Wire, Mapping[str, Any]], None]:
    for name in _USED:
        importlib.import_module(name)
    _rehearse()
    gc.collect()
    gc.freeze()
    return _work


def _rehearse() -> None:
    """Do what functions do, so that nothing has to be read from files later."""
    frame = pd.DataFrame({"a": [1.0, 2.0, np.nan], "b": ["x", "y", "x"], "c": [1, 2, 3]})
    grouped = frame.groupby("b")["a"]
    grouped.agg(["min", "max", "mean", "median", "std", "count", "first", "last"])
    grouped.rank()
    frame.merge(frame, on="b").sort_values("a_x").pivot_table(index="b", values="a_x")
    frame["b"].str.startswith("x")
    frame["b"].map({"x": 1}).fillna(0).rolling(2).mean()
    frame.query("c > 1")
    frame.apply(lambda row: row["c"] > 1, axis=1)
    _answer(pd.DataFrame({"pass": frame["c"] > 1, "a": frame["a"]}), frame)
    _frame(pa.table({"a": [1], "b": ["x"]}))
    np.polyfit([0.0, 1.0, 2.0], [1.0, 2.0, 4.0], 1)
    np.percentile([1.0, 2.0], 50)
    try:
        raise ValueError
    except ValueError as error:
        _told(error)


def _work(wire: Wire, told: Mapping[str, Any]) -> None:
    os.environ.clear()
    os.nice(_NICE)
    try:
        confine_to_computing(int(told["memory_mb"]) * _MEGABYTE, math.ceil(told["seconds"]) + 1)
        message = wire.receive()
        if message is None:
            return
        alerts, points = _tables(message.payload, message.header["sizes"])
        function = _function(message.header["source"], message.header["name"])
        returned = function(alerts.copy(), points) if message.header["points"] else function(alerts.copy())
        answer = {"kind": "done", **_answer(returned, alerts)}
        json.dumps(answer)
    except _Unfit as error:
        answer = {"kind": "refused", "why": str(error)}
    except MemoryError:
        answer = {"kind": "refused", "why": "it needed more memory than is permitted"}
    except BaseException as error:  # whatever it raises is its author's to mend
        answer = {"kind": "refused", "why": _told(error)}
    wire.send(answer)


def _tables(payload: bytes, sizes: list[int]) -> tuple[pd.DataFrame, pd.DataFrame]:
    middle, end = sizes[0], sizes[0] + sizes[1]
    return _frame(_table(payload[:middle])), _frame(_table(payload[middle:end]))


def _table(content: bytes) -> pa.Table:
    if not content:
        return pa.table({})
    options = pa.ipc.IpcReadOptions(use_threads=False)
    with pa.ipc.open_stream(content, options=options) as reader:
        return reader.read_all()


def _frame(table: pa.Table) -> pd.DataFrame:
    frame: pd.DataFrame = table.to_pandas(use_threads=False, types_mapper={pa.bool_(): pd.BooleanDtype()}.get)
    return frame


def _function(source: str, name: str) -> Callable[..., Any]:
    names: dict[str, Any] = {"__name__": _FILE, "np": np, "pd": pd}
    exec(compile(source, _FILE, "exec"), names)
    function: Callable[..., Any] = names[name]
    return function


def _answer(returned: Any, alerts: pd.DataFrame) -> dict[str, Any]:
    """Verdicts and annotations of each alert, in JSON."""
    if isinstance(returned, pa.Table | pa.RecordBatch):
        returned = returned.to_pandas(use_threads=False)
    if isinstance(returned, pd.DataFrame | pd.Series) and not returned.index.equals(alerts.index):
        raise _Unfit(
            f"it returned {len(returned)} rows of {len(alerts)}, or in another order: one for each alert, in their order "
            "and with their index, is permitted"
        )
    if not isinstance(returned, pd.DataFrame):
        return {"passed": _mask(returned, len(alerts)), "annotations": [{}] * len(alerts)}
    if "pass" not in returned.columns:
        raise _Unfit(f"the frame that it returned has no column 'pass': it has {', '.join(map(str, returned.columns))}")
    values = {
        str(key): [_plain(value) for value in returned[key].tolist()] for key in returned.columns if key != "pass"
    }
    rows = [{key: column[n] for key, column in values.items() if column[n] is not None} for n in range(len(alerts))]
    return {"passed": _mask(returned["pass"], len(alerts)), "annotations": rows}


def _mask(returned: Any, n_alerts: int) -> list[bool]:
    if isinstance(returned, pd.Series):
        returned = returned.fillna(False).astype(object) if returned.dtype == object or returned.hasnans else returned
    found = returned.to_pylist() if isinstance(returned, pa.Array | pa.ChunkedArray) else np.asarray(returned).tolist()
    if not isinstance(found, list):
        raise _Unfit(
            f"it returned a {type(returned).__name__}: a mask of {n_alerts} booleans, or a frame, is permitted"
        )
    if len(found) != n_alerts:
        raise _Unfit(f"it returned {len(found)} values for {n_alerts} alerts: one for each is permitted")
    for value in found:
        if not (value is None or isinstance(value, bool)):
            raise _Unfit(f"it returned {value!r:.60} for an alert: true and false are permitted")
    return [bool(value) for value in found]


def _plain(value: Any) -> Any:
    if value is None or value is pd.NA or value is pd.NaT:
        return None
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, bool | int | str):
        return value
    return value.isoformat() if isinstance(value, date | datetime) else str(value)


def _told(error: BaseException) -> str:
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == _FILE]
    where = f" at line {lines[-1]}" if lines else ""
    return f"{type(error).__name__}{where}: {str(error)[:1000]}"
