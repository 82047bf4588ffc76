"""Opening a broker by its settings."""

from __future__ import annotations

from skyhub.adapters.brokers._alerce import Alerce
from skyhub.adapters.brokers._alerce_rubin import AlerceRubin
from skyhub.adapters.brokers._boom import Boom
from skyhub.adapters.brokers._fink import Fink
from skyhub.adapters.brokers._fink_rubin import FinkRubin
from skyhub.adapters.brokers._kowalski import Kowalski
from skyhub.adapters.brokers._lasair import Lasair
from skyhub.adapters.brokers._protocol import Broker
from skyhub.config import AlerceBroker, BoomBroker, FinkBroker, KowalskiBroker, LasairBroker

__all__ = ["open_broker"]


def open_broker(name: str, settings: FinkBroker | AlerceBroker | LasairBroker | BoomBroker | KowalskiBroker) -> Broker:
    """The broker of a name. Nothing is asked of it yet."""
    match settings:
        case FinkBroker():
            return Fink(name, settings) if settings.survey == "ZTF" else FinkRubin(name, settings)
        case AlerceBroker():
            return Alerce(name, settings) if settings.survey == "ZTF" else AlerceRubin(name, settings)
        case LasairBroker():
            return Lasair(name, settings)
        case BoomBroker():
            return Boom(name, settings)
        case KowalskiBroker():
            return Kowalski(name, settings)
