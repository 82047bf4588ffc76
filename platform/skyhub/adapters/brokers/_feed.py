"""A broker as incoming stream: asked now and then for what is new, from where it was left off.

The position is a time and the objects that were taken in shortly before it. Each question goes back by the overlap, so that an
alert that the broker shows late is still found, and what was taken in is passed over. The position is kept when what it
stands for is stored.
"""

from __future__ import annotations

import base64
import json
import time
from collections import deque
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from skyhub.adapters._feed import Message, Outlook
from skyhub.adapters.brokers._protocol import Broker, Found
from skyhub.config import BrokerStream
from skyhub.errors import InvalidInput, NotFound, Unavailable
from skyhub.science.nights import mjd_of_datetime

__all__ = ["BrokerFeed", "Cursors"]

_HOURS = 24.0
_STEP = 0.5


class Cursors(Protocol):
    """Where streams keep their positions."""

    def load(self, stream: str) -> str | None:
        """The position that was kept last; None at first."""
        ...

    def save(self, stream: str, position: str) -> None:
        """Keep a position."""
        ...


class BrokerFeed:
    """Objects of a broker with new detections, each as a packet with its light curve.

    Parameters
    ----------
    name, settings
        The stream's name, and what was declared for it.
    broker
        Who is asked.
    cursors
        Where the position is kept.
    clock
        Seconds that pass.
    """

    def __init__(
        self,
        name: str,
        settings: BrokerStream,
        broker: Broker,
        cursors: Cursors,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._name, self._settings, self._broker, self._cursors = name, settings, broker, cursors
        self._clock = clock
        self._waiting: deque[Found] = deque()
        self._due = 0.0
        position = cursors.load(name)
        given: dict[str, Any] = {} if position is None else json.loads(position)
        self._mjd: float = given.get("mjd", mjd_of_datetime(datetime.now(UTC)) - settings.look_back_days)
        self._taken: dict[str, float] = given.get("taken", {})
        self._sweep: float | None = None
        self._limit = settings.page

    def take(self, wait: bool = True) -> list[Message]:
        """The next packets; the broker is asked for more when all were taken and it is time. Without waiting there are none."""
        if not wait:
            return []
        if not self._waiting and self._clock() >= self._due:
            self._look()
        if not self._waiting:
            self.hold(min(self._settings.batch_seconds, max(0.0, self._due - self._clock())))
            return []
        return self._packets()

    def acknowledge(self, messages: Sequence[Message]) -> None:
        """Keep the position behind these."""
        for message in messages:
            object_id, mjd = message.mark
            self._taken[object_id] = max(mjd, self._taken.get(object_id, mjd))
            self._mjd = max(self._mjd, mjd)
        oldest = self._mjd - self._overlap
        self._taken = {object_id: mjd for object_id, mjd in self._taken.items() if mjd >= oldest}
        self._cursors.save(self._name, json.dumps({"mjd": self._mjd, "taken": self._taken}))

    def hold(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)

    def lag(self) -> int | None:
        """Objects that wait to be fetched."""
        return len(self._waiting)

    def outlook(self) -> Outlook:
        """How long the broker's last answer took, whether that is slow, and when it is asked again."""
        state = self._broker.health.state
        left = max(0.0, self._due - self._clock())
        due = datetime.now(UTC) + timedelta(seconds=left) if not self._waiting else None
        return Outlook(state.seconds, state.state == "slow", state.next_try_at or due)

    def retry(self) -> None:
        """Ask at once, whatever was agreed."""
        self._due = 0.0
        self._broker.health.reopen()

    def close(self) -> None:
        """Close the connections."""
        self._broker.close()

    @property
    def _overlap(self) -> float:
        return self._settings.overlap_hours / _HOURS

    def _look(self) -> None:
        """Ask for what is new. A full page is followed by the next one at once."""
        settings = self._settings
        since = self._mjd - self._overlap if self._sweep is None else self._sweep
        found = self._broker.newest(since, self._limit, settings.select)
        timed = {(one.object_id, one.mjd): one for one in found if one.mjd is not None}
        last = max((mjd for _, mjd in timed), default=since)
        if len(found) < self._limit:
            self._sweep, self._limit = None, settings.page
            self._due = self._clock() + settings.every_seconds
        elif last > since:
            self._sweep, self._limit = last, settings.page
        else:
            self._limit *= 2  # a whole page of one time says nothing of what comes after it
        newest = {object_id: timed[object_id, mjd] for object_id, mjd in sorted(timed, key=lambda key: key[1])}
        fresh = [one for one in newest.values() if (one.mjd or 0.0) > self._taken.get(one.object_id, -1.0)]
        self._waiting.extend(sorted(fresh, key=lambda one: one.mjd or 0.0))

    def _packets(self) -> list[Message]:
        taken: list[Message] = []
        size = 0
        while self._waiting and len(taken) < self._settings.batch_packets and size < self._settings.batch_bytes:
            try:
                message = self._message(self._waiting[0])
            except Unavailable:
                if taken:
                    return taken
                raise
            self._waiting.popleft()
            taken.append(message)
            size += len(message.data)
        return taken

    def _message(self, found: Found) -> Message:
        """The packet of an object; of one that cannot be fetched, a document that says why."""
        place = f"{self._settings.broker}/{found.object_id}/{found.mjd:.6f}"
        try:
            packet = self._broker.fetch(found.object_id)
            if self._settings.cutouts and isinstance(packet.get("candid"), int):
                packet |= self._images(found.object_id, packet["candid"])
        except (NotFound, InvalidInput) as error:
            packet = {"objectId": found.object_id, "problem": error.message}
        return Message(place, json.dumps(packet).encode(), (found.object_id, found.mjd))

    def _images(self, object_id: str, candid: int) -> dict[str, Any]:
        try:
            images = self._broker.cutouts(object_id, candid)
        except (NotFound, InvalidInput):
            return {}
        return {f"cutout{kind.capitalize()}": base64.b64encode(image).decode() for kind, image in images.items()}
