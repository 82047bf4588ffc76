"""Opening a feed by its settings."""

from __future__ import annotations

from pathlib import Path

from skyhub.adapters._directory import DirectoryFeed
from skyhub.adapters._feed import Feed
from skyhub.adapters.brokers import BrokerFeed, Cursors, open_broker
from skyhub.config import Brokers, BrokerStream, DirectoryStream, KafkaStream, VoeventStream

__all__ = ["open_feed"]


def open_feed(
    name: str,
    settings: KafkaStream | DirectoryStream | VoeventStream | BrokerStream,
    memory_dir: Path,
    brokers: Brokers | None = None,
    cursors: Cursors | None = None,
) -> Feed:
    """The feed of an incoming stream.

    Parameters
    ----------
    name
        The stream's name.
    settings
        What was declared for it.
    memory_dir
        Where a feed remembers what it has given, if the other side does not; created if missing.
    brokers, cursors
        For streams of brokers: who they are, and where positions are kept.

    Raises
    ------
    InvalidInput
        If the settings cannot be used.
    """
    if isinstance(settings, BrokerStream):
        if cursors is None:
            raise TypeError("a stream of a broker needs a place for its position")
        return BrokerFeed(name, settings, open_broker(settings.broker, (brokers or {})[settings.broker]), cursors)
    if isinstance(settings, DirectoryStream):
        return DirectoryFeed(settings, memory_dir / f"{name}.sqlite")
    if isinstance(settings, VoeventStream):
        from skyhub.adapters._voevent import VoeventFeed  # few processes need its library

        return VoeventFeed(settings)
    from skyhub.adapters._kafka import KafkaFeed  # its library is large, and few processes need it

    return KafkaFeed(settings)
