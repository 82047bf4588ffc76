"""SQL: the workbench as a view of the page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import ipywidgets as widgets

from skyhub_widgets._sql import SqlWorkbench
from skyhub_widgets.dashboard._view import Page, heading

__all__ = ["SqlView"]

_FIRST = """SELECT object_id, filter, count(mag) AS detections, min(mag) AS peak
FROM photometry
GROUP BY ALL
ORDER BY peak
LIMIT 100"""


class SqlView:
    """Statements over everything that the viewer may see.

    Parameters
    ----------
    page
        The page that the view is on.
    """

    def __init__(self, page: Page) -> None:
        self._workbench = SqlWorkbench(page.sky, _FIRST)
        self.box = widgets.VBox([heading("SQL"), self._workbench], layout=widgets.Layout(overflow="visible"))

    def show(self, params: Mapping[str, str]) -> None:
        """Put the statement of the address into the editor; it runs when the viewer says so."""
        if statement := params.get("statement"):
            self._workbench.pad.statement = statement

    def hear(self, event: Mapping[str, Any]) -> None:
        """A table may have been kept, shared or dropped."""
        if event["kind"] == "user_tables":
            self._workbench.refresh()
