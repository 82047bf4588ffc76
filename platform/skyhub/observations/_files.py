"""Files with logs of observations: tables in any form that photometry has, and JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from skyhub.errors import InvalidInput
from skyhub.photometry import photometry_files, read_photometry_file

__all__ = ["observation_files", "read_observation_file"]

_LISTS = ("observations", "executed_observations", "pointings", "rows", "data")


def observation_files(paths: Sequence[Path]) -> Iterator[Path]:
    """Files that are named, and those in directories whose names end as logs do.

    Raises
    ------
    InvalidInput
        If there is nothing at a path.
    """
    for path in paths:
        found = set(photometry_files([path]))
        if path.is_dir():
            found |= {p for p in path.rglob("*.json") if p.is_file()}
        yield from sorted(found)


def read_observation_file(path: Path) -> pa.Table:
    """The table in a file: CSV, ECSV, VOTable, FITS, Parquet, Arrow, or JSON with a list of objects.

    Raises
    ------
    InvalidInput
        If it holds no table.
    """
    try:
        with path.open("rb") as file:
            is_json = file.read(64).lstrip(b"\xef\xbb\xbf \r\n\t")[:1] in (b"[", b"{")
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read: {error.strerror or error}.", str(path)) from error
    return _from_json(path) if is_json else read_photometry_file(path)


def _from_json(path: Path) -> pa.Table:
    try:
        document = json.loads(path.read_text(encoding="utf-8-sig"))
    except ValueError as error:
        raise InvalidInput(f"{path.name} is no JSON: {error}", str(path)) from error
    rows = document
    if isinstance(document, dict):
        rows = next((document[name] for name in _LISTS if isinstance(document.get(name), list)), None)
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        raise InvalidInput(
            f"{path.name} has no list of observations: give [{{...}}] or one under observations.", str(path)
        )
    return _table_of_rows(rows, path)


def _table_of_rows(rows: list[dict[str, Any]], path: Path) -> pa.Table:
    names = list(dict.fromkeys(name for row in rows for name in row))
    try:
        return pa.table({name: pa.array([row.get(name) for row in rows]) for name in names})
    except pa.ArrowException as error:
        raise InvalidInput(f"{path.name} has values of several types in a column: {error}", str(path)) from error
