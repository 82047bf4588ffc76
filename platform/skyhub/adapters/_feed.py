"""What every feed of packets does, whatever it reads from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

__all__ = ["Feed", "Message", "Outlook"]


@dataclass(frozen=True, slots=True)
class Message:
    """Bytes that came at one place: a message of a topic, or a file."""

    place: str
    """Where in the feed, such as ``topic/partition/offset`` or the path of a file."""
    data: bytes
    mark: Any
    """What the feed needs to remember that it was taken in."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a feed knows of the other side besides its messages."""

    seconds: float | None = None
    """How long its last answer took."""
    slow: bool = False
    next_try_at: datetime | None = None
    """When it is asked next, if it is not listened to all the time."""


class Feed(Protocol):
    """Where packets come from: each message is given once, and again after a restart unless it was acknowledged."""

    def take(self, wait: bool = True) -> list[Message]:
        """The next messages, within the bounds of a batch; empty if none came in time.

        Parameters
        ----------
        wait
            Whether to wait for messages; else those are given that are there.

        Raises
        ------
        Unavailable
            If the other side does not answer, or cannot give what was asked for.
        """
        ...

    def acknowledge(self, messages: Sequence[Message]) -> None:
        """Never give these again: what they hold is stored."""
        ...

    def hold(self, seconds: float) -> None:
        """Wait without taking anything, and stay known to the other side."""
        ...

    def lag(self) -> int | None:
        """How many messages wait to be taken; None if that is not known."""
        ...

    def outlook(self) -> Outlook:
        """How the other side answers, and when it is asked next."""
        ...

    def retry(self) -> None:
        """Ask at once, whatever was agreed with the other side."""
        ...

    def close(self) -> None:
        """Leave; what was not acknowledged is given again."""
        ...
