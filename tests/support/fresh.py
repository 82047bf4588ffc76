"""New databases of tests: copies of one that was migrated and filled once, wherever migrations are not what is tested."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from skyhub.db import Database, _database
from skyhub.service import _factory, open_database

__all__ = ["copy_new_databases", "migrated"]

_BARE, _FILLED, _REAL = "bare", "filled", "real"
_wanted = ContextVar("wanted", default=_BARE)


def copy_new_databases(patch: pytest.MonkeyPatch, folder: Path) -> Callable[[], object]:
    """From now on a database that is not there yet is a copy, with the tables or what `open_database` puts into them.

    Parameters
    ----------
    patch
        Whose undoing ends it.
    folder
        Where the first ones are made, each when it is needed, or were made by another process.

    Returns
    -------
    Callable
        Makes the first ones, if they are not there: other processes may then be given the folder.
    """
    connect = _database._open

    @cache
    def first(kind: str) -> Path:
        file = folder / kind / "skyhub.duckdb"
        if not file.exists():
            with migrated():
                database = Database(folder / kind) if kind == _BARE else open_database(folder / kind)
                database.close()
        return file

    def copied(path: Path) -> Any:
        if not path.exists() and (kind := _wanted.get()) != _REAL:
            with suppress(OSError):
                shutil.copyfile(first(kind), path)
        return connect(path)

    def filled(data_dir: Path) -> Database:
        with _wanting(_FILLED if _wanted.get() == _BARE else _REAL):
            return Database(data_dir)

    patch.setattr(_database, "_open", copied)
    patch.setattr(_factory, "Database", filled)
    return lambda: [first(kind) for kind in (_BARE, _FILLED)]


@contextmanager
def migrated() -> Iterator[None]:
    """Databases that are opened first in a ``with`` block are migrated and filled, as those of users are."""
    with _wanting(_REAL):
        yield


@contextmanager
def _wanting(kind: str) -> Iterator[None]:
    token = _wanted.set(kind)
    try:
        yield
    finally:
        _wanted.reset(token)
