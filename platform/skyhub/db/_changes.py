"""The journal of changes, and the live feed of those just committed."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

__all__ = ["Change", "ChangeFeed"]

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Change:
    """One entry of the journal: ``seq`` grows by one, ``acl`` says who may hear of it."""

    seq: int
    kind: str
    payload: dict[str, Any]
    acl: int
    known_at: datetime
    injection_id: int | None = None
    """To which injection a decision belongs."""

    def row(self) -> dict[str, Any]:
        """As a row of the ``changes`` table."""
        row = {"seq": self.seq, "kind": self.kind, "payload": json.dumps(self.payload), "acl": self.acl}
        return row | {"injection_id": self.injection_id}

    def document(self) -> dict[str, Any]:
        """As listeners receive it."""
        return {"seq": self.seq, "kind": self.kind, **self.payload}


Listener = Callable[[Sequence[Change]], None]


class ChangeFeed:
    """Hands each group of committed changes to all listeners, in the writer's thread."""

    def __init__(self) -> None:
        self._listeners: list[Listener] = []
        self._lock = threading.Lock()

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Add a listener, which must not block; call what is returned to remove it."""
        with self._lock:
            self._listeners.append(listener)

        def stop() -> None:
            with self._lock:
                self._listeners.remove(listener)

        return stop

    def publish(self, changes: Sequence[Change]) -> None:
        """Tell all listeners."""
        if not changes:
            return
        with self._lock:
            listeners = list(self._listeners)
        for listener in listeners:
            try:
                listener(changes)
            except Exception:  # the changes are committed; a listener's trouble is its own
                _log.exception("a listener failed on changes %d to %d", changes[0].seq, changes[-1].seq)
