"""SQL over everything that the caller may see, and tables that users keep."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from skyhub.sql._catalog import catalog_of
    from skyhub.sql._desk import desk_of
    from skyhub.sql._job import SqlResult, Statement
    from skyhub.sql._run import run_sql
    from skyhub.sql._user_tables import drop_table, save_table, share_table, user_tables

__all__ = [
    "SqlResult",
    "Statement",
    "catalog_of",
    "desk_of",
    "drop_table",
    "run_sql",
    "save_table",
    "share_table",
    "user_tables",
]

_HOMES = {
    "_catalog": ("catalog_of",),
    "_desk": ("desk_of",),
    "_job": ("SqlResult", "Statement"),
    "_run": ("run_sql",),
    "_user_tables": ("drop_table", "save_table", "share_table", "user_tables"),
}


def __getattr__(name: str) -> Any:
    """Import at first use: the workers import parts of this package, and nothing of the service."""
    for module, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f"skyhub.sql.{module}"), name)
    raise AttributeError(f"module 'skyhub.sql' has no attribute {name!r}")
