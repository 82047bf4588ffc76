"""The bar that is the same on every page: links, the box that finds an object, theme, connection."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from html import escape
from typing import Any, ClassVar

import traitlets as t

from skyhub_widgets._base import SkyhubWidget
from skyhub_widgets._loop import MainLoop
from skyhub_widgets._static import StaticHtml

__all__ = ["NavBar"]

Found = Sequence[Mapping[str, Any]]

LINKS = [
    {"id": "home", "label": "Home"},
    {"id": "scan", "label": "Scan"},
    {"id": "alerts", "label": "Alerts"},
    {"id": "population", "label": "Population"},
    {"id": "sources", "label": "Sources"},
    {"id": "events", "label": "Events"},
    {"id": "plan", "label": "Plan"},
    {"id": "reports", "label": "Reports"},
    {"id": "sql", "label": "SQL"},
    {"id": "library", "label": "Library"},
]


def _location(view: str, /, **params: Any) -> dict[str, Any]:
    return {"view": view, "params": {name: str(value) for name, value in params.items() if value not in (None, "")}}


class NavBar(SkyhubWidget):
    """Navigation between the views of one page, in step with the browser's address.

    Parameters
    ----------
    find
        Called as ``find(text)`` in a worker thread when the viewer looks for a name or a position; returns records
        with ``object_id``, ``ra``, ``dec`` (ICRS, degrees) and ``separation_arcsec`` (None for a match by name).
    **traits
        Any of the attributes below.

    Attributes
    ----------
    product
        Name at the left; it leads home.
    links
        Records with ``id`` and ``label``; with an ``href`` they leave the page, else they change the view, with their
        ``params`` if they have some. ``views`` names further views that belong to a link: it is marked as the
        current one in them too.
    location
        ``view`` and ``params`` (texts by name). Changes with the links, the address, back and forward; assigning it
        changes the address. The dashboard observes it and shows the view. With ``kept`` the view shows it already: the
        address says so without a step in its history.
    home
        The location that the product's name leads to, and that an address without a view means.
    source_view
        The view that shows an object that was found.
    user
        Name of the viewer.
    unread
        How many messages the viewer has not read; the bell leads to the view ``messages``. None: there is no bell.
    connection
        ``online``, ``connecting`` or ``offline``: the data service as the kernel sees it.
    """

    module = "navbar"
    user_api: ClassVar[list[str]] = [
        "product", "links", "location", "home", "source_view", "user", "unread", "connection", "go", "keep", "on_choose",
        "static", "observe", "close",
    ]  # fmt: skip

    product = t.Unicode("skyhub").tag(sync=True)
    links = t.List(t.Dict(), default_value=LINKS).tag(sync=True)
    location = t.Dict(default_value=_location("home")).tag(sync=True)
    home = t.Dict(default_value=_location("home")).tag(sync=True)
    source_view = t.Unicode("source").tag(sync=True)
    user = t.Unicode("").tag(sync=True)
    unread = t.Int(None, allow_none=True).tag(sync=True)
    connection = t.Enum(["online", "connecting", "offline"], default_value="online").tag(sync=True)

    def __init__(self, find: Callable[[str], Found] | None = None, **traits: Any) -> None:
        self._find = find
        self._main = MainLoop()
        self._pool: ThreadPoolExecutor | None = None
        self._choose_callbacks: list[Callable[[str], object]] = []
        super().__init__(**traits)
        self._step = self.location
        self.observe(self._stepped, "location")
        self.on_msg(self._received)

    @t.validate("location", "home")
    def _check_location(self, proposal: dict[str, Any]) -> dict[str, Any]:
        value = proposal["value"]
        if not isinstance(value.get("view"), str) or not isinstance(value.get("params", {}), dict):
            raise t.TraitError(
                f"The location {value!r} was given; it needs 'view' (a text) and 'params' (texts by name)."
            )
        location = _location(value["view"], **value.get("params", {}))
        return location | ({"kept": value["kept"]} if value.get("kept") else {})

    def go(self, view: str, **params: Any) -> None:
        """Change to a view; parameters become part of the address."""
        self.location = _location(view, **params)

    def keep(self, view: str, **params: Any) -> None:
        """Let the address say what a view shows by now, so that it can be shared; back leads to the view before.

        Where the browser has gone on meanwhile, its address stays.
        """
        self.location = {**_location(view, **params), "kept": self._step}

    def on_choose(self, callback: Callable[[str], object]) -> None:
        """Call ``callback(object_id)`` when the viewer chooses an object that was found."""
        self._choose_callbacks.append(callback)

    def static(self) -> StaticHtml:
        """The links as HTML; a report has no views, so only those with an address."""
        items = "".join(
            f'<li><a href="{escape(link["href"])}">{escape(link["label"])}</a></li>'
            for link in self.links
            if link.get("href")
        )
        return StaticHtml(f'<nav class="skyhub-static"><b>{escape(self.product)}</b><ul>{items}</ul></nav>')

    def close(self) -> None:
        """Remove the bar and end its thread."""
        if self._pool:
            self._pool.shutdown(wait=False, cancel_futures=True)
        super().close()

    def _stepped(self, change: dict[str, Any]) -> None:
        if "kept" not in change["new"]:
            self._step = change["new"]

    def _received(self, widget: object, content: dict[str, Any], buffers: object) -> None:
        if content.get("type") == "find":
            self._pool = self._pool or ThreadPoolExecutor(1, thread_name_prefix="skyhub-find")
            self._pool.submit(self._search, str(content["text"]))
        elif content.get("type") == "choose":
            for callback in self._choose_callbacks:
                callback(str(content["object_id"]))

    def _search(self, text: str) -> None:
        results: list[dict[str, Any]] = []
        message = f"Nothing is known as {text!r}." if self._find else "This page has no search."
        try:
            results = [dict(record) for record in self._find(text)] if self._find else []
        except Exception as error:
            message = str(error) or type(error).__name__
        self._main.call(self._post, {"type": "found", "text": text, "results": results, "message": message})
