"""The page: the bar, the views, and the address that says which is shown."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl

import ipywidgets as widgets
import skyhub
from skyhub.client import Sky
from skyhub.errors import SkyhubError

from skyhub_widgets._loop import MainLoop
from skyhub_widgets._navbar import LINKS, NavBar
from skyhub_widgets.dashboard._alerts import AlertsView
from skyhub_widgets.dashboard._circulars import CircularsView
from skyhub_widgets.dashboard._events import EventsView
from skyhub_widgets.dashboard._filters import FiltersView
from skyhub_widgets.dashboard._groups import GroupsView
from skyhub_widgets.dashboard._home import HomeView
from skyhub_widgets.dashboard._injections import InjectionsView
from skyhub_widgets.dashboard._library import LIBRARY_VIEWS
from skyhub_widgets.dashboard._messages import MessagesView
from skyhub_widgets.dashboard._notebook import NotebookView
from skyhub_widgets.dashboard._observability import ObservabilityView
from skyhub_widgets.dashboard._plan import PlanView
from skyhub_widgets.dashboard._population import PopulationView
from skyhub_widgets.dashboard._reports import ReportsView
from skyhub_widgets.dashboard._scan import ScanView
from skyhub_widgets.dashboard._source import SourceView
from skyhub_widgets.dashboard._sources import SourcesView
from skyhub_widgets.dashboard._sql import SqlView
from skyhub_widgets.dashboard._streams import StreamsView
from skyhub_widgets.dashboard._together import together
from skyhub_widgets.dashboard._view import View, note, server_path

__all__ = ["Dashboard"]

VIEWS: dict[str, Callable[[Any], View]] = {
    "home": HomeView,
    "scan": ScanView,
    "alerts": AlertsView,
    "population": PopulationView,
    "sources": SourcesView,
    "source": SourceView,
    "events": EventsView,
    "plan": PlanView,
    "observability": ObservabilityView,
    "reports": ReportsView,
    "circulars": CircularsView,
    "sql": SqlView,
    "groups": GroupsView,
    "filters": FiltersView,
    "injections": InjectionsView,
    "streams": StreamsView,
    "messages": MessagesView,
    "notebook": NotebookView,
    **LIBRARY_VIEWS,
}


BELONGS: dict[str, tuple[str, ...]] = {
    "home": ("messages",),
    "sources": ("source",),
    "plan": ("observability",),
    "reports": ("circulars",),
    "library": ("groups", "filters", "injections", "streams", *LIBRARY_VIEWS),
}
"""Views that the bar shows as part of another one."""


class Dashboard(widgets.VBox):
    """All dashboards of one viewer as views of one page.

    Parameters
    ----------
    sky
        The viewer's connection; `skyhub.connect` by default.

    Notes
    -----
    A view is built when it is first visited and kept, so that coming back takes no time. The address
    (``?view=scan``) leads straight to a view, and back and forward work.
    """

    me: dict[str, Any]

    def __init__(self, sky: Sky | None = None) -> None:
        self.sky = sky or skyhub.connect()
        self.me, unread = together(self.sky.me, self.sky.messages.unread)
        self._main = MainLoop()
        self._views: dict[str, View] = {}
        self._trouble = widgets.HTML()
        query = dict(parse_qsl(os.environ.get("QUERY_STRING", "")))
        view = query.pop("view", "home")
        self.nav = NavBar(
            self.sky.find,
            user=self.me["name"],
            location={"view": view if view in VIEWS else "home", "params": query},
            links=_links(view, query),
            unread=unread,
        )
        self.children: tuple[widgets.Widget, ...]
        super().__init__([self.nav, self._trouble], layout=widgets.Layout(overflow="visible"))
        self.nav.observe(self._moved, "location")
        self.sky.changes.subscribe(lambda event: self.in_main(self._heard, event))
        self._moved({"new": self.nav.location})

    def go(self, view: str, **params: Any) -> None:
        """Change to a view; parameters become part of the address."""
        self.nav.go(view, **params)

    def keep(self, view: str, **params: Any) -> None:
        """Let the address say what a view shows by now, without a step in its history."""
        if self.nav.location["view"] == view:
            self.nav.keep(view, **params)

    def in_main(self, function: Callable[..., object], *args: Any) -> None:
        """Call in the kernel's main thread."""
        self._main.call(function, *args)

    def _moved(self, change: Mapping[str, Any]) -> None:
        location = change["new"]
        if location.get("kept"):
            return
        if location["view"] != "notebook":
            self.nav.links = _links(location["view"], location.get("params", {}))
        name = location["view"] if location["view"] in VIEWS else "home"
        try:
            shown = self._view(name)
            for view in self._views.values():
                view.box.layout.display = None if view is shown else "none"
            shown.show(location.get("params", {}))
            self._trouble.value = ""
        except SkyhubError as error:
            self._trouble.value = note(error.message)

    def _view(self, name: str) -> View:
        if name not in self._views:
            self._views[name] = VIEWS[name](self)
            self.children = (*self.children, self._views[name].box)
        return self._views[name]

    def _heard(self, event: Mapping[str, Any]) -> None:
        if event["kind"] == "connection":
            self.nav.connection = "online" if event["connected"] else "offline"
        if event["kind"] == "messages":
            self.nav.unread = self.sky.messages.unread()
        for view in self._views.values():
            view.hear(event)


def _links(view: str, params: Mapping[str, str]) -> list[dict[str, Any]]:
    """The links of the bar in a view: one leads to its notebook, one out of the page."""
    notebook = {"id": "notebook", "label": "Notebook", "params": {"of": view, **params}}
    lab = {"id": "lab", "label": "JupyterLab", "href": server_path("lab")}
    return [*({**link, "views": list(BELONGS.get(link["id"], ()))} for link in LINKS), notebook, lab]
