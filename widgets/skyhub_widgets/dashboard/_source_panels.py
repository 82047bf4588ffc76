"""What unfolds below an object's name: deeds of the team, then finding, observability, other places, its history."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import ipywidgets as widgets
from skyhub.science.coordinates import Position

from skyhub_widgets._static import html_table, text_of
from skyhub_widgets.dashboard._panels import Panels
from skyhub_widgets.dashboard._request_panel import RequestPanel
from skyhub_widgets.dashboard._source_finding import finding_panel
from skyhub_widgets.dashboard._source_links import links_html
from skyhub_widgets.dashboard._source_observability import observability_panel
from skyhub_widgets.dashboard._source_positions import positions_html
from skyhub_widgets.dashboard._source_similar import similar_panel
from skyhub_widgets.dashboard._source_team import TeamPanels
from skyhub_widgets.dashboard._view import Page, note

__all__ = ["SourcePanels"]

_NEWEST = 200
_LONGEST = 160


class SourcePanels(widgets.VBox):
    """The panels of the object that is shown.

    Parameters
    ----------
    page
        The page.
    done
        Called when a panel has stored something.
    """

    def __init__(self, page: Page, done: Callable[[], object]) -> None:
        self._page = page
        self._record: Mapping[str, Any] = {}
        self._followup: RequestPanel | None = None
        self._team = TeamPanels(page, lambda: self._record, done)
        about = {
            "Finding chart": lambda: finding_panel(page, self._record["object_id"]),
            "Observability": lambda: observability_panel(page, self._record["object_id"]),
            "Follow-up": self._follow_up,
            "Similar": lambda: similar_panel(page, self._record["object_id"]),
            "Positions": lambda: widgets.HTML(
                positions_html(self._record["alerts"], Position(self._record["ra"], self._record["dec"]))
            ),
            "Elsewhere": lambda: widgets.HTML(links_html(self._record)),
            "History": self._history,
        }
        self.panels = Panels({**self._team.makers(), **about})
        super().__init__([self.panels], layout=widgets.Layout(overflow="visible"))

    def show(self, record: Mapping[str, Any]) -> None:
        """Another object: all panels are folded; the same one with news: they tell the news, what was typed stays."""
        same = record["object_id"] == self._record.get("object_id")
        self._record = record
        if same:
            self._team.refresh()
            if self._followup is not None:
                self._followup.refresh()
            self.panels.renew("Positions", "Elsewhere", "History")
        else:
            self._team.forget()
            self._followup = None
            self.panels.reset()

    def _follow_up(self) -> widgets.Widget:
        self._followup = RequestPanel(self._page, {"object_id": self._record["object_id"]})
        return self._followup

    def _history(self) -> widgets.Widget:
        """Everything that was written of the object, newest first."""
        rows = self._page.sky.history(self._record["object_id"]).to_rows()[::-1]
        listed = [
            [_time(r), f"{r['table'].replace('_', ' ')} {r['action']}", text_of(r["who"]), _told(r)]
            for r in rows[:_NEWEST]
        ]
        more = note(f"The newest {_NEWEST} of {len(rows)} are listed.") if len(rows) > _NEWEST else ""
        table = html_table(["known at (UTC)", "what", "by", ""], listed)
        return widgets.HTML(f'<div style="max-height:360px;overflow:auto">{table}</div>{more}')


def _time(row: Mapping[str, Any]) -> str:
    return str(row["at"])[:19].replace("T", " ")


def _told(row: Mapping[str, Any]) -> str:
    """What was said, or what changed: short values by name."""
    after = json.loads(row["after"]) if isinstance(row["after"], str) else row["after"] or {}
    told = "; ".join(f"{name} {value}" for name, value in after.items() if isinstance(value, str | int | float))
    return told if len(told) <= _LONGEST else f"{told[:_LONGEST]}…"
