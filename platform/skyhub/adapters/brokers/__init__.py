"""Brokers: services that keep a survey's alerts and say more of them; all are asked in the same words."""

from skyhub.adapters.brokers._feed import BrokerFeed, Cursors
from skyhub.adapters.brokers._health import Health, HealthState
from skyhub.adapters.brokers._http import BrokerHttp
from skyhub.adapters.brokers._open import open_broker
from skyhub.adapters.brokers._protocol import Broker, Found, Programs, Selection

__all__ = [
    "Broker",
    "BrokerFeed",
    "BrokerHttp",
    "Cursors",
    "Found",
    "Health",
    "HealthState",
    "Programs",
    "Selection",
    "open_broker",
]
