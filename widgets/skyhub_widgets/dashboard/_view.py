"""What every view of the dashboard is made of."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from html import escape
from pathlib import Path
from typing import Any, Protocol

import ipywidgets as widgets
from skyhub.client import Sky

__all__ = [
    "Page",
    "View",
    "alert",
    "button",
    "header",
    "heading",
    "home_folder",
    "hub_path",
    "may",
    "note",
    "row",
    "server_path",
    "stack",
]


class Page(Protocol):
    """What a view may ask of the page that it is on."""

    sky: Sky
    me: dict[str, Any]
    """The viewer: name, groups, scopes."""

    def go(self, view: str, **params: Any) -> None:
        """Change to a view."""

    def keep(self, view: str, **params: Any) -> None:
        """Let the address say what a view shows by now."""

    def in_main(self, function: Callable[..., object], *args: Any) -> None:
        """Call in the kernel's main thread."""


class View(Protocol):
    """A view: built at its first visit, told of each visit and of live changes."""

    box: widgets.Widget

    def show(self, params: Mapping[str, str]) -> None:
        """Bring the view up to date; `params` come from the page's address."""

    def hear(self, event: Mapping[str, Any]) -> None:
        """A live change, in the main thread."""


def may(page: Page, scope: str) -> bool:
    """Whether the viewer may do what a scope is for; administrators may do everything."""
    return bool({scope, "administer"} & set(page.me["scopes"]))


def heading(text: str) -> widgets.HTML:
    """A heading of a view."""
    return widgets.HTML(f'<h2 style="margin:12px 0 6px;font-size:20px;line-height:1.25">{escape(text)}</h2>')


def header(text: str, *buttons: widgets.Widget) -> widgets.HBox:
    """A heading with buttons beside it."""
    for made in buttons:
        made.layout.align_self = "center"
    return row(heading(text), *buttons)


def row(*children: widgets.Widget) -> widgets.HBox:
    """Widgets side by side, in further lines where the window is narrow."""
    return widgets.HBox(children, layout=widgets.Layout(align_items="center", flex_flow="row wrap", grid_gap="8px"))


def stack(*children: widgets.Widget) -> widgets.VBox:
    """Widgets one below the other, with space between them."""
    return widgets.VBox(children, layout=widgets.Layout(grid_gap="8px"))


def note(text: str) -> str:
    """HTML of a quiet line of text."""
    return f'<p style="color:var(--skyhub-text-muted, #54616f);margin:4px 0">{escape(text)}</p>'


def alert(text: str) -> str:
    """HTML of what went wrong."""
    return f'<p role="alert" style="color:var(--skyhub-bad, #b3261e);margin:4px 0">{escape(text)}</p>'


def button(text: str, pressed: Callable[[], object]) -> widgets.Button:
    """A button as wide as its text."""
    made = widgets.Button(description=text, layout=widgets.Layout(width="auto", align_self="flex-start"))
    made.on_click(lambda _: pressed())
    return made


def home_folder() -> Path:
    """The folder that the viewer's JupyterLab shows; dashboards lie in one of its own."""
    return Path(os.environ.get("JUPYTERHUB_ROOT_DIR") or Path.cwd().parent)


def hub_path(path: str) -> str:
    """An address on the hub."""
    return os.environ.get("JUPYTERHUB_BASE_URL", "/") + path


def server_path(path: str) -> str:
    """An address on the viewer's own server."""
    return os.environ.get("JUPYTERHUB_SERVICE_PREFIX", "/") + path
