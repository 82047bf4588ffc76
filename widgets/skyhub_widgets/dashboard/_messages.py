"""Messages: what the viewer's rules told of, and the way to rules and channels."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

import ipywidgets as widgets

from skyhub_widgets.dashboard._view import Page, button, header, note, row, stack

__all__ = ["MessagesView"]

_SHOWN = 50


class MessagesView:
    """The page of messages, newest first.

    Parameters
    ----------
    page
        The page that the view is on.
    """

    def __init__(self, page: Page) -> None:
        self._page = page
        self._read = button("Mark all as read", self._mark_read)
        self._list = stack()
        rules = button("Rules", lambda: page.go("rules"))
        channels = button("Channels", lambda: page.go("channels"))
        self.box = widgets.VBox([header("Messages", self._read, rules, channels), self._list])

    def show(self, params: Mapping[str, str]) -> None:
        """List the newest messages."""
        rows = self._page.sky.messages.rows(limit=_SHOWN)
        self._read.disabled = all(message["read"] for message in rows)
        nothing = widgets.HTML(note("There are no messages. A rule says of what you want to be told: Rules."))
        self._list.children = tuple(self._entry(message) for message in rows) or (nothing,)

    def hear(self, event: Mapping[str, Any]) -> None:
        """A message has come, or was read elsewhere."""
        if event["kind"] == "messages" and self.box.layout.display != "none":
            self.show({})

    def _mark_read(self) -> None:
        self._page.sky.messages.read()
        self.show({})

    def _entry(self, message: Mapping[str, Any]) -> widgets.Widget:
        title = escape(message["title"])
        text = title if message["read"] else f"<b>{title}</b>"
        came = f"{message['known_at'][:16].replace('T', ' ')} UTC"
        lines = [came, *message["lines"], *map(_way, message["deliveries"])]
        words = widgets.HTML(f"{text}{note(' · '.join(lines))}", layout=widgets.Layout(flex="1 1 260px"))
        if not any(message["params"].values()):
            return row(words)
        return row(words, button("Open", lambda: self._open(message)))

    def _open(self, message: Mapping[str, Any]) -> None:
        self._page.sky.messages.read([message["message_id"]])
        self._page.go(message["view"], **message["params"])


def _way(delivery: Mapping[str, Any]) -> str:
    reason = f" ({delivery['detail']})" if delivery["detail"] else ""
    return f"{delivery['channel']}: {delivery['state']}{reason}"
