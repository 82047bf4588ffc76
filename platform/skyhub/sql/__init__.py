"""SQL over everything that the caller may see."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from skyhub.sql._run import SqlResult, run_sql

__all__ = ["SqlResult", "run_sql"]


def __getattr__(name: str) -> Any:
    """Import at first use: the workers import parts of this package, and nothing of the service."""
    if name in __all__:
        from skyhub.sql import _run

        return getattr(_run, name)
    raise AttributeError(f"module 'skyhub.sql' has no attribute {name!r}")
