"""Work that goes on until it is told to stop, whatever goes wrong with it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from skyhub.errors import SkyhubError, Unavailable

__all__ = ["repeat"]

_log = logging.getLogger(__name__)


def repeat(
    turn: Callable[[], object], stop: threading.Event, pause: float, rest: Callable[[float], object] | None = None
) -> None:
    """Do something again and again until told to stop: at once if there was something to do, else after a pause.

    A data service that is away is waited for.

    Parameters
    ----------
    turn
        What is done; it gives None if there was nothing to do.
    stop
        Set to end.
    pause
        How long to wait (s).
    rest
        Waits so long, or until there may be something to do; by default until told to stop.
    """
    while not stop.is_set():
        try:
            if turn() is not None:
                continue
            if rest is not None:
                rest(pause)
                continue
        except Unavailable as error:
            _log.info("%s", error)
        except SkyhubError:
            _log.exception("it goes on after an error")
        stop.wait(pause)
