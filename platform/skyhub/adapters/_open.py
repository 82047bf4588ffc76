"""Opening a feed by its settings."""

from __future__ import annotations

from pathlib import Path

from skyhub.adapters._directory import DirectoryFeed
from skyhub.adapters._feed import Feed
from skyhub.config import DirectoryStream, KafkaStream

__all__ = ["open_feed"]


def open_feed(name: str, settings: KafkaStream | DirectoryStream, memory_dir: Path) -> Feed:
    """The feed of an incoming stream.

    Parameters
    ----------
    name
        The stream's name.
    settings
        What was declared for it.
    memory_dir
        Where a feed remembers what it has given, if the other side does not; created if missing.

    Raises
    ------
    InvalidInput
        If the settings cannot be used.
    """
    if isinstance(settings, DirectoryStream):
        return DirectoryFeed(settings, memory_dir / f"{name}.sqlite")
    from skyhub.adapters._kafka import KafkaFeed  # its library is large, and few processes need it

    return KafkaFeed(settings)
