"""The board as a Panel application: each visit reads with the visitor's own token, and is told of changes as they come."""

from __future__ import annotations

import asyncio
import threading
import time
from contextvars import ContextVar
from typing import Any

import panel

from skyhub.board._html import board_html, trouble_html
from skyhub.board._state import read_board
from skyhub.client import Sky, Transport
from skyhub.errors import NotAuthenticated, SkyhubError

__all__ = ["VISITOR", "Board", "board_page"]

VISITOR: ContextVar[str] = ContextVar("VISITOR")
"""The token of who asks for a page, while it is made."""

_LOOK_SECONDS = 1.0
_AT_LEAST_EVERY = 10.0
_LOG_IN = "Who looked here is logged out: reload the page to log in again."
_FILL = {"sizing_mode": "stretch_width", "margin": 0}


class Board:
    """One visit.

    Parameters
    ----------
    sky
        A connection with the visitor's rights.
    """

    def __init__(self, sky: Sky) -> None:
        self._sky = sky
        self._changed = threading.Event()
        self._changed.set()
        self._read_at = 0.0
        self._ended = False
        self.pane = panel.pane.HTML("", **_FILL)

    async def refresh(self) -> None:
        """Read anew if something has changed, and every ten seconds."""
        if self._ended or not (self._changed.is_set() or time.monotonic() - self._read_at > _AT_LEAST_EVERY):
            return
        self._changed.clear()
        self._read_at = time.monotonic()
        self.pane.object = await asyncio.to_thread(self._shown)

    def follow(self) -> None:
        """Hear of changes until closed."""
        self._sky.changes.subscribe(lambda change: self._changed.set())

    def close(self) -> None:
        """End it."""
        self._ended = True
        self._sky.close()

    def _shown(self) -> str:
        try:
            return board_html(read_board(self._sky))
        except NotAuthenticated:
            self.close()
            return trouble_html(_LOG_IN)
        except SkyhubError as error:
            return trouble_html(error.message)


def board_page(data_url: str) -> Any:
    """What Panel makes a page of at each visit.

    Parameters
    ----------
    data_url
        Base URL of the data service.
    """

    def page() -> Any:
        board = Board(Sky(Transport(data_url, VISITOR.get())))
        board.follow()
        panel.state.onload(board.refresh)
        panel.state.add_periodic_callback(board.refresh, period=int(_LOOK_SECONDS * 1000))  # type: ignore[arg-type]
        panel.state.on_session_destroyed(lambda context: board.close())
        return board.pane

    return page
