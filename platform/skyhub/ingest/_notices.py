"""An incoming stream of notices or of circulars: each message is one, and is stored before it is acknowledged."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any, Protocol, cast

from skyhub.adapters import Feed, Message
from skyhub.alerts import Decoded
from skyhub.errors import InvalidInput
from skyhub.ingest._intake import Intake, Receiver
from skyhub.ingest._quarantine import Refused

__all__ = ["CircularIntake", "NoticeIntake", "NoticeReceiver"]


class NoticeReceiver(Receiver, Protocol):
    """Where notices and circulars go; returns when one is safe on disk."""

    def notice(self, place: str, data: bytes) -> str:
        """Bring a notice in; what became of it."""
        ...

    def circular(self, place: str, data: bytes) -> str:
        """Bring a circular in that was published; what became of it. Raises `InvalidInput` if it is none."""
        ...


class NoticeIntake(Intake):
    """Brings one stream of notices in; takes what an `Intake` takes.

    Notes
    -----
    What cannot be read is kept with the other notices, and holds nothing up. What the service does not take at all, such
    as a message that is too long, goes into quarantine.
    """

    def _begin(self, messages: Sequence[Message]) -> Callable[[], Decoded]:
        return Decoded

    def _deliver(
        self, feed: Feed, messages: Sequence[Message], decoded: Callable[[], Decoded], stop: threading.Event
    ) -> None:
        """Have the messages stored, then acknowledge them."""
        for message in messages:
            counts = self._bring(message, feed, stop)
            self._count(n_read=1, **counts)
        feed.acknowledge(messages)

    def _bring(self, message: Message, feed: Feed, stop: threading.Event) -> dict[str, int]:
        receiver = cast(NoticeReceiver, self._receiver)
        try:
            action = self._patiently(lambda: self._hand_in(receiver, message), feed, stop)
        except InvalidInput as error:
            refused = [Refused(message.place, error.message, 1, message.data)]
            name = self._state.stream_name
            self._patiently(lambda: receiver.refuse(name, refused), feed, stop)
            return {"n_refused": 1}
        counted: dict[str, Any] = {"duplicate": "n_duplicates", "rejected": "n_refused"}
        return {counted.get(action, "n_stored"): 1}

    def _hand_in(self, receiver: NoticeReceiver, message: Message) -> str:
        return receiver.notice(message.place, message.data)


class CircularIntake(NoticeIntake):
    """Brings one stream of circulars in; what is none goes into quarantine."""

    def _hand_in(self, receiver: NoticeReceiver, message: Message) -> str:
        return receiver.circular(message.place, message.data)
