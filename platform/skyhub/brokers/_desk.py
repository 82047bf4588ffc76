"""The brokers that are declared in the settings, opened when they are first asked; what they gave is kept for a minute."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

from skyhub.adapters.brokers import Broker, open_broker
from skyhub.config import Brokers, load_settings
from skyhub.db import Database
from skyhub.errors import NotFound

__all__ = ["BrokerDesk"]

_KEPT_SECONDS = 60.0
_MOST_KEPT = 64


class BrokerDesk:
    """Brokers by name; one for each database.

    Parameters
    ----------
    db
        With whose end the connections are closed.
    """

    def __init__(self, db: Database) -> None:
        self.settings: Brokers = load_settings().brokers
        self._open: dict[str, Broker] = {}
        self._kept: OrderedDict[tuple[str, str], tuple[float, Mapping[str, Any]]] = OrderedDict()
        self._lock = threading.Lock()
        db.resources.callback(self.close)

    def broker(self, name: str) -> Broker:
        """The broker of a name. Raises `NotFound` if none of this name is declared."""
        if name not in self.settings:
            known = ", ".join(self.settings) or "none"
            raise NotFound(f"there is no broker {name!r}: {known} are declared in the settings.", name)
        with self._lock:
            if name not in self._open:
                self._open[name] = open_broker(name, self.settings[name])
            return self._open[name]

    def packet(self, name: str, object_id: str) -> Mapping[str, Any]:
        """An object as the broker has it, or had it less than a minute ago."""
        broker, key, now = self.broker(name), (name, object_id), time.monotonic()
        with self._lock:
            at, packet = self._kept.get(key, (-_KEPT_SECONDS, {}))
        if packet and now - at < _KEPT_SECONDS:
            return packet
        packet = broker.fetch(object_id)
        with self._lock:
            self._kept[key] = (now, packet)
            while len(self._kept) > _MOST_KEPT:
                self._kept.popitem(last=False)
        return packet

    def close(self) -> None:
        """Close the connections."""
        with self._lock:
            for broker in self._open.values():
                broker.close()
            self._open.clear()
            self._kept.clear()
