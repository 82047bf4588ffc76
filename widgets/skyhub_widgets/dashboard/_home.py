"""Home: the dashboards as cards, and what is new since the last visit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import ipywidgets as widgets

from skyhub_widgets._cards import Cards
from skyhub_widgets._table import RecordTable
from skyhub_widgets.dashboard._columns import FILTER, MAGNITUDE, OBJECT_AND_POSITION, score, time_of
from skyhub_widgets.dashboard._view import Page, heading, note, server_path

__all__ = ["HomeView"]

_NIGHT_COLUMNS: list[dict[str, Any]] = [
    *OBJECT_AND_POSITION,
    time_of("Last detection"),
    FILTER,
    MAGNITUDE,
    score("drb"),
    {"field": "n_detections", "title": "Detections", "kind": "integer"},
    {"field": "filters", "title": "Passed"},
    {"field": "status", "title": "My decision"},
]


class HomeView:
    """The landing page.

    Parameters
    ----------
    page
        The page that the view is on.
    """

    def __init__(self, page: Page) -> None:
        self._page = page
        self._since = widgets.HTML()
        self._cards = Cards()
        self._cards.on_open(page.go)
        self._night = heading("Newest night")
        self._table = RecordTable(
            columns=_NIGHT_COLUMNS,
            id_field="object_id",
            table_key="newest-candidates",
            page_size=10,
            empty_text="No candidates yet: bring alerts in with `skyhub ingest alerts`.",
        )
        self._table.on_click(lambda object_id: page.go("source", object_id=object_id))
        self.box = widgets.VBox([self._since, self._cards, self._night, self._table])
        self._visited = False

    def show(self, params: Mapping[str, str]) -> None:
        """Count what is new and list the newest night."""
        news = self._page.sky.news()
        if not self._visited:
            self._page.sky.transport.post("/api/visits", {})
            self._visited = True
        night = self._page.sky.candidates.queue()
        self._since.value = note(f"New since {news['since'][:16].replace('T', ' ')} UTC")
        self._cards.cards = _cards(news, night)
        self._night.value = heading(f"Newest night: {night['dayobs'] or 'none yet'}").value
        self._table.records = [{**e, "filters": ", ".join(e["filters"])} for e in night["candidates"]]

    def hear(self, event: Mapping[str, Any]) -> None:
        """New candidates, sources and reports change the counts."""
        if event["kind"] in ("candidates", "decision", "report") and self.box.layout.display != "none":
            self.show({})


def _cards(news: Mapping[str, Any], night: Mapping[str, Any]) -> list[dict[str, Any]]:
    waiting = night["counts"].get("unreviewed", 0)
    return [
        {
            "title": "Scan",
            "view": "scan",
            "text": f"Go through the night's candidates with the keyboard; {waiting} wait for you.",
            "badge": _count(news["candidates"], "new candidate"),
        },
        {
            "title": "Alerts",
            "view": "alerts",
            "text": "Any alert by candid, object or place, also those that no filter let through.",
        },
        {
            "title": "Population",
            "view": "population",
            "text": "A night's candidates in linked plots: rise, colour, scores, hosts; what is chosen becomes a list or a queue.",
        },
        {
            "title": "Sources",
            "view": "sources",
            "text": "Search all objects by what is known of them; what your groups have saved.",
            "badge": _count(news["sources"], "new source"),
        },
        {
            "title": "Events",
            "view": "events",
            "text": "Gravitational waves, bursts, neutrinos: their sky maps, and what may be their counterpart.",
        },
        {
            "title": "Plan",
            "view": "plan",
            "text": "The best night on a localization: fields, times and a proven bound, while you change what you wish.",
        },
        {
            "title": "Reports",
            "view": "reports",
            "text": "Notebooks that run each morning or on demand, kept with all that made them.",
            "badge": _count(news["reports"], "new report"),
        },
        {
            "title": "SQL",
            "view": "sql",
            "text": "Ask anything of everything that your groups may see; answers as tables and files.",
        },
        {
            "title": "Library",
            "view": "library",
            "text": "Groups, filters, streams, telescopes, instruments, catalogues and taxonomies.",
        },
        {
            "title": "JupyterLab",
            "href": server_path("lab/tree/tutorials/start.ipynb"),
            "text": "Your own notebooks; the starter notebook shows the way around.",
        },
        {"title": "API", "href": server_path("skyhub/docs"), "text": "What programs can ask of the data service."},
    ]


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'s' if number != 1 else ''}" if number else ""
