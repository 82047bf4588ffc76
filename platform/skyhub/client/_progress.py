"""How far a statement is, shown where people see it: in a notebook's cell or on a terminal."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from html import escape
from typing import Any

__all__ = ["ProgressBar"]

_WIDTH = 24


class ProgressBar:
    """A bar with the table that is being read.

    Parameters
    ----------
    wanted
        Whether to show it; by default in notebooks and terminals.
    """

    def __init__(self, wanted: bool | None = None) -> None:
        notebook = _in_notebook()
        self._where = "notebook" if notebook else "terminal" if wanted or sys.stderr.isatty() else ""
        if wanted is False:
            self._where = ""
        self._handle: Any = None
        self._shown = False

    def show(self, job: Mapping[str, Any]) -> None:
        """Show a statement's progress."""
        if self._where == "notebook":
            self._show_html(_html(job))
        elif self._where == "terminal":
            sys.stderr.write(f"\r{_text(job)}\x1b[K")
            sys.stderr.flush()
        self._shown = True

    def close(self) -> None:
        """Leave nothing behind."""
        if not self._shown:
            return
        if self._where == "notebook":
            self._show_html("")
        elif self._where == "terminal":
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()

    def _show_html(self, html: str) -> None:
        from IPython.display import HTML, display

        if self._handle is None:
            self._handle = display(HTML(html), display_id=True)
        else:
            self._handle.update(HTML(html))


def _in_notebook() -> bool:
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    return type(shell).__name__ == "ZMQInteractiveShell"


def _state(job: Mapping[str, Any]) -> str:
    if job["state"] == "waiting":
        return "waiting for other statements"
    rows = f"{job['rows_read']:,} rows read"
    return f"reading {job['reading']}, {rows}" if job["fraction"] < 1 and job["reading"] else f"computing, {rows}"


def _text(job: Mapping[str, Any]) -> str:
    filled = round(_WIDTH * job["fraction"])
    return f"[{'#' * filled}{'.' * (_WIDTH - filled)}] {_state(job)}, {job['seconds']:.0f} s"


def _html(job: Mapping[str, Any]) -> str:
    return (
        f'<progress max="1" value="{job["fraction"]:.3f}" style="width:16em;vertical-align:middle"></progress> '
        f"{escape(_state(job))}, {job['seconds']:.0f} s"
    )
