"""Work that goes on until it is told to stop, whatever goes wrong with it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from skyhub.errors import SkyhubError, Unavailable

__all__ = ["repeat"]

_log = logging.getLogger(__name__)


def repeat(turn: Callable[[], object], stop: threading.Event, pause: float) -> None:
    """Do something again and again, with a pause between (s); a data service that is away is waited for."""
    while not stop.is_set():
        try:
            turn()
        except Unavailable as error:
            _log.info("%s", error)
        except SkyhubError:
            _log.exception("it goes on after an error")
        stop.wait(pause)
